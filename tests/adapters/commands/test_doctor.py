"""The doctor finds every corruption that is planted, and nothing on what is healthy."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F, QuerySet

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
)
from checkout.domain.value_objects.cart_snapshot import SnapshotDiscount
from checkout.testing.builders import snapshot
from tests.adapters.commands.conftest import STAGES, another, awaiting
from tests.application.world import World

LONG_AGO = timedelta(days=2)
Plant = Callable[[World], Any]


def doctor(*options: str) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command("checkout", "doctor", *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def found() -> set[str]:
    """The checks that found something broken."""
    code, text = doctor("--json")
    said = json.loads(text)
    assert code == (0 if said["ok"] else 1)
    return {finding["check"] for finding in said["broken"]}


def rows(model: Any, world: World, **where: Any) -> QuerySet[Any]:
    """The checkout's rows in one table."""
    name = "pk" if model in (CheckoutSession, CheckoutProgress, CheckoutSummary) else "checkout"
    return model.objects.filter(**{name: world.id}, **where)


@pytest.mark.parametrize("state", STAGES)
def test_nothing_is_found_in_any_healthy_state(world: World, state: str) -> None:
    STAGES[state](world)
    assert world.checkout.state == state
    code, text = doctor()
    assert (code, "Nothing to report" in text) == (0, True), text
    assert "1 checkouts examined" in text


def test_an_empty_database_is_fine(world: World) -> None:
    assert doctor()[0] == 0


def test_a_coupon_that_was_spent_is_fine(world: World) -> None:
    cart = snapshot("cart-1", discounts=(SnapshotDiscount("SAVE2", "Two euros off", 200),))
    world.carts.carts["cart-1"] = cart
    STAGES["completed"](world)
    assert found() == set()
    world.coupons.redeemed.clear()
    assert found() == {"coupons"}


def _snapshot_moves(world: World) -> None:
    cart = dict(world.row.snapshot or {})
    cart["buyer"] = {"name": "Eve"}
    rows(CheckoutSession, world).update(snapshot=cart)


def _snapshot_breaks(world: World) -> None:
    cart = dict(world.row.snapshot or {})
    cart["total"] += 1
    rows(CheckoutSession, world).update(snapshot=cart)


def _money(world: World, captured: int) -> None:
    payments = world.row.payments
    payments["1"]["facts"]["captured"] = captured
    rows(CheckoutSession, world).update(payments=payments)


def _an_end_is_told_again(world: World) -> None:
    last = rows(CheckoutOutbox, world).order_by("-sequence")[0]
    CheckoutOutbox.objects.create(
        checkout=world.row,
        sequence=last.sequence + 1,
        name="checkout_completed",
        data={},
        at=last.at,
        sent_at=last.at,
    )


def _message(world: World, whose: Any) -> None:
    CheckoutInbox.objects.create(
        checkout_id=whose,
        source="provider:x",
        message_id="m1",
        kind="payment",
        actor="provider:m1",
        reference="unheard",
        received_at=world.row.created_at - LONG_AGO,
    )


PLANTED: dict[str, tuple[str, str, Plant]] = {
    "overdue": (
        "awaiting_payment",
        "overdue",
        lambda w: rows(CheckoutSession, w).update(due_at=F("created_at") - LONG_AGO),
    ),
    "never due": (
        "awaiting_payment",
        "stalled",
        lambda w: rows(CheckoutSession, w).update(due_at=None),
    ),
    "foreign definition": (
        "awaiting_payment",
        "definition",
        lambda w: rows(CheckoutSession, w).update(definition_version=99),
    ),
    "state moved by hand": (
        "aborted",
        "history",
        lambda w: rows(CheckoutSession, w).update(state="completed"),
    ),
    "a version is missing": (
        "completed",
        "history",
        lambda w: rows(CheckoutHistory, w, version=2).delete(),
    ),
    "an edge that is not there": (
        "completed",
        "history",
        lambda w: rows(CheckoutHistory, w, version=2).update(edge="finalize_order"),
    ),
    "an unheard edge": (
        "completed",
        "history",
        lambda w: rows(CheckoutHistory, w, version=2).update(edge="magic"),
    ),
    "a path with a gap": (
        "completed",
        "history",
        lambda w: rows(CheckoutHistory, w, version=2).update(source="aborting"),
    ),
    "an open effect": (
        "completed",
        "open_effect",
        lambda w: rows(CheckoutEffect, w, name="orders.place").update(outcome="unknown"),
    ),
    "another cart": ("awaiting_payment", "snapshot", _snapshot_moves),
    "no cart": (
        "awaiting_payment",
        "snapshot",
        lambda w: rows(CheckoutSession, w).update(snapshot=None),
    ),
    "a cart that does not add up": ("awaiting_payment", "unreadable", _snapshot_breaks),
    "progress at another version": (
        "completed",
        "progress",
        lambda w: rows(CheckoutProgress, w).update(version=F("version") + 1),
    ),
    "progress says something else": (
        "completed",
        "progress",
        lambda w: rows(CheckoutProgress, w).update(body={"state": "completed"}),
    ),
    "no progress": ("completed", "progress", lambda w: rows(CheckoutProgress, w).delete()),
    "no receipt": ("completed", "summary", lambda w: rows(CheckoutSummary, w).delete()),
    "a wrong receipt": (
        "aborted",
        "summary",
        lambda w: rows(CheckoutSummary, w).update(body={"total": 1}),
    ),
    "the end was not told": (
        "completed",
        "outbox",
        lambda w: rows(CheckoutOutbox, w, name="checkout_completed").delete(),
    ),
    "two ends were told": ("aborted", "outbox", _an_end_is_told_again),
    "an event is missing": (
        "completed",
        "outbox",
        lambda w: rows(CheckoutOutbox, w, sequence=2).delete(),
    ),
    "an event was not sent": (
        "completed",
        "outbox",
        lambda w: rows(CheckoutOutbox, w, sequence=2).update(
            sent_at=None, at=w.row.created_at - LONG_AGO
        ),
    ),
    "a message was not applied": ("awaiting_payment", "inbox", lambda w: _message(w, w.id)),
    "a message is parked": ("awaiting_payment", "parked", lambda w: _message(w, None)),
    "money is missing": ("completed", "money", lambda w: _money(w, 1)),
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
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found(world: World, planted: str) -> None:
    state, check, plant = PLANTED[planted]
    STAGES[state](world)
    assert found() == set()
    plant(world)
    assert check in found()
    code, text = doctor()
    assert code == 1
    assert f"BROKEN {check}" in text


def test_stock_that_is_still_held_is_found(world: World) -> None:
    awaiting(world)
    held, until = dict(world.inventory.held), dict(world.inventory.until)
    world.order("abort")
    world.tick()
    world.inventory.held, world.inventory.until = held, until
    assert found() == {"reservations"}


def test_money_on_its_way_back_is_information(world: World) -> None:
    awaiting(world)
    world.payments.sale, world.payments.pending_refunds = True, True
    world.payments.pay()
    world.inventory.stock["mug"] = 0
    world.inventory.lapsed |= set(world.inventory.held)
    world.order("confirm")
    world.tick()
    assert world.checkout.state == "aborted"
    code, text = doctor()
    assert code == 0, text
    assert "owed" in text


def test_attention_and_a_missing_sweep_are_information(world: World) -> None:
    awaiting(world)
    rows(CheckoutSession, world).update(needs_attention="retrying")
    progress = rows(CheckoutProgress, world).get()
    rows(CheckoutProgress, world).update(body={**progress.body, "attention": "retrying"})
    code, text = doctor()
    assert code == 0, text
    assert "asks for staff: retrying" in text
    assert "no sweep has ever gone round" in text
    world.services.queries.beat("w1")
    assert "sweep" not in doctor()[1]
    world.shift(100)
    assert "the last sweep was" in doctor()[1]


def test_batches_reach_every_checkout(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from checkout.adapters.outbound.persistence.repositories.doctor_queries import DoctorQueries

    for number in range(7):
        another(world, f"cart-{number}")
    seen = [d.id for batch in DoctorQueries().dossiers(None, size=2) for d in batch]
    assert len(seen) == len(set(seen)) == 7
    limited = [len(batch) for batch in DoctorQueries().dossiers(3, size=2)]
    assert limited == [2, 1]
    assert "7 checkouts examined" in doctor("--all")[1]
