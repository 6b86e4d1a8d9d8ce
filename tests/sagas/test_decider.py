"""Deciding reads and does nothing; commands are judged alike in every state."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checkout.application.decisions import Ask, Call, Move, Wait
from checkout.application.policy import Policy
from checkout.application.port_call import Moment
from checkout.application.use_cases import commands
from checkout.domain.checkout import Checkout, PaymentAttempt
from checkout.domain.effect import Effect, Outcome
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import effect_key, new_checkout_id
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.domain.value_objects.payment_facts import PaymentFacts
from checkout.sagas.decider import decide
from checkout.testing.builders import free_snapshot, snapshot

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENT = Moment(Policy(), NOW)
DONE = {
    "started": (),
    "cart_frozen": ("carts.snapshot", "carts.close"),
    "inventory_reserved": ("inventory.reserve",),
    "awaiting_payment": ("inventory.extend", "payments.initiate"),
    "payment_confirmed": (),
    "aborting": (),
    "completed": ("inventory.commit", "orders.place", "payments.capture"),
    "aborted": (),
}
STATES = list(DONE)


def checkout_in(state: str, *, free: bool = False, facts: PaymentFacts | None = None) -> Checkout:
    """A checkout that came to this state the straight way, a minute ago."""
    then = NOW - timedelta(minutes=1)
    checkout = Checkout(new_checkout_id(), "cart-1", CheckoutState(state), 5, then, then)
    forward = "payment_confirmed" if state in ("aborting", "aborted") else state
    for passed in STATES[: STATES.index(forward) + 1]:
        for name in DONE[passed]:
            key = effect_key(checkout.id, name, 1)
            checkout.effects[name, 1] = Effect(name, 1, key, {}, Outcome.DONE, intended_at=then)
    if forward != "started":
        checkout.snapshot = free_snapshot() if free else snapshot()
    if STATES.index(forward) >= STATES.index("awaiting_payment"):
        checkout.deadline_at = NOW + timedelta(minutes=5)
        checkout.payments[1] = PaymentAttempt(
            1, "pay_1", facts=facts or PaymentFacts(), begun_at=then, ask_at=NOW
        )
    return checkout


@pytest.mark.parametrize("state", STATES)
def test_deciding_changes_nothing_and_always_says_the_same(state: str) -> None:
    checkout = checkout_in(state)
    before = copy.deepcopy(checkout)
    first = decide(checkout, MOMENT)
    assert decide(checkout, MOMENT) == first
    assert checkout == before
    assert isinstance(first, Call | Ask | Move | Wait)


@pytest.mark.parametrize(
    ("state", "call"),
    [
        ("started", "carts.snapshot"),
        ("cart_frozen", "inventory.reserve"),
        ("inventory_reserved", "inventory.extend"),
        ("payment_confirmed", "inventory.commit"),
        ("aborting", "payments.close"),
    ],
)
def test_what_is_called_first_in_each_state(state: str, call: str) -> None:
    decision = decide(checkout_in(state), MOMENT)
    assert isinstance(decision, Call)
    assert decision.name == call


def test_a_zero_total_skips_the_payment() -> None:
    assert decide(checkout_in("inventory_reserved", free=True), MOMENT) == Move("skip_payment")


@pytest.mark.parametrize(
    ("facts", "edge"),
    [
        (PaymentFacts("EUR", authorised=2990), "await_payment_result"),
        (PaymentFacts("EUR", captured=2990), "await_payment_result"),
        (PaymentFacts("EUR", authorised=2989), "start_compensation"),
        (PaymentFacts("EUR", authorised=2991), "start_compensation"),
        (PaymentFacts("USD", authorised=2990), "start_compensation"),
        (PaymentFacts("EUR", digest="another", authorised=2990), "start_compensation"),
    ],
)
def test_only_exactly_the_frozen_total_is_a_payment(facts: PaymentFacts, edge: str) -> None:
    decision = decide(checkout_in("awaiting_payment", facts=facts), MOMENT)
    assert isinstance(decision, Move)
    assert decision.edge == edge
    if edge == "start_compensation":
        assert decision.failure is not None
        assert decision.failure.code == "amount_mismatch"


# Who may do what where: the code of the refusal, or nothing. -----------------------------------

BEFORE = ("started", "cart_frozen", "inventory_reserved")
CLOSED = PaymentFacts("EUR", closed=True)
MATRIX = [
    *[("abort", state, "") for state in (*BEFORE, "awaiting_payment")],
    *[("abort", state, "too_late") for state in ("payment_confirmed", "completed")],
    *[("abort", state, "already_aborted") for state in ("aborting", "aborted")],
    *[("retry", s, "not_awaiting_payment") for s in STATES if s != "awaiting_payment"],
    ("retry", "awaiting_payment", "payment_still_open"),
    *[("extend", s, "not_awaiting_payment") for s in STATES if s != "awaiting_payment"],
    ("extend", "awaiting_payment", ""),
    *[(kind, state, "") for kind in ("confirm", "recheck", "retry_now") for state in STATES],
    *[("dance", state, "unknown_command") for state in STATES],
]


def refusal(checkout: Checkout, kind: str, **payload: object) -> str:
    """The code with which a command is refused; empty when it is not."""
    try:
        commands.judge(checkout, kind, dict(payload), MOMENT)
    except Refused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(("kind", "state", "code"), MATRIX)
def test_commands_in_every_state(kind: str, state: str, code: str) -> None:
    assert refusal(checkout_in(state), kind) == code


@pytest.mark.parametrize("state", STATES)
def test_staff_forces_only_what_the_table_has(state: str) -> None:
    checkout = checkout_in(state)
    may_abort = state in (*BEFORE, "awaiting_payment", "payment_confirmed")
    assert (refusal(checkout, "force", edge="force_abort") == "") == may_abort
    may_retry = state == "awaiting_payment"
    assert (refusal(checkout, "force", edge="force_retry_payment") == "") == may_retry
    assert refusal(checkout, "force", edge="finalize_order") == "edge_not_possible"
    assert refusal(checkout, "force") == "edge_not_possible"


def test_staff_cannot_abort_once_the_order_is_intended() -> None:
    checkout = checkout_in("payment_confirmed")
    checkout.intend("orders.place", 1, {}, NOW)
    assert refusal(checkout, "force", edge="force_abort") == "edge_not_possible"


@pytest.mark.parametrize("kind", ["abort", "confirm", "retry_now"])
def test_a_command_that_expects_another_version_is_refused(kind: str) -> None:
    checkout = checkout_in("awaiting_payment")
    assert refusal(checkout, kind, expected_version=4) == "version_conflict"
    assert refusal(checkout, kind, expected_version=5) == ""


def test_another_try_needs_a_closed_unpaid_payment_time_and_patience() -> None:
    checkout = checkout_in("awaiting_payment", facts=CLOSED)
    assert refusal(checkout, "retry") == ""
    checkout.payments[1].facts = replace(CLOSED, authorised=2990)
    assert refusal(checkout, "retry") == "payment_still_open"
    checkout.payments[1].facts = CLOSED
    checkout.deadline_at = NOW
    assert refusal(checkout, "retry") == "too_late"
    checkout.deadline_at = NOW + timedelta(seconds=1)
    checkout.generation = MOMENT.policy.max_generations
    checkout.payments[checkout.generation] = PaymentAttempt(checkout.generation, facts=CLOSED)
    assert refusal(checkout, "retry") == "too_many_attempts"


def test_the_hold_is_extended_only_in_time_and_not_for_ever() -> None:
    checkout = checkout_in("awaiting_payment")
    for number in range(1, MOMENT.policy.max_extensions + 1):
        assert refusal(checkout, "extend") == ""
        checkout.intend("inventory.extend:shopper", number, {}, NOW)
    assert refusal(checkout, "extend") == "too_many_extensions"
    checkout.deadline_at = NOW
    assert refusal(checkout, "extend") == "too_late"
