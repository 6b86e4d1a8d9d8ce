"""docs/screens.md, made from the rows and from what their pages say."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.gallery.collecting import Screen

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "screens.md"
PICTURES = ROOT / "docs" / "screens"
LOOKS = ("desktop", "phone", "dark")
_INTRODUCTION = """\
# Screens

Everything that a shopper can see of a checkout: on a desktop (1280 px), on a phone (390 px) and in
the dark. Made by `python -m tests.gallery`, not by hand. A test fails when a page says something
else than is written here, when a picture is missing, and when one belongs to nothing.

In the pictures the engine, the templates and the browser are real; the neighbours play along, and
times and ids are always the same. *Reached by* names the test in which the situation comes about.
"""


def name_of(row: str, look: str) -> str:
    """The file name of a picture."""
    return f"{row}-{look}.webp"


def document(screens: list[Screen]) -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for group, members in groupby(screens, key=lambda screen: screen.row.group):
        parts.append(f"\n## {group}\n")
        parts += [_entry(screen) for screen in members]
    return "".join(parts)


def _entry(screen: Screen) -> str:
    row, said = screen.row, screen.words
    lines = [
        ("heading", said.heading),
        ("sentence", said.lead),
        ("while waiting", said.waiting),
        ("money line", said.money),
        ("offered", said.action),
    ]
    told = "".join(f"| {what} | {text} |\n" for what, text in lines if text)
    links = " · ".join(f"[{look}](screens/{name_of(row.name, look)})" for look in LOOKS)
    return (
        f"\n### {row.name}\n\n{row.when}\n\n| what | words |\n| --- | --- |\n{told}"
        f"\n![{said.heading}](screens/{name_of(row.name, 'phone')})\n\n"
        f"{links} · reached by `{row.reached}`\n"
    )
