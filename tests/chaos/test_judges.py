"""The judges find what is planted into the books of a run, and say it in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.chaos import books
from tests.chaos.books import Books, Payment, Session
from tests.chaos.buyers import Purchase
from tests.chaos.conftest import Ended
from tests.chaos.judges import judge

Plant = Callable[[Books, Session, Payment], object]


@pytest.fixture(scope="module")
def read(ended: Ended) -> Books:
    """The books of the run."""
    return books.read(ended.ledgers)


@pytest.fixture
def planted(read: Books) -> Books:
    """The same, to be spoilt. Why staff was called is another matter."""
    copy = deepcopy(read)
    for session in copy.sessions.values():
        session.attention = ""
    return copy


def completed(of: Books) -> tuple[Session, Payment]:
    """A completed checkout and the payment that paid it."""
    for session in of.sessions.values():
        for payment in of.payments:
            if session.state == "completed" and (payment.owner, payment.captured > 0) == (
                session.id,
                True,
            ):
                return session, payment
    raise AssertionError("Nothing was completed.")


def order_of(of: Books, session: Session) -> books.Order:
    """Its order."""
    return next(order for order in of.orders if order.owner == session.id)


def abort(of: Books, session: Session, payment: Payment, failure: str) -> None:
    """As if it had been aborted in order, although it was paid in time."""
    session.state, session.failure, session.order = "aborted", failure, ""
    of.ends[session.id] = ["checkout_aborted"]
    order_of(of, session).status = "cancelled"
    payment.returned = payment.captured
    for index, (owner, _, units) in enumerate(of.reservations):
        if owner == session.id:
            of.reservations[index] = (owner, "released", units)
            of.on_hand = dict(Counter(of.on_hand) + units)
    of.claims = [claim for claim in of.claims if claim[0] != session.id]


def hold(of: Books, session: Session, status: str) -> None:
    """One more reservation."""
    of.reservations.append((session.id, status, Counter({"MUG-TIDE": 1})))


PLANTS: dict[str, tuple[Plant, str]] = {
    "not at its end": (lambda b, s, p: setattr(s, "state", "aborting"), "L1 {id} is still"),
    "second order": (
        lambda b, s, p: b.orders.append(replace(order_of(b, s), number="HP-COPY")),
        "S3 {id} is completed with 2 orders.",
    ),
    "no order": (lambda b, s, p: b.orders.remove(order_of(b, s)), "with 0 orders."),
    "order of nobody": (
        lambda b, s, p: b.orders.append(replace(order_of(b, s), owner="nobody")),
        "belongs to no checkout.",
    ),
    "other total": (lambda b, s, p: setattr(order_of(b, s), "total", 1), "not what was frozen"),
    "other lines": (lambda b, s, p: order_of(b, s).lines.pop(), "not what was frozen"),
    "held": (lambda b, s, p: hold(b, s, "held"), "S2 {id} still holds"),
    "taken twice": (lambda b, s, p: hold(b, s, "committed"), "S2 {id} is completed and has taken"),
    "lost unit": (lambda b, s, p: b.on_hand.update({"MUG-TIDE": 1}), "MUG-TIDE there are 1"),
    "claimed": (lambda b, s, p: b.claims.append((s.id, "claimed", ["FIVER"])), "still claims"),
    "spent": (lambda b, s, p: b.claims.append((s.id, "redeemed", ["ONCE"])), "has spent"),
    "over the limit": (
        lambda b, s, p: b.claims.append((s.id, "redeemed", ["ONCE", "ONCE"])),
        "S5 ONCE was spent 2 times; its limit is 1.",
    ),
    "second capture": (
        lambda b, s, p: p.happened["payment.captured"].append(p.happened["payment.captured"][0]),
        "S4 {id} was captured 2 times.",
    ),
    "refunded": (lambda b, s, p: setattr(p, "returned", 1), "S4 {id} is completed: kept are"),
    "still authorised": (
        lambda b, s, p: b.payments.append(replace(p, captured=0, returned=0, voided=0)),
        "is still authorised.",
    ),
    "refund open": (lambda b, s, p: setattr(p, "refund_open", 5), "still waits for a refund."),
    "payment of nobody": (lambda b, s, p: setattr(p, "owner", "nobody"), "belongs to no checkout."),
    "told twice": (lambda b, s, p: b.ends[s.id].append("checkout_aborted"), "S9 {id} is completed"),
    "unsent": (lambda b, s, p: b.unsent.append("an event"), "L2 an event was never sent."),
    "unapplied": (lambda b, s, p: b.unapplied.append("abort"), "L2 abort was never applied."),
    "paid in time": (
        lambda b, s, p: abort(b, s, p, "payment_expired"),
        "Q1 {id} was paid in time and aborted: payment_expired.",
    ),
    "no such abort": (
        lambda b, s, p: abort(b, s, p, "cancelled_by_shopper"),
        "Q1 {id} was paid in time and aborted: cancelled_by_shopper.",
    ),
    "asks for staff": (lambda b, s, p: setattr(s, "attention", "bug"), "asks for staff: bug."),
}


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found(ended: Ended, planted: Books, name: str) -> None:
    plant, sentence = PLANTS[name]
    session, payment = completed(planted)
    assert judge(planted, [], ended.outcome.stock) == [], "the books are clean"
    plant(planted, session, payment)
    said = judge(planted, [], ended.outcome.stock)
    assert any(sentence.format(id=session.id) in violation for violation in said), said


def test_an_abort_that_was_taken_or_a_late_payment_is_excused(ended: Ended, planted: Books) -> None:
    session, payment = completed(planted)
    abort(planted, session, payment, "cancelled_by_shopper")
    planted.aborts.add(session.id)
    assert judge(planted, [], ended.outcome.stock) == []
    session.failure = "payment_expired"
    session.deadline_at = min(payment.happened["payment.authorised"]) - timedelta(seconds=1)
    assert judge(planted, [], ended.outcome.stock) == []


def test_what_shoppers_saw_is_held_against_the_books(ended: Ended, planted: Books) -> None:
    session, _ = completed(planted)
    seen = [
        Purchase("approve", "gone"),
        Purchase("approve", session.id, seen="aborted", complaints=["It went back."]),
    ]
    said = judge(planted, seen, ended.outcome.stock)
    assert said == [
        "L1 gone was started and is gone.",
        f"S10 {session.id}: It went back.",
        f"S10 {session.id} was shown as aborted and is completed.",
    ]
    (unpaid,) = judge(planted, [Purchase("walk_away", session.id)], ended.outcome.stock)
    assert unpaid == f"S4 {session.id} is completed, but walk_away pays nothing."


@pytest.fixture
def spoilt(ended: Ended, read: Books) -> Iterator[Session]:
    """The tables themselves: a second order, a hold, a second capture."""
    rows, (session, payment) = ended.ledgers.rows, completed(read)
    order = "key, owner, status, email, buyer, delivery, discounts, charges, total, currency, "
    rest = "digest, payment, reason, placed_at"
    rows(
        f"INSERT INTO shop_order (number, {order}{rest}) SELECT 'HP-COPY', 'copy',"
        f" {order.removeprefix('key, ')}{rest} FROM shop_order WHERE number = ?",
        session.order,
    )
    rows("UPDATE shop_reservation SET status = 'held' WHERE owner = ?", session.id)
    rows(
        "INSERT INTO provider_event (id, payment_id, type, body, created_at) SELECT 'evt_copy',"
        " payment_id, type, body, created_at FROM provider_event"
        " WHERE type = 'payment.captured' AND payment_id = ?",
        payment.id,
    )
    yield session
    rows("DELETE FROM shop_order WHERE number = ?", "HP-COPY")
    rows("UPDATE shop_reservation SET status = 'committed' WHERE owner = ?", session.id)
    rows("DELETE FROM provider_event WHERE id = ?", "evt_copy")


def test_the_tables_themselves_are_read(ended: Ended, spoilt: Session) -> None:
    said = judge(books.read(ended.ledgers), [], ended.outcome.stock)
    for sentence in ("is completed with 2 orders.", "still holds", "was captured 2 times."):
        assert any(f"{spoilt.id} {sentence}" in violation for violation in said), said
