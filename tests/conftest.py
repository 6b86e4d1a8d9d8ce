"""What every test gets: a mark by its folder, so that parts of the suite can run alone."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
MARKED_FOLDERS = {"architecture", "e2e", "chaos"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test with the name of its folder, where the folder is one of the marked ones."""
    for item in items:
        parts = item.path.relative_to(ROOT).parts if item.path.is_relative_to(ROOT) else ()
        for name in MARKED_FOLDERS.intersection(parts):
            item.add_marker(name)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT.parent
