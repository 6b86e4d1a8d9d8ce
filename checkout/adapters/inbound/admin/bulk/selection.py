"""Which checkouts a bulk recovery is for: those that were ticked, or all that match the list's filters.

The address says it, with the words of the list's own address, so that both mean the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict

from checkout.adapters.outbound.persistence.models import CheckoutSession

IDS = "ids"
WORDS = 500  # letters of the description that are kept
MOST = 10_000  # checkouts of one bulk recovery; CHECKOUT["BULK_MOST"]


@dataclass(frozen=True)
class Selection:
    """The checkouts and, in words, which those are; `wrong` says why they cannot be taken."""

    words: str
    ids: list[UUID] = field(default_factory=list)
    wrong: str = ""


def query_of(ids: list[UUID]) -> str:
    """The part of an address that names these checkouts."""
    said = QueryDict(mutable=True)
    said[IDS] = ",".join(pk.hex for pk in ids)
    return said.urlencode()


def selected(request: HttpRequest, checkouts: ModelAdmin) -> Selection:
    """What the address of this request means, counted up to the limit of one job."""
    if IDS in request.GET:
        return _within(_ticked(request.GET[IDS]))
    try:
        listed = checkouts.get_changelist_instance(request)
    except (IncorrectLookupParameters, ValidationError):
        return Selection("", wrong="The list has no such filter. Go back to it and choose again.")
    rows = listed.queryset.order_by().values_list("pk", flat=True)
    found = sorted(rows[: _most() + 1])
    return _within(Selection("; ".join(_filters(request, listed)) or "all checkouts", found))


def _most() -> int:
    most: int = settings.CHECKOUT.get("BULK_MOST", MOST)
    return most


def _ticked(text: str) -> Selection:
    """Those whose ids are named, if there are such."""
    try:
        asked = {UUID(part) for part in text.split(",") if part}
    except ValueError:
        return Selection("", wrong="That is no list of checkouts. Go back to it and choose again.")
    found = CheckoutSession.objects.filter(pk__in=asked).order_by("pk")
    return Selection("chosen by hand", list(found.values_list("pk", flat=True)))


def _within(found: Selection) -> Selection:
    most = _most()
    if found.wrong:
        return found
    if not found.ids:
        return Selection(found.words, wrong="No checkout was chosen: none matches.")
    if len(found.ids) > most:
        text = f"More than {most:,} checkouts match, and one bulk recovery takes no more than that."
        return Selection(found.words, wrong=f"{text} Narrow the filter.")
    return Selection(found.words[:WORDS], found.ids)


def _filters(request: HttpRequest, listed: Any) -> Iterator[str]:
    """The chosen filters in the words of the list, without the counts beside them."""
    for spec in listed.filter_specs:
        _all, *others = spec.choices(listed)
        for choice in others:
            if choice["selected"]:
                shown = re.sub(r" \([^()]*\)$", "", str(choice["display"]))
                yield f"{spec.title}: {shown}"
    if listed.query:
        yield f"search: {listed.query}"
