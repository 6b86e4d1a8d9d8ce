"""The pictures in docs/staff.md: each is there, is shown, and is one of a page that exists."""

from __future__ import annotations

import re

import pytest

from tests.gallery import staff

MAKE = "Run `python -m tests.gallery staff` and commit what it writes."
MOST_BYTES = 1_500_000


def test_every_picture_is_there_and_shown_once() -> None:
    shown = re.findall(r"\(staff/([\w-]+\.webp)\)", staff.DOCUMENT.read_text())
    there = {path.name: path.stat().st_size for path in staff.PICTURES.iterdir()}
    assert set(there) == staff.names(), MAKE
    assert set(shown) == staff.names(), "each is shown or linked in docs/staff.md"
    assert sum(there.values()) < MOST_BYTES, "a repository is no photo album"


@pytest.mark.django_db
def test_every_page_can_be_taken() -> None:
    for screen in staff.collect():
        assert "<h1>" in screen.html, screen.row.name
        assert "retrying" in screen.html or screen.row.name not in ("list", "hanging")
