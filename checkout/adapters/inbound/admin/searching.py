"""The search of the list: by what a shopper can read out on the telephone.

Every way is a look into an index of its own. A way that finds nothing costs next to nothing, so all
of them are gone for every term.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from checkout.adapters.outbound.persistence.models import (
    BuyerMail,
    CheckoutEffect,
    CheckoutSession,
)

HELP = (
    "Order, e-mail, cart, the provider's reference, or the id: its first four characters will do."
)
MOST = 200  # of one way
SHORTEST = 4  # of an id: of a million checkouts, fifteen begin alike
HEX = set("0123456789abcdef")
Rows = QuerySet[CheckoutSession]


def matching(rows: Rows, term: str) -> Rows:
    """Those of the rows that the term names; of a mail address the newest `MOST`."""
    found = {pk for way in _ways(rows.order_by(), term) for pk in way[:MOST]}
    return rows.filter(pk__in=found)


def _ways(rows: Rows, term: str) -> Iterator[QuerySet]:
    yield rows.filter(cart=term).values_list("pk", flat=True)
    numbered = rows.exclude(order_reference="").alias(order=Lower("order_reference"))
    yield numbered.filter(order=Lower(Value(term))).values_list("pk", flat=True)
    found = CheckoutEffect.objects.filter(reference=term).exclude(reference="")  # as the index says
    yield found.values_list("checkout_id", flat=True)
    if "@" in term:
        frozen = rows.filter(snapshot__isnull=False).alias(mail=BuyerMail("snapshot"))
        mine = frozen.filter(mail=Lower(Value(term)))
        yield mine.order_by("-created_at").values_list("pk", flat=True)
    span = _span(term)
    if span:
        yield rows.filter(pk__range=span).order_by("pk").values_list("pk", flat=True)


def _span(term: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that begin like this; None when none does, or too many do."""
    digits = term.lower().replace("-", "")
    if not SHORTEST <= len(digits) <= 32 or not set(digits) <= HEX:
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
