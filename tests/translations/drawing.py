"""Drawing the messages out of sources, with Babel and Django's own reading of templates.

No gettext program is needed. A template becomes lines that Python can be read from: Django turns its
tags into calls and everything else into x, and Babel finds the calls.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
    "Refused": (2,),  # the core knows no framework: its sentence is the key
}


@dataclass(frozen=True)
class Domain:
    """One set of catalogues: where it lies, and the sources whose words it translates."""

    name: str
    folder: Path
    sources: tuple[str, ...]
    without: tuple[str, ...] = ()

    def files(self) -> Iterator[Path]:
        """The sources, in their order."""
        for pattern in self.sources:
            for path in sorted(ROOT.glob(pattern)):
                shown = path.relative_to(ROOT).as_posix()
                if not any(shown.startswith(part) for part in self.without):
                    yield path

    def templates(self) -> list[Path]:
        """Those of the sources that are templates."""
        return [path for path in self.files() if path.suffix != ".py"]


INBOUND = "checkout/adapters/inbound"
DOMAINS = (
    Domain(
        "checkout",
        ROOT / "checkout/locale",
        (
            f"{INBOUND}/*.py",
            f"{INBOUND}/[!a]*/*.py",  # staff read English
            "checkout/application/use_cases/commands.py",
            "checkout/application/use_cases/start_checkout.py",
            "templates/checkout/**/*.*",
        ),
        (f"{INBOUND}/cli", f"{INBOUND}/checks", f"{INBOUND}/rest", f"{INBOUND}/webhooks"),
    ),
    Domain(
        "shop",
        ROOT / "project/shop/locale",
        ("project/shop/**/*.py", "templates/*.html", "templates/shop/**/*.*"),
        (
            *("project/shop/admin", "project/shop/management", "project/shop/migrations"),
            *("project/shop/adapters/payments", "project/shop/adapters/standard_webhooks"),
        ),
    ),
)


def drawn(domain: Domain) -> Catalog:
    """Every marked message of a domain, with the files it is in."""
    found = Catalog(fuzzy=False)
    for path in domain.files():
        for _line, message, comments, context in _messages(path):
            place = (path.relative_to(ROOT).as_posix(), 0)
            found.add(message, locations=[place], auto_comments=comments, context=context)
    return found


def _messages(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Python minds how lines begin, templates do not.
        text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
    source = io.BytesIO(text.encode())
    yield from extract("python", source, KEYWORDS, options={"encoding": "utf-8"})
