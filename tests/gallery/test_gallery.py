"""The gallery shows what the product shows: the same words, every picture, and none too many."""

from __future__ import annotations

import re

import pytest

from tests.gallery.collecting import Screen, collect
from tests.gallery.document import DOCUMENT, LOOKS, PICTURES, ROOT, document, name_of
from tests.gallery.rows import ROWS

MAKE = "Run `python -m tests.gallery` and commit what it writes."
MOST_BYTES = 3_000_000


@pytest.fixture
def screens(db: None) -> list[Screen]:
    """The pages as they are now."""
    return collect()


def test_every_page_says_what_the_gallery_says(screens: list[Screen]) -> None:
    assert DOCUMENT.read_text() == document(screens), MAKE


def test_every_picture_is_there_and_belongs_to_a_row() -> None:
    expected = {name_of(row.name, look) for row in ROWS for look in LOOKS}
    there = {path.name: path.read_bytes() for path in PICTURES.iterdir()}
    assert set(there) == expected, MAKE
    assert all(content[:4] == b"RIFF" and content[8:12] == b"WEBP" for content in there.values())
    assert sum(map(len, there.values())) < MOST_BYTES, "a repository is no photo album"


@pytest.mark.parametrize("test", sorted({row.reached for row in ROWS}))
def test_the_test_that_reaches_a_row_exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
