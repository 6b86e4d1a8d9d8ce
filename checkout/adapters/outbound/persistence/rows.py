"""Rows to working copies and back: no decisions, no queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutSession,
)
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.application.use_cases import settle_money
from checkout.domain.checkout import Checkout, Failure, Passage, PaymentAttempt
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.domain.value_objects.payment_facts import PaymentFacts

_SAME = (
    "cart",
    "version",
    "created_at",
    "entered_at",
    "return_url",
    "deadline_at",
    "held_until",
    "finished_at",
    "attempt",
    "generation",
    "extensions",
    "needs_attention",
    "doubt_told_at",
    "on_hold",
)
_EFFECT = (
    "name",
    "generation",
    "key",
    "arguments",
    "result",
    "error",
    "tries",
    "retry_at",
    "intended_at",
    "answered_at",
)
EFFECT_COLUMNS = (*_EFFECT, "outcome", "reference")
_TIMES = ("begun_at", "asked_at", "ask_at")
_CHANGING = tuple(name for name in _SAME if name not in ("cart", "created_at", "return_url"))
_of_effect, _of_session = attrgetter(*_EFFECT), attrgetter(*_CHANGING)


def to_checkout(
    session: CheckoutSession,
    effects: Iterable[CheckoutEffect],
    history: Iterable[CheckoutHistory],
) -> Checkout:
    """The working copy of a row with its journal."""
    checkout = Checkout(
        id=CheckoutId(session.id),
        state=CheckoutState(session.state),
        order=session.order_reference,
        snapshot=CartSnapshot.from_json(session.snapshot) if session.snapshot else None,
        failure=Failure(**session.failure) if session.failure else None,
        **{name: getattr(session, name) for name in _SAME},
    )
    checkout.payments = {
        int(generation): _to_attempt(int(generation), stored)
        for generation, stored in session.payments.items()
    }
    for row in effects:
        checkout.effects[row.name, row.generation] = to_effect(row)
    checkout.history = [
        Passage(p.edge, p.source, p.target, p.actor, p.reason, p.version, p.at) for p in history
    ]
    return checkout


def to_effect(row: CheckoutEffect) -> Effect:
    """The journal's entry of a row."""
    return Effect(outcome=Outcome(row.outcome), **{name: getattr(row, name) for name in _EFFECT})


def effect_values(effect: Effect) -> tuple[Any, ...]:
    """What is stored of an effect, in the order of `EFFECT_COLUMNS`."""
    reference = str(effect.result.get("reference", ""))
    return (*_of_effect(effect), effect.outcome.value, reference)


def session_columns(checkout: Checkout) -> dict[str, Any]:
    """The columns of a session row that the flow changes, without state, clocks of the lease and id."""
    columns = dict(zip(_CHANGING, _of_session(checkout), strict=True))
    snapshot = checkout.snapshot
    return {
        **columns,
        "order_reference": checkout.order,
        "unsettled": settle_money.unsettled(checkout),
        "snapshot_digest": snapshot.digest if snapshot else "",
        "failure": checkout.failure.to_json() if checkout.failure else None,
        "payments": {str(g): _from_attempt(a) for g, a in checkout.payments.items()},
    }


def to_message(row: CheckoutInbox) -> InboxMessage:
    """An inbox row as the flow sees it."""
    payload: Mapping[str, Any] = row.payload
    return InboxMessage(
        row.source, row.message_id, row.kind, row.actor, payload, row.reference, row.pk
    )


def _to_attempt(generation: int, stored: dict[str, Any]) -> PaymentAttempt:
    times = {name: _time(stored[name]) for name in _TIMES}
    return PaymentAttempt(
        generation,
        reference=stored["reference"],
        action=stored["action"],
        facts=PaymentFacts.from_json(stored["facts"]),
        silent=stored["silent"],
        **times,
    )


def _from_attempt(attempt: PaymentAttempt) -> dict[str, Any]:
    times = {name: getattr(attempt, name) for name in _TIMES}
    return {
        "reference": attempt.reference,
        "action": attempt.action,
        "facts": attempt.facts.to_json(),
        "silent": attempt.silent,
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
