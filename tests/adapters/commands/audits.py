"""Audits of the fake neighbours, in the shapes that a shop's audits have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from checkout.bootstrap import services
from checkout.testing.fake_payments import FakePayments
from checkout.testing.fakes import FakeCarts, FakeCoupons, FakeInventory, FakeOrders

Facts = dict[str, list[dict[str, Any]]]
PARTS = ("lines", "discounts", "charges", "buyer", "delivery")


def _owned(ids: Sequence[str], rows: list[tuple[str, dict[str, Any]]]) -> Facts:
    return {pk: [{"key": key, **row} for key, row in rows if key.startswith(pk)] for pk in ids}


def orders(ids: Sequence[str]) -> Facts:
    """Live orders by the checkout in their key, with what was copied into them."""
    fake = services().ports.orders
    assert isinstance(fake, FakeOrders)
    rows = []
    for key, cart in fake.live.items():
        facts = {"status": "placed", "total": cart.total, "currency": cart.currency}
        facts |= {"number": f"order-{list(fake.placed).index(key) + 1}", "digest": cart.digest}
        copied = cart.to_json()
        rows.append((key, {**facts, **{part: copied[part] for part in PARTS}}))
    return _owned(ids, rows)


def carts(ids: Sequence[str]) -> Facts:
    """Closed carts by the checkout that closed them."""
    fake = services().ports.carts
    assert isinstance(fake, FakeCarts)
    return _owned(ids, [(key, {"status": "closed"}) for key in fake.closed_by.values()])


def reservations(ids: Sequence[str]) -> Facts:
    """Holds and taken stock by the checkout in their key."""
    fake = _inventory()
    rows = [(k, _hold("held", lines, fake.until[k])) for k, lines in fake.held.items()]
    rows += [(k, _hold("committed", lines, None)) for k, lines in fake.committed.items()]
    return _owned(ids, rows)


def _inventory() -> FakeInventory:
    fake = services().ports.inventory
    assert isinstance(fake, FakeInventory)
    return fake


def _hold(status: str, lines: dict[str, int], until: Any) -> dict[str, Any]:
    return {"status": status, "units": lines, "expires_at": until}


def coupons(ids: Sequence[str]) -> Facts:
    """Claims by the checkout in their key."""
    fake = _coupons()
    rows: list[tuple[str, dict[str, Any]]] = [
        (key, {"status": "redeemed" if key in fake.redeemed else "claimed", "codes": list(codes)})
        for key, codes in fake.claims.items()
    ]
    return _owned(ids, rows)


def _coupons() -> FakeCoupons:
    fake = services().ports.coupons
    assert isinstance(fake, FakeCoupons)
    return fake


def payments(ids: Sequence[str]) -> Facts:
    """The provider's books by the checkout in the key."""
    fake = services().ports.payments
    assert isinstance(fake, FakePayments)
    return _owned(ids, [(k, asdict(fake.payments[ref].facts)) for k, ref in fake.keys.items()])


def stock() -> list[dict[str, Any]]:
    """What there was, and where it is now."""
    fake = _inventory()
    return [
        {
            "sku": sku,
            "on_hand": units - _units(fake.committed, sku),
            "held": _units(fake.held, sku),
            "initial": {"mug": 10, "bowl": 1}[sku],
            "sold": _units(fake.committed, sku),
        }
        for sku, units in fake.stock.items()
    ]


def _units(ledger: dict[str, dict[str, int]], sku: str) -> int:
    return sum(lines.get(sku, 0) for lines in ledger.values())


def coupon_uses() -> list[dict[str, Any]]:
    """Each code that is claimed or spent."""
    fake = _coupons()
    codes = {code for claim in fake.claims.values() for code in claim}
    return [{"code": code, "limit": fake.limit, "used": fake.uses(code)} for code in codes]


def owners(after: str, most: int) -> list[str]:
    """Whose keys are on something live."""
    orders = services().ports.orders
    assert isinstance(orders, FakeOrders)
    stock = _inventory()
    keys = [*orders.live, *stock.held, *stock.committed, *_coupons().claims]
    found = sorted({key.split(":")[0] for key in keys})
    return [owner for owner in found if owner > after][:most]
