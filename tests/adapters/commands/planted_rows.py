"""Corruptions of the checkout's own rows: what is planted, and the check that must find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

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
from checkout.testing.proof.world import World

LONG_AGO = timedelta(days=2)
Plant = Callable[[World], Any]


def rows(model: Any, world: World, **where: Any) -> QuerySet[Any]:
    """The checkout's rows in one table."""
    name = "pk" if model in (CheckoutSession, CheckoutProgress, CheckoutSummary) else "checkout"
    return model.objects.filter(**{name: world.id}, **where)


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


IN_ROWS: dict[str, tuple[str, str, Plant]] = {
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
    "money that is said to be owed": (
        "completed",
        "unsettled",
        lambda w: rows(CheckoutSession, w).update(unsettled=True),
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
}
