"""Histories and calls written by hand, with the moments that a test wants."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutSession,
    HourlyTally,
)
from checkout.read_models.tally import Key, bucket_of, hour_of
from checkout.sagas.checkout_saga import FLOW

FORWARD = [step.state.value for step in FLOW]
NAMES = {step.state.value: step.name for step in FLOW} | {"aborting": "abort_checkout"}


class Move(NamedTuple):
    """Into this state, so many seconds after the move before it."""

    target: str
    after: float = 0.0


def completed(*seconds: float) -> list[Move]:
    """Through all five steps; how long each of them took."""
    return [Move("started"), *map(Move, [*FORWARD[1:], "completed"], seconds)]


def stored(state: str, at: datetime, failure: str = "") -> UUID:
    """The row of a checkout that was started then."""
    pk = uuid4()
    CheckoutSession.objects.create(
        id=pk,
        state=state,
        cart=str(pk),
        created_at=at,
        entered_at=at,
        finished_at=at if state in ("completed", "aborted") else None,
        failure={"code": failure} if failure else None,
    )
    return pk


def write(began: datetime, moves: list[Move], failure: str = "") -> list[CheckoutHistory]:
    """A checkout that made these moves, and its history, which is not stored yet."""
    pk = stored(moves[-1].target, began, failure)
    rows, at, source = [], began, ""
    for version, move in enumerate(moves, start=1):
        at += timedelta(seconds=move.after)
        row = CheckoutHistory(checkout_id=pk, version=version, edge="any", actor="x", at=at)
        row.source, row.target = source, move.target
        rows.append(row)
        source = move.target
    return rows


def expected(rows: list[CheckoutHistory], failure: str) -> Counter[Key]:
    """What one whole history should be counted as, told another way than the product tells it."""
    counts: Counter[Key] = Counter()
    before = rows[0]
    for row in rows:
        if row.source == row.target:
            continue
        hour = hour_of(row.at)
        if row.source:
            outcome = {"aborting": "failed", "inventory_reserved": "again"}.get(row.target, "done")
            if (row.source, row.target) == ("cart_frozen", "inventory_reserved"):
                outcome = "done"
            lasted = bucket_of(row.at - before.at)
            counts[Key(hour, "left", NAMES[row.source], outcome, lasted)] += 1
        if row.target in NAMES:
            counts[Key(hour, "entered", NAMES[row.target])] += 1
        else:
            counts[Key(hour, "ended", row.target, failure)] += 1
        before = row
    return counts


def random_moves(dice: random.Random) -> tuple[list[Move], str]:
    """A way through the flow, with notes, other tries and an end, or none yet; and why it failed."""
    moves, place = [Move("started")], 0
    while place < len(FORWARD):
        pause, lot = dice.expovariate(1 / 400), dice.random()
        if lot < 0.1:
            moves.append(Move(moves[-1].target, pause))  # a note: it stays where it is
        elif lot < 0.2:
            code = dice.choice(["out_of_stock", "payment_declined"])
            ways = [Move("aborting", pause), Move("aborted", dice.random())]
            return [*moves, *ways], code
        elif lot < 0.25:
            return moves, ""
        elif lot < 0.35 and FORWARD[place] == "awaiting_payment":
            moves.append(Move("inventory_reserved", pause))
            place = FORWARD.index("inventory_reserved")
        else:
            place += 1
            moves.append(Move([*FORWARD, "completed"][place], pause))
    return moves, ""


def call(name: str, at: datetime, outcome: str, tries: int = 1, answered: bool = True) -> None:
    """An effect of a checkout of its own."""
    CheckoutEffect.objects.create(
        checkout_id=stored("completed", at),
        name=name,
        generation=1,
        key=str(uuid4()),
        outcome=outcome,
        tries=tries,
        intended_at=at,
        answered_at=at if answered else None,
    )


def tallies() -> dict[Key, int]:
    """All that was counted."""
    rows = HourlyTally.objects.values_list("hour", "kind", "name", "outcome", "bucket", "count")
    return {Key(*row[:5]): row[5] for row in rows}
