"""How things stand now: each number, whether it is good, and what to do when it is not.

The doctor's words are used where it judges the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from checkout.adapters.inbound.admin.dashboard.figures import Calls, Owed, in_percent
from checkout.adapters.inbound.admin.words import age
from checkout.adapters.inbound.cli.catalogue import CHECKS
from checkout.adapters.inbound.cli.doctor import HEARTBEAT_SECONDS, OVERDUE_SECONDS
from checkout.adapters.inbound.web.amounts import in_words
from checkout.adapters.outbound.persistence.repositories.dashboard_queries import (
    COUNTED,
    JUDGED,
    Live,
    Longest,
)
from checkout.application.ports.outbound.bulk_port import Phase

FINE, LOOK, ACT = "fine", "look", "act"
MONEY_IS_LATE = ("refund_failing", "money_overdue")  # as the engine and the audit flag it
LAPSE_WITHIN = timedelta(minutes=2)
LONG = timedelta(days=1)
GONE = timedelta(minutes=10)  # a worker that is silent for longer has been replaced or taken away
MANY_MESSAGES = 1000
FEW_CALLS = 20  # of fewer calls no share is told
SOME, MUCH = 0.02, 0.10  # of the calls without an answer at the first try
BEHIND = timedelta(minutes=5)


@dataclass(frozen=True)
class Way:
    """Where to look: a page of the admin, with a filter, or with the checkout that it is about."""

    label: str
    query: str = ""
    checkout: UUID | None = None
    page: str = "checkout_checkoutsession_changelist"


@dataclass(frozen=True)
class Gauge:
    """One number. `level` is fine, look or act; `todo` is empty when there is nothing to do."""

    name: str
    value: str
    level: str = FINE
    note: str = ""
    todo: str = ""
    way: Way | None = None


@dataclass(frozen=True)
class Readings:
    """All that is judged. `queue` is None when it does not answer; `overdue` is counted."""

    now: datetime
    live: Live
    overdue: int
    oldest_due: datetime | None
    owed: Sequence[Owed]
    judged: int
    provider: Calls
    queue: int | None
    counted_until: datetime | None


def gauges(read: Readings) -> list[Gauge]:
    """In the order of the page."""
    return [
        _stuck(read),
        _attention(read),
        _longest(read),
        _holds(read),
        _owed(read),
        _provider(read),
        _sweeps(read),
        _queue(read),
        _outbox(read),
        _bulk(read),
        _counting(read),
    ]


def at_most(count: int, most: int = COUNTED) -> str:
    """A number that was counted up to `most`."""
    return f"{count:,} or more" if count >= most else f"{count:,}"


def _doctor(check: str) -> str:
    """What the doctor says is to be done, as it is written on a page."""
    return re.sub("`(.+?)`", r"“\1”", CHECKS[check].what_to_do)


def _stuck(read: Readings) -> Gauge:
    way = Way("Overdue checkouts", "stuck=yes")
    if not read.overdue or read.oldest_due is None:
        return Gauge("Stuck", "0", note=f"overdue for more than {OVERDUE_SECONDS:.0f} s", way=way)
    note = f"the oldest for {age(read.oldest_due, read.now)}"
    todo = _doctor("overdue")
    return Gauge("Stuck", at_most(read.overdue), ACT, note, todo, way)


def _attention(read: Readings) -> Gauge:
    reasons, way = read.live.attention, Way("Needs attention", "attention=yes")
    if not reasons:
        return Gauge("Needs attention", "0", way=way)
    note = ", ".join(f"{why.replace('_', ' ')} {count:,}" for why, count in reasons.items())
    total = at_most(sum(reasons.values()))
    return Gauge("Needs attention", total, LOOK, note, _doctor("attention"), way)


def _longest(read: Readings) -> Gauge:
    longest: Longest | None = read.live.longest
    name, under_way = "Longest in one state", f"{at_most(read.live.unfinished)} under way"
    if longest is None:
        return Gauge(name, "–", note="0 under way")
    since = age(longest.since, read.now)
    note = f"{longest.state.replace('_', ' ')}; {under_way}"
    way = Way(
        f"Checkout {str(longest.id)[:8]}",
        checkout=longest.id,
        page="checkout_checkoutsession_change",
    )
    if read.now - longest.since < LONG:
        return Gauge(name, since, note=note, way=way)
    return Gauge(name, since, LOOK, note, "Open it: its page says what it waits for.", way)


def _holds(read: Readings) -> Gauge:
    live, minutes = read.live, LAPSE_WITHIN // timedelta(minutes=1)
    name, note = "Holds about to lapse", f"stock held for less than {minutes} min"
    way = Way("Awaiting payment", "state=awaiting_payment")
    if live.lapsed:
        todo = "Extend the hold, or recheck the payment: the stock may be sold to somebody else."
        value = f"{at_most(live.lapsed)} lapsed"
        note = f"{at_most(live.lapsing)} more held for less than {minutes} min"
        return Gauge(name, value, ACT, note, todo, way)
    if live.lapsing:
        return Gauge(name, at_most(live.lapsing), LOOK, note, "Extend those that matter.", way)
    return Gauge(name, "0", note=note, way=way)


def _owed(read: Readings) -> Gauge:
    name, way = "Refunds owed", Way("Owed money", "owed=yes")
    if not read.owed:
        return Gauge(name, "0", way=way)
    count = at_most(sum(owed.count for owed in read.owed), JUDGED)
    sums = ", ".join(f"{in_words(owed.amount, owed.currency)} ({owed.count})" for owed in read.owed)
    note = f"at least {sums}" if read.judged >= JUDGED else sums
    late = sum(owed.late for owed in read.owed)
    if not late:
        return Gauge(name, count, note=note, todo=_doctor("owed"), way=way)
    return Gauge(name, count, ACT, f"{note}; {late} not in time", _doctor("money"), way)


def _provider(read: Readings) -> Gauge:
    name, calls = "Payment provider", read.provider
    waits = sum(w.count for call, w in read.live.calls.items() if call.startswith("payments."))
    share = calls.unanswered_share
    note = f"of {calls.made:,} calls not answered at once, in two hours"
    value = in_percent(share)
    if calls.made < FEW_CALLS:
        value, share = f"{calls.unanswered} of {calls.made}", 0.0
        note = "calls not answered at once, in two hours"
    if waits:
        note = f"{note}; {at_most(waits)} without an answer now"
    todo = "Look at the provider's status page; nothing is lost, all is asked again by itself."
    if share >= MUCH or (waits and share >= SOME):
        return Gauge(name, value, ACT, note, todo)
    return (
        Gauge(name, value, LOOK, note, todo)
        if waits or share >= SOME
        else Gauge(name, value, note=note)
    )


def _sweeps(read: Readings) -> Gauge:
    """As the doctor and `/healthz/ready` say it: a sweep goes round somewhere."""
    name, soon = "Workers", timedelta(seconds=HEARTBEAT_SECONDS)
    silent = [(worker, read.now - at) for worker, at in read.live.sweeps]
    at_work = sum(since <= soon for _, since in silent)
    late = [worker for worker, since in silent if soon < since <= GONE]
    if not at_work:
        return Gauge(name, "none at work", ACT, "no sweep goes round", _doctor("heartbeat"))
    if late:
        todo = "It has ended, or hangs: look at its log, and restart it if it should be there."
        return Gauge(name, f"{at_work} at work", LOOK, f"late: {', '.join(late)}", todo)
    return Gauge(name, f"{at_work} at work")


def _queue(read: Readings) -> Gauge:
    name, note = "Queue", "messages that no worker has taken"
    if read.queue is None:
        todo = "Look at Redis. Checkouts go on by the sweep, a second later at each step."
        return Gauge(name, "unknown", LOOK, "the queue does not answer", todo)
    if read.queue >= MANY_MESSAGES:
        todo = "Start another worker, or look why those that run take nothing."
        return Gauge(name, f"{read.queue:,}", LOOK, note, todo)
    return Gauge(name, f"{read.queue:,}", note=note)


def _outbox(read: Readings) -> Gauge:
    name, unsent = "Events not sent", read.live.unsent
    if unsent.oldest is None:
        return Gauge(name, "0")
    note = f"the oldest for {age(unsent.oldest, read.now)}"
    if read.now - unsent.oldest <= timedelta(seconds=OVERDUE_SECONDS):
        return Gauge(name, at_most(unsent.count), note=note)
    return Gauge(name, at_most(unsent.count), ACT, note, _doctor("outbox"))


def _bulk(read: Readings) -> Gauge:
    jobs = read.live.bulk
    name, way = "Bulk recovery", Way("Bulk recoveries", page="checkout_bulkrecovery_changelist")
    waits = jobs.get(Phase.REHEARSED, 0)
    note = f"{waits} tried out, for somebody to confirm or stop" if waits else ""
    return Gauge(name, f"{sum(jobs.values()) - waits} at work", note=note, way=way)


def _counting(read: Readings) -> Gauge:
    """Without it the figures below are old, or there are none."""
    name, todo = "Figures below", "They are counted by a worker: look whether one runs."
    if read.counted_until is None:
        return Gauge(name, "not counted yet", LOOK, todo=todo)
    behind = read.now - read.counted_until
    value = f"{age(read.counted_until, read.now)} old"
    return Gauge(name, value, LOOK, todo=todo) if behind > BEHIND else Gauge(name, value)
