"""The money page has every failure of the catalogue, and every test that it names says so."""

import ast
import re
from pathlib import Path

import pytest

ENTRIES = {
    "A": range(1, 12),
    "B": (1, 2, 3, 5, 6, 7, 8, 9),
    "C": (1, 2, 3, 4, 5, 6, 7, 9, 11, 12),
    "E": (1, 2, 4, 5, 6),
    "F": (1, 3),
    "G": (1, 2, 5, 6, 7, 8),
    "H": (1, 2, 3, 4, 5, 7),
}
NUMBERS = [f"{letter}{number}" for letter, numbers in ENTRIES.items() for number in numbers]
A_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    """The page as text."""
    return (repository / "docs" / "money.md").read_text(encoding="utf-8")


def rows(page: str) -> dict[str, str]:
    """The rest of each row by its number."""
    found = re.findall(r"^\| ([A-H]\d+) (.+)$", page, re.MULTILINE)
    assert len(found) == len(dict(found)), "a number has two rows"
    return dict(found)


def docstring(repository: Path, path: str, name: str) -> str:
    """The docstring of a test. Raises AssertionError when there is no such test."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse((repository / path).read_text(encoding="utf-8"))
    found = [n for n in ast.walk(tree) if isinstance(n, functions) and n.name == name]
    assert found, f"{path} has no {name}"
    return ast.get_docstring(found[0]) or ""


def test_it_has_every_failure_and_no_other(page: str) -> None:
    assert list(rows(page)) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_every_failure_has_a_rule_and_tests_that_name_it(
    number: str, page: str, repository: Path
) -> None:
    failure, rule, tests = rows(page)[number].strip(" |").split(" | ")
    assert failure
    assert rule
    named = A_TEST.findall(tests)
    assert named, f"docs/money.md: {number} has no test"
    for path, name in named:
        said = docstring(repository, path, name)
        assert re.search(rf"\b{number}\b", said), f"{path}::{name} does not name {number}"


def test_every_other_test_that_it_names_is_there(page: str, repository: Path) -> None:
    for path, name in A_TEST.findall(page):
        docstring(repository, path, name)
