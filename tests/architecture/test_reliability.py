"""What the reliability page names is there: tests, stories and seeded bugs."""

import ast
import re
from pathlib import Path

import pytest

from checkout.testing.proof.scenarios import SCENARIOS
from tests.mutants.catalogue import MUTANTS

NUMBERS = [f"W{number}" for number in range(1, 31)]


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    """The page as text."""
    return (repository / "docs" / "reliability.md").read_text(encoding="utf-8")


def functions_of(path: Path) -> set[str]:
    """The names of the test functions of a file."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_every_test_it_names_is_there(page: str, repository: Path) -> None:
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", page)
    assert len(named) > 20
    assert [pair for pair in named if pair[1] not in functions_of(repository / pair[0])] == []
    folders = re.findall(r"`(?:pytest )?(tests/\w+)`", page)
    assert [folder for folder in folders if not (repository / folder).is_dir()] == []


def test_every_bug_and_every_story_it_names_is_there(page: str) -> None:
    bugs = {mutant.name for mutant in MUTANTS}
    stories = {scenario.name for scenario in SCENARIOS}
    for cell in re.findall(r"mutants? (`.+?)(?:;| \||\.\n)", page):
        assert set(re.findall(r"`([^`]+)`", cell)) <= bugs, cell
    for cell in re.findall(r"stor(?:y|ies) (`.+?)(?:;| \|)", page):
        assert set(re.findall(r"`([^`]+)`", cell)) <= stories, cell


@pytest.mark.parametrize("window", NUMBERS)
def test_every_window_has_a_row(window: str, page: str) -> None:
    assert re.search(rf"^\| {window} ", page, re.MULTILINE), f"docs/reliability.md: {window}"
