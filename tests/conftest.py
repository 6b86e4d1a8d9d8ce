"""What every test gets: a mark by its folder, so that parts of the suite can run alone."""

import gc
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import translation
from pytest_django import DjangoDbBlocker

from tests.emptying import emptying

ROOT = Path(__file__).resolve().parent
MARKED_FOLDERS = {"accessibility", "architecture", "chaos", "e2e"}
ONCE = {"contracts", "gallery", "translations"}  # they are the same on every database
# What is read at the start stays to the end: looking through it for what can go finds nothing.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on, what goes is looked for, and only in what the tests make."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test with the name of its folder, where the folder is one of the marked ones."""
    for item in items:
        parts = item.path.relative_to(ROOT).parts if item.path.is_relative_to(ROOT) else ()
        for name in MARKED_FOLDERS.intersection(parts):
            item.add_marker(name)
        if ONCE.intersection(parts):
            item.add_marker("once")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database of the tests, emptied by us after a test that commits."""
    with ExitStack() as ours:
        with django_db_blocker.unblock():
            ours.enter_context(emptying())
        yield


@pytest.fixture(autouse=True)
def plain_language() -> Iterator[None]:
    """A request of a test client leaves its language behind; the next test speaks the default."""
    yield
    translation.deactivate()


@pytest.fixture
def silence() -> Iterator[None]:
    """For thousands of crashes, each of them meant: keeping what is said of them takes its time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT.parent
