"""Days and times of day in the reader's language and time zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

MOMENT = datetime(2026, 6, 15, 22, 14, tzinfo=UTC)
SHOWN = {
    ("en", "UTC"): "June 15, 2026, 10:14\u202fPM UTC",
    ("de", "UTC"): "15. Juni 2026, 22:14 UTC",
    ("de", "Europe/Berlin"): "16. Juni 2026, 00:14 CEST",
    ("ar", "UTC"): "15 يونيو 2026, 10:14 م UTC",
    ("xx", "UTC"): "June 15, 2026, 10:14\u202fPM UTC",
}


def shown(moment: datetime | None) -> str:
    page = Template("{% load checkout_moments %}{{ at|day }}, {{ at|clock }}")
    return page.render(Context({"at": moment}))


@pytest.mark.parametrize(("language", "zone"), SHOWN)
def test_a_moment_is_written_as_its_reader_writes_it(language: str, zone: str) -> None:
    with translation.override(language), timezone.override(zone):
        assert shown(MOMENT) == SHOWN[language, zone]


def test_no_moment_is_no_words() -> None:
    assert shown(None) == ", "
