"""The committed catalogues: read, brought up to date, compiled."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.translations.drawing import Domain, drawn

LANGUAGES = ("de", "ar")
HEADER = """\
# Messages of {name} in {language}.
# Brought up to date by `python -m tests.translations`; see docs/translating.md.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a date in a file would change it without a change


def path_of(domain: Domain, language: str) -> Path:
    """Where the catalogue of a language lies."""
    return domain.folder / language / "LC_MESSAGES/django.po"


def kept(domain: Domain, language: str) -> Catalog:
    """The catalogue as it is committed, empty when there is none yet."""
    path = path_of(domain, language)
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(domain: Domain, language: str) -> Catalog:
    """The committed words on the messages of today; nothing is guessed, nothing kept for later."""
    old, fresh = kept(domain, language), Catalog(locale=language, fuzzy=False)
    for message in drawn(domain):
        if message.id:
            known = old.get(message.id, context=message.context)
            words = known.string if known else message.string
            fresh.add(
                message.id, words, message.locations, context=message.context, flags=message.flags
            )
    return fresh


def as_text(domain: Domain, language: str, catalogue: Catalog) -> bytes:
    """The `.po`: sorted, without dates and line numbers, so that only words make a difference."""
    plurals = catalogue.plural_forms.rstrip(";") + ";"
    header = HEADER.format(name=domain.name, language=language, plurals=plurals)
    out = io.BytesIO()
    write_po(out, catalogue, width=100, omit_header=True, sort_output=True, include_lineno=False)
    return header.encode() + out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """The `.mo` that Django reads."""
    catalogue.creation_date = catalogue.revision_date = LONG_AGO
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def write(domain: Domain, language: str) -> list[str]:
    """Bring both files up to date; the messages that still have no words."""
    path = path_of(domain, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = as_text(domain, language, updated(domain, language))
    path.write_bytes(text)
    catalogue = read_po(io.BytesIO(text), locale=language)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return [str(m.id) for m in catalogue if m.id and not all(forms(m.string))]


def forms(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A message or its words: one, or the singular and the plurals."""
    return tuple(words or ("",)) if not isinstance(words, str) else (words,)
