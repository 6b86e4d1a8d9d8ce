"""Small files, small functions, and no way round the tools."""

import re

import pytest

from tests.architecture.files import functions, product, texts

MOST_LINES = 300
MOST_FUNCTION_LINES = 40
FEWEST_LINES = 15
# Files whose names Django or the specification fixes, however little they hold.
MAY_BE_TINY = ("__init__.py", "/models.py", "/admin.py", "/tasks.py")
# What switches a check off, and how often we let it. The number may only go down.
SWITCHED_OFF = {
    r"#\s*type:\s*ignore": 0,
    r"#\s*noqa": 0,
    r"pytest\.mark\.skip|pytest\.skip\(|skipif|xfail\(": 0,
    r"\b(TODO|FIXME|XXX)\b": 0,
    r"NotImplementedError": 0,
}


def test_no_module_is_too_long() -> None:
    long = {name: text.count("\n") for name, text in product().items()}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_no_module_is_too_short() -> None:
    short = {
        name: text.count("\n")
        for name, text in product().items()
        if 0 < text.count("\n") < FEWEST_LINES and not name.endswith(MAY_BE_TINY)
    }
    assert short == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{name}:{function.lineno} {function.name} ({size})"
        for name, text in product().items()
        for function in functions(text)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > MOST_FUNCTION_LINES
    ]
    assert long == []


def test_no_product_code_sleeps() -> None:
    """A pause that nothing can end delays a shutdown: an `Event.wait` does the same and can be."""
    assert [name for name, text in product().items() if "time.sleep(" in text] == []


@pytest.mark.parametrize("pattern", SWITCHED_OFF)
def test_checks_are_not_switched_off(pattern: str) -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in texts().items()
        if name.endswith(".py") and not name.endswith("architecture/test_sizes.py")
        for match in re.finditer(pattern, text)
    ]
    assert len(found) <= SWITCHED_OFF[pattern], found
