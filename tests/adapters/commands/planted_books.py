"""Corruptions of the neighbours' books: what is planted, and the check that must find it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests.adapters.commands.planted_rows import Plant

NOBODY = "2a566121-4260-4737-a9d7-b4a12da3b823"


def all_sold(world: World) -> None:
    world.inventory.stock["mug"] = 1


def shorter(world: World) -> None:
    for key in world.inventory.until:
        world.inventory.until[key] -= timedelta(hours=1)


def at_the_provider(**changed: Any) -> Plant:
    """Change the provider's books."""
    return lambda world: world.payments.change(**changed)


def another_payment(world: World) -> None:
    world.payments.keys[f"{world.id}:payments.initiate:7"] = world.payments.last.reference


IN_BOOKS: dict[str, tuple[str, str, Plant]] = {
    "no order": ("completed", "orders", lambda w: w.orders.placed.clear()),
    "another total": (
        "completed",
        "orders",
        lambda w: w.orders.placed.update(dict.fromkeys(w.orders.placed, snapshot(charges=()))),
    ),
    "an order of an aborted one": (
        "aborted",
        "orders",
        lambda w: w.orders.placed.update({f"{w.id}:orders.place:1": snapshot()}),
    ),
    "stock was not taken": ("completed", "reservations", lambda w: w.inventory.committed.clear()),
    "other stock was taken": (
        "completed",
        "reservations",
        lambda w: w.inventory.committed.update({key: {"bowl": 1} for key in w.inventory.committed}),
    ),
    "stock is still taken": (
        "aborted",
        "reservations",
        lambda w: w.inventory.committed.update({f"{w.id}:inventory.reserve:1": {"mug": 2}}),
    ),
    "a coupon is still claimed": (
        "aborted",
        "coupons",
        lambda w: w.coupons.claims.update({f"{w.id}:coupons.claim:1": ("SAVE2",)}),
    ),
    "an order too early": (
        "awaiting_payment",
        "orders",
        lambda w: w.orders.placed.update({f"{w.id}:orders.place:1": snapshot()}),
    ),
    "an order nobody asked for": (
        "completed",
        "reservations",
        lambda w: w.inventory.committed.update({f"{w.id}:inventory.reserve:9": {"mug": 1}}),
    ),
    "an open cart": ("completed", "carts", lambda w: w.carts.closed_by.clear()),
    "an open cart while paying": (
        "awaiting_payment",
        "carts",
        lambda w: w.carts.closed_by.clear(),
    ),
    "a closed cart": (
        "aborted",
        "carts",
        lambda w: w.carts.closed_by.update({"cart-1": f"{w.id}:carts.close:1"}),
    ),
    "nothing is held": ("awaiting_payment", "reservations", lambda w: w.inventory.held.clear()),
    "the hold is too short": ("awaiting_payment", "reservations", shorter),
    "less is held": (
        "awaiting_payment",
        "reservations",
        lambda w: w.inventory.held.update({key: {"mug": 1} for key in w.inventory.held}),
    ),
    "the coupon is free": ("with a coupon", "coupons", lambda w: w.coupons.claims.clear()),
    "used too often": ("with a coupon", "coupon_uses", lambda w: setattr(w.coupons, "limit", 0)),
    "less was captured": ("completed", "payments", at_the_provider(captured=1)),
    "an unknown payment": ("completed", "payments", another_payment),
    "no payment": ("completed", "payments", lambda w: w.payments.keys.clear()),
    "oversold": ("awaiting_payment", "stock", all_sold),
    "units have vanished": ("completed", "stock", lambda w: w.inventory.stock.update(mug=9)),
    "an order of nobody": (
        "completed",
        "stray",
        lambda w: w.orders.placed.update({f"{NOBODY}:orders.place:1": snapshot()}),
    ),
    "a hold of nobody": (
        "completed",
        "stray",
        lambda w: w.inventory.held.update({"by hand:1": {"mug": 1}}),
    ),
}
