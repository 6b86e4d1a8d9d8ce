"""What the dashboard counts of the journals, and what it reads from the counts. Nothing is stored here.

A passage counts in the hour in which it was taken, a port call in the hour in which it was intended.
A duration is kept as a bucket, four to each doubling: what is read from buckets is within 10 %.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from checkout.application.use_cases.settle_money import REQUESTS
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_state import (
    FINAL_STATES,
    FORWARD_STATES,
    CheckoutState,
)
from checkout.sagas.checkout_saga import FLOW

ENTERED, LEFT, ENDED, CALL = "entered", "left", "ended", "call"  # kinds
DONE, FAILED, AGAIN = "done", "failed", "again"  # how a step was left
ANSWERED, REFUSED, UNANSWERED = "answered", "refused", "unanswered"  # what came of a call
GIVE_BACK = "abort_checkout"
# The flow table, and the way back as a step of its own.
STEPS = {step.state: step.name for step in FLOW} | {CheckoutState.ABORTING: GIVE_BACK}
FIRST = FLOW[0].name
NO_BUCKET = -1
PER_DOUBLING = 4
LAST_BUCKET = 119  # ten days


class Key(NamedTuple):
    """What is counted together. `hour` is its beginning, in UTC."""

    hour: datetime
    kind: str
    name: str
    outcome: str = ""
    bucket: int = NO_BUCKET


class Passed(NamedTuple):
    """A row of the history; `row` is its number."""

    row: int
    checkout: UUID
    source: str
    target: str
    at: datetime


class Called(NamedTuple):
    """A row of the effects."""

    name: str
    outcome: str
    tries: int
    intended_at: datetime
    answered: bool


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def count_passages(
    stories: Iterable[Passed], after: int, upto: int, failures: Mapping[UUID, str]
) -> Counter[Key]:
    """Count the rows with after < row <= upto.

    `stories` are whole histories, checkout by checkout and in the order of their versions: how long
    a state lasted is told by the passage before. `failures` are the codes of those that ended.
    """
    counts: Counter[Key] = Counter()
    whose: UUID | None = None
    entered = datetime.min.replace(tzinfo=UTC)
    for passed in stories:
        if passed.checkout != whose:
            whose, entered = passed.checkout, passed.at
        if passed.source == passed.target:
            continue
        if after < passed.row <= upto:
            counts.update(_of_passage(passed, entered, failures.get(passed.checkout, "")))
        entered = passed.at
    return counts


def _of_passage(passed: Passed, entered: datetime, failure: str) -> Iterable[Key]:
    hour = hour_of(passed.at)
    if passed.source in STEPS:
        left = STEPS[CheckoutState(passed.source)]
        lasted = bucket_of(passed.at - entered)
        yield Key(hour, LEFT, left, how_left(passed.source, passed.target), lasted)
    if passed.target in STEPS:
        yield Key(hour, ENTERED, STEPS[CheckoutState(passed.target)])
    elif passed.target in FINAL_STATES:
        yield Key(hour, ENDED, passed.target, failure)


def how_left(source: str, target: str) -> str:
    """Forward is done, to the way back is failed, to an earlier step is another try."""
    if target == CheckoutState.ABORTING:
        return FAILED
    states = [state.value for state in FORWARD_STATES]
    earlier = target in states and source in states and states.index(target) < states.index(source)
    return AGAIN if earlier else DONE


def count_calls(calls: Iterable[Called]) -> Counter[Key]:
    """Count each of them once, by what had come of it when it was looked at."""
    return Counter(
        Key(hour_of(call.intended_at), CALL, call.name.split(":", 1)[0], _what_came(call))
        for call in calls
    )


def _what_came(call: Called) -> str:
    """Asked twice means no answer at first; a refund that is theirs to decide is only looked at."""
    if not call.answered or (call.tries > 1 and call.name not in REQUESTS):
        return UNANSWERED
    return REFUSED if call.outcome == Outcome.REFUSED else ANSWERED


def bucket_of(lasted: timedelta) -> int:
    """The number of the bucket that a duration falls into; below 1 ms is the first."""
    milliseconds = lasted.total_seconds() * 1000
    if milliseconds < 1:
        return 0
    return min(int(PER_DOUBLING * math.log2(milliseconds)), LAST_BUCKET)


def seconds_of(bucket: int) -> float:
    """The middle of a bucket: at most 10 % from everything that fell into it, in seconds."""
    return float(2 ** ((bucket + 0.5) / PER_DOUBLING)) / 1000


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The duration in seconds below which this share lies (nearest rank); None of nothing."""
    total = sum(buckets.values())
    rank = max(math.ceil(share * total), 1)
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return None
