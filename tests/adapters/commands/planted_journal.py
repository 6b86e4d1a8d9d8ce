"""Corruptions of the journal, the money and the words: what is planted, and what must find it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, JSONField, Value

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutSession,
)
from checkout.application.use_cases.start_checkout import token_of
from checkout.testing.proof.world import World
from tests.adapters.commands.planted_rows import Plant, rows

A_CARD, GROUPED = "4111111111111111", "4111 1111 1111 1111"
A_YEAR = timedelta(days=365)


def effect(call: str, **columns: Any) -> Plant:
    """Change the columns of the effect of this call."""
    return lambda world: rows(CheckoutEffect, world, name=call).update(**columns)


def session(**columns: Any) -> Plant:
    """Change columns of the row."""
    return lambda world: rows(CheckoutSession, world).update(**columns)


def event(sequence: int, **columns: Any) -> Plant:
    """Change the columns of this event."""
    return lambda world: rows(CheckoutOutbox, world, sequence=sequence).update(**columns)


def completed_event(**data: Any) -> Plant:
    """Change the data of the last event."""

    def plant(world: World) -> None:
        told = rows(CheckoutOutbox, world, name="checkout_completed").get()
        rows(CheckoutOutbox, world, pk=told.pk).update(data={**told.data, **data})

    return plant


def facts(number: str = "1", **changed: Any) -> Plant:
    """Change what we know of a payment."""

    def plant(world: World) -> None:
        payments = world.row.payments
        payments[number]["facts"] |= changed
        rows(CheckoutSession, world).update(payments=payments)

    return plant


def captured_twice(world: World) -> None:
    first = rows(CheckoutEffect, world, name="payments.capture").get()
    first.pk, first.generation = None, 2
    first.key = f"{world.id}:payments.capture:2"
    first.save()
    payments = world.row.payments
    rows(CheckoutSession, world).update(payments={**payments, "2": payments["1"]})


def undone_by_nobody(world: World) -> None:
    rows(CheckoutEffect, world, name="inventory.release").delete()


def left_standing(world: World) -> None:
    undone_by_nobody(world)
    effect("inventory.reserve", outcome="done")(world)


def nobody_refused(world: World) -> None:
    effect("orders.place", outcome="unknown")(world)
    failure = {**(world.row.failure or {}), "code": "timed_out"}
    rows(CheckoutSession, world).update(failure=failure)


def message(text: str) -> Plant:
    """A message with this in its payload, long since applied."""

    def plant(world: World) -> None:
        at = world.row.created_at
        CheckoutInbox.objects.create(
            checkout=world.row,
            source="provider:x",
            message_id="m1",
            kind="payment",
            actor="provider:m1",
            payload={"said": text},
            received_at=at,
            applied_at=at,
        )

    return plant


def reason(text: str) -> Plant:
    """A reason in the history."""
    return lambda world: rows(CheckoutHistory, world, version=2).update(reason=text)


def own_token(world: World) -> None:
    assert world.id is not None
    token = token_of(settings.SECRET_KEY, world.id, world.row.nonce)
    effect("inventory.reserve", result={"link": f"https://shop.example/?token={token}"})(world)


def of(value: Any) -> Value:
    """A JSON value as a column."""
    return Value(value, output_field=JSONField())


PLACE, RELEASE = "orders.place", "inventory.release"
IN_JOURNAL: dict[str, tuple[str, str, Plant]] = {
    "another key": ("completed", "journal", effect(PLACE, key="gift:1")),
    "a call without an intent": ("completed", "journal", effect(PLACE, intended_at=None)),
    "an answer before the intent": (
        "completed",
        "journal",
        effect(PLACE, answered_at=F("intended_at") - A_YEAR),
    ),
    "an answer without a call": ("completed", "journal", effect(PLACE, tries=0)),
    "an unheard call": ("completed", "journal", effect(PLACE, name="gifts.wrap")),
    "undoes what never was": ("aborted", "journal", effect(RELEASE, arguments={"undoes": "x"})),
    "undone by nobody": ("aborted", "journal", undone_by_nobody),
    "left standing": ("aborted", "journal", left_standing),
    "captured twice": ("completed", "journal", captured_twice),
    "a storm of calls": ("completed", "storm", effect(PLACE, tries=60)),
    "due in a year": ("awaiting_payment", "stalled", session(due_at=F("created_at") + A_YEAR)),
    "leased for a year": (
        "awaiting_payment",
        "lease",
        session(lease_until=F("created_at") + A_YEAR),
    ),
    "sent out of order": ("completed", "outbox", event(2, sent_at=F("at") - A_YEAR)),
    "an unheard event": ("completed", "event", event(2, name="gift_wrapped")),
    "another's event": ("completed", "event", event(2, data={"checkout_id": "x"})),
    "a total in words": ("completed", "event", completed_event(total="a lot")),
    "a word too much": ("completed", "event", completed_event(card="visa")),
    "still authorised": ("aborted", "money", facts(authorised=2990, closed=True)),
    "another currency": ("completed", "money", facts(currency="USD")),
    "another digest": ("completed", "money", facts(digest="f" * 64)),
    "gave back too much": ("completed", "money", facts(refunded=9999)),
    "still to pay": ("aborted", "open_payment", facts(closed=False)),
    "two to pay": ("second attempt", "two_payments", facts(closed=False)),
    "paid for nothing": ("order refused", "paid_in_time", nobody_refused),
    "a card in a reason": ("completed", "sensitive", reason(f"she paid with {A_CARD}")),
    "a card in groups": ("completed", "sensitive", message(f"PAN {GROUPED}.")),
    "a card in an event": ("completed", "sensitive", event(2, data=of({"n": int(A_CARD)}))),
    "an api key": (
        "completed",
        "sensitive",
        effect(PLACE, error={"m": "no: Bearer abcdefgh12345678"}),
    ),
    "our secret": ("completed", "sensitive", message(settings.SECRET_KEY)),
    "the shopper's token": ("completed", "sensitive", own_token),
}
