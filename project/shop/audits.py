"""The shop's side of the books, for comparison by the doctor: docs/doctor.md says what each answers.

Most take checkout ids and return rows by id, for every id that the shop has heard of. All amounts
are minor units. Nothing is judged here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Count, Q

from project.shop.adapters.payments import SimulatedPayments
from project.shop.carts import owner_of
from project.shop.models import (
    CartClosure,
    Coupon,
    CouponClaim,
    Order,
    OrderLine,
    Reservation,
    StockItem,
)
from project.shop.stock import live_holds

Facts = dict[str, list[dict[str, Any]]]
_ORDER = ("owner", "key", "number", "status", "total", "currency", "digest", "payment")
_PARTS = ("buyer", "delivery", "discounts", "charges")
_LINE = ("sku", "name", "quantity", "unit_price", "total")


def orders(checkouts: Sequence[str]) -> Facts:
    """By checkout: the orders with everything that was copied from the frozen cart."""
    placed = Order.objects.filter(owner__in=_texts(checkouts)).exclude(number=None)
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__in=placed).order_by("id"):
        lines[line.order_id].append({name: getattr(line, name) for name in _LINE})
    rows = placed.values("id", *_ORDER, *_PARTS)
    return _by_owner({**row, "lines": lines[row["id"]]} for row in rows)


def carts(checkouts: Sequence[str]) -> Facts:
    """By checkout: whether it has closed its cart."""
    keys = [f"{checkout}:carts.close:1" for checkout in checkouts]
    rows = CartClosure.objects.filter(key__in=keys).values("key", "status")
    return _by_owner({"owner": owner_of(row["key"]), **row} for row in rows)


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


def payments(checkouts: Sequence[str]) -> Facts:
    """By checkout: what the provider says of its payments, asked for one by one over its API."""
    facts: Facts = {}
    provider = SimulatedPayments()
    for checkout in checkouts:
        facts[checkout] = []
        for number in range(1, 100):
            key = f"{checkout}:payments.initiate:{number}"
            said = provider.lookup(key, "")
            if not said.currency:
                break  # there is no such payment, and so none after it
            facts[checkout].append({"key": key, **asdict(said)})
    return facts


def stock() -> list[dict[str, Any]]:
    """How many of each product are on hand, and how many of them are held."""
    held: Counter[str] = Counter()
    for sku, units in live_holds().values_list("sku", "quantity"):
        held[sku] += units
    items = StockItem.objects.values_list("product__sku", "on_hand")
    return [{"sku": sku, "on_hand": units, "held": held[sku]} for sku, units in items]


def coupon_uses() -> list[dict[str, Any]]:
    """How often each coupon is claimed or spent, and how often it may be."""
    counts = ~Q(claimed_uses__claim__status=CouponClaim.RELEASED)
    rows = Coupon.objects.annotate(used=Count("claimed_uses", filter=counts))
    return [{"code": row.code, "limit": row.uses, "used": row.used} for row in rows]


def owners(after: str, most: int) -> list[str]:
    """The next checkouts, in the order of their ids, that have an order, a hold or a coupon."""
    live = (
        Order.objects.filter(status=Order.PLACED),
        Reservation.objects.exclude(status=Reservation.RELEASED),
        CouponClaim.objects.exclude(status=CouponClaim.RELEASED),
    )
    found: set[str] = set()
    for rows in live:
        later = rows.filter(owner__gt=after).order_by("owner").values_list("owner", flat=True)
        found |= set(later.distinct()[:most])
    return sorted(found)[:most]


def _texts(checkouts: Sequence[str]) -> list[str]:
    return [str(checkout) for checkout in checkouts]


def _by_owner(rows: Any) -> Facts:
    facts: Facts = defaultdict(list)
    for row in rows:
        facts[row.pop("owner")].append(row)
    return dict(facts)
