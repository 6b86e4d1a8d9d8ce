"""The shop's side of the books: what it knows about checkouts, for comparison by the doctor.

Each audit takes checkout ids and returns one entry per id that the shop has heard of. All amounts
are minor units. Nothing is judged here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from project.shop.models import CouponClaim, Order, Reservation

Facts = dict[str, list[dict[str, Any]]]


def orders(checkouts: Sequence[str]) -> Facts:
    """By checkout: the orders with number, status, total, currency, digest and payment."""
    rows = Order.objects.filter(owner__in=_texts(checkouts)).exclude(number=None)
    return _by_owner(
        rows.values("owner", "key", "number", "status", "total", "currency", "digest", "payment")
    )


def reservations(checkouts: Sequence[str]) -> Facts:
    """By checkout: the reservations with status, end of the hold and units by sku."""
    rows = Reservation.objects.filter(owner__in=_texts(checkouts)).prefetch_related("lines")
    return _by_owner(
        {
            "owner": row.owner,
            "key": row.key,
            "status": row.status,
            "expires_at": row.expires_at,
            "units": {line.sku: line.quantity for line in row.lines.all()},
        }
        for row in rows
    )


def coupons(checkouts: Sequence[str]) -> Facts:
    """By checkout: the coupon claims with status and codes."""
    rows = CouponClaim.objects.filter(owner__in=_texts(checkouts)).prefetch_related("uses")
    return _by_owner(
        {
            "owner": row.owner,
            "key": row.key,
            "status": row.status,
            "codes": [use.coupon_id for use in row.uses.all()],
        }
        for row in rows
    )


def _texts(checkouts: Sequence[str]) -> list[str]:
    return [str(checkout) for checkout in checkouts]


def _by_owner(rows: Any) -> Facts:
    facts: Facts = defaultdict(list)
    for row in rows:
        facts[row.pop("owner")].append(row)
    return dict(facts)
