"""Every word that a shopper reads is marked, translated and compiled, in every language offered."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from tests.translations.drawing import DOMAINS, Domain, drawn
from tests.translations.keeping import (
    LANGUAGES,
    as_text,
    compiled,
    forms,
    kept,
    path_of,
    updated,
)
from tests.translations.reading import unmarked

MAKE = "Run `python -m tests.translations`, translate what it names, run it again and commit."
GAP = re.compile(r"%\(\w+\)[a-z]|{\w+}|<[^>]+>")
every = pytest.mark.parametrize(
    ("domain", "language"),
    list(product(DOMAINS, LANGUAGES)),
    ids=lambda value: value.name if isinstance(value, Domain) else value,
)


def test_all_languages_that_are_offered_have_catalogues() -> None:
    assert {code for code, _ in settings.LANGUAGES} == {settings.LANGUAGE_CODE, *LANGUAGES}


@every
def test_the_catalogue_has_the_messages_of_today(domain: Domain, language: str) -> None:
    committed = path_of(domain, language).read_bytes()
    assert committed == as_text(domain, language, updated(domain, language)), MAKE


@every
def test_every_message_has_words(domain: Domain, language: str) -> None:
    for message in kept(domain, language):
        if message.id:
            assert all(forms(message.string)), f"{message.id!r} has no words. {MAKE}"
            assert not message.fuzzy, f"{message.id!r} is only guessed."


@every
def test_nothing_that_is_filled_in_gets_lost(domain: Domain, language: str) -> None:
    """A gap that a translation forgets is an amount that nobody reads; a wrong one is a broken page."""
    for message in kept(domain, language):
        if message.id:
            expected = set(GAP.findall(forms(message.id)[-1]))
            for words in forms(message.string)[1 if message.pluralizable else 0 :]:
                lost = expected - set(GAP.findall(words))
                assert lost <= {"%(minutes)s", "%(units)s"}, f"{words!r} lost {lost}"
                assert set(GAP.findall(words)) <= expected, words


@every
def test_what_django_reads_is_what_is_written(domain: Domain, language: str) -> None:
    file = path_of(domain, language).with_suffix(".mo")
    assert file.read_bytes() == compiled(kept(domain, language)), MAKE


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_sentence_has_the_same_words_everywhere(language: str) -> None:
    first, second = (kept(domain, language) for domain in DOMAINS)
    for message in first:
        other = second.get(message.id) if message.id else None
        assert other is None or other.string == message.string, message.id


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_no_template_says_anything_that_cannot_be_translated(domain: Domain) -> None:
    bare = {path.name: unmarked(path.read_text()) for path in domain.templates()}
    assert not {name: texts for name, texts in bare.items() if texts}


def test_bare_words_would_be_noticed() -> None:
    text = """{% load i18n %}<p title="Bare">{% trans "Marked" %} {{ name }} × 2</p><b>Also bare</b>
    {% blocktrans %}Marked {{ x }}{% endblocktrans %}<code>manage.py</code>"""
    assert unmarked(text) == ["Bare", "Also bare"]


def test_messages_are_drawn_from_python_templates_and_the_core() -> None:
    checkout, shop = (drawn(domain) for domain in DOMAINS)
    assert "Please wait a little" in checkout  # a template
    assert "Your bank declined the payment." in checkout  # words by code
    assert "The time to pay is over." in checkout  # a refusal of the core
    assert "Full name" in shop  # an argument of a template tag
    assert "Stoneware, dipped in two blues" in shop
    assert "Use capital letters and digits." not in shop  # staff read English


def test_django_finds_both_catalogues() -> None:
    with translation.override("de"):
        assert gettext("Waiting for you") == "Wartet auf Sie"
        assert gettext("Tide mug") == "Gezeitenbecher"
