"""Audits of the fake neighbours, in the shapes that a shop's audits have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checkout.bootstrap import services
from checkout.testing.fakes import FakeCoupons, FakeInventory, FakeOrders

Facts = dict[str, list[dict[str, Any]]]


def _owned(ids: Sequence[str], rows: list[tuple[str, dict[str, Any]]]) -> Facts:
    return {pk: [row for key, row in rows if key.startswith(pk)] for pk in ids}


def orders(ids: Sequence[str]) -> Facts:
    """Live orders by the checkout in their key."""
    fake = services().ports.orders
    assert isinstance(fake, FakeOrders)
    rows = []
    for key, cart in fake.live.items():
        facts = {"status": "placed", "total": cart.total, "currency": cart.currency}
        number = f"order-{list(fake.placed).index(key) + 1}"
        rows.append((key, {"key": key, "number": number, "digest": cart.digest, **facts}))
    return _owned(ids, rows)


def reservations(ids: Sequence[str]) -> Facts:
    """Holds and taken stock by the checkout in their key."""
    fake = services().ports.inventory
    assert isinstance(fake, FakeInventory)
    rows = [(k, _hold("held", lines, fake.until[k])) for k, lines in fake.held.items()]
    rows += [(k, _hold("committed", lines, None)) for k, lines in fake.committed.items()]
    return _owned(ids, rows)


def _hold(status: str, lines: dict[str, int], until: Any) -> dict[str, Any]:
    return {"status": status, "units": lines, "expires_at": until}


def coupons(ids: Sequence[str]) -> Facts:
    """Claims by the checkout in their key."""
    fake = services().ports.coupons
    assert isinstance(fake, FakeCoupons)
    rows: list[tuple[str, dict[str, Any]]] = [
        (key, {"status": "redeemed" if key in fake.redeemed else "claimed", "codes": list(codes)})
        for key, codes in fake.claims.items()
    ]
    return _owned(ids, rows)
