"""The numbers of the dashboard, worked out from the hourly counts and from what is owed now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkout.application.use_cases import audit_money
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.tally import (
    AGAIN,
    CALL,
    DONE,
    ENDED,
    ENTERED,
    FAILED,
    LEFT,
    REFUSED,
    STEPS,
    UNANSWERED,
    Key,
    quantile,
)

Counts = Mapping[Key, int]
HOUR = timedelta(hours=1)
SECOND, MINUTE = 1.0, 60.0


@dataclass(frozen=True)
class Window:
    """What is looked at: so many slots of so many whole hours, the last of which goes on.

    `name` is how the address says it.
    """

    name: str
    label: str
    slots: int
    hours: int

    def since(self, hour: datetime) -> datetime:
        """The beginning of the first slot, when `hour` is the hour that goes on."""
        return hour - (self.slots * self.hours - 1) * HOUR


WINDOWS = {w.name: w for w in (Window("24h", "24 hours", 24, 1), Window("7d", "7 days", 28, 6))}


@dataclass(frozen=True)
class Line:
    """One step of the funnel. `rate` is the share of those that left it that were done.

    Median and p95 are how long those that were done took, in seconds; None when none was.
    """

    step: str
    entered: int
    done: int
    failed: int
    again: int
    median: float | None
    p95: float | None

    @property
    def rate(self) -> float | None:
        """None when nothing has left it."""
        left = self.done + self.failed + self.again
        return self.done / left if left else None


@dataclass(frozen=True)
class Calls:
    """What came of the calls to a neighbour."""

    name: str
    made: int = 0
    refused: int = 0
    unanswered: int = 0

    @property
    def refused_share(self) -> float:
        """0 without calls."""
        return self.refused / self.made if self.made else 0.0

    @property
    def unanswered_share(self) -> float:
        """0 without calls."""
        return self.unanswered / self.made if self.made else 0.0


@dataclass(frozen=True)
class Slot:
    """What happened from `begin` on, for the hours of a slot."""

    begin: datetime
    started: int
    completed: int
    aborted: int
    calls: Calls


@dataclass(frozen=True)
class Ends:
    """How checkouts ended: `codes` are (failure code, count), the most frequent first."""

    completed: int
    aborted: int
    codes: list[tuple[str, int]]


@dataclass(frozen=True)
class Owed:
    """Money on its way back: so many checkouts, so many minor units, some of them late."""

    currency: str
    count: int
    amount: int
    late: int


def funnel(sums: Counts) -> list[Line]:
    """A line for each step of the flow table, and one for the way back."""
    return [_line(step, sums) for step in STEPS.values()]


def _line(step: str, sums: Counts) -> Line:
    left: Counter[str] = Counter()
    took: Counter[int] = Counter()
    entered = 0
    for key, count in sums.items():
        if key.name != step:
            continue
        if key.kind == ENTERED:
            entered += count
        elif key.kind == LEFT:
            left[key.outcome] += count
            if key.outcome == DONE:
                took[key.bucket] += count
    durations = quantile(took, 0.5), quantile(took, 0.95)
    return Line(step, entered, left[DONE], left[FAILED], left[AGAIN], *durations)


def ends(sums: Counts) -> Ends:
    """Completed, and aborted by failure code."""
    codes: Counter[str] = Counter()
    completed = 0
    for key, count in sums.items():
        if key.kind == ENDED and key.name == CheckoutState.COMPLETED:
            completed += count
        elif key.kind == ENDED:
            codes[key.outcome or "unknown"] += count
    return Ends(completed, sum(codes.values()), codes.most_common())


def calls(counts: Counts) -> list[Calls]:
    """A line for each call of each port, in the order of their names."""
    names = sorted({key.name for key in counts if key.kind == CALL})
    return [calls_of(counts, name, name) for name in names]


def calls_of(counts: Counts, label: str, prefix: str = "") -> Calls:
    """Everything that came of the calls whose name begins so."""
    came: Counter[str] = Counter()
    for key, count in counts.items():
        if key.kind == CALL and key.name.startswith(prefix):
            came[key.outcome] += count
    return Calls(label, sum(came.values()), came[REFUSED], came[UNANSWERED])


def slots(by_hour: Counts, window: Window, hour: datetime) -> list[Slot]:
    """The window slot by slot, when `hour` is the hour that goes on."""
    first, length = window.since(hour), window.hours * HOUR
    parts: list[dict[Key, int]] = [{} for _ in range(window.slots)]
    for key, count in by_hour.items():
        number = (key.hour - first) // length
        if 0 <= number < window.slots:
            parts[number][key] = count
    return [_slot(first + number * length, part) for number, part in enumerate(parts)]


def _slot(begin: datetime, counts: Counts) -> Slot:
    ended = ends(counts)
    started = sum(count for key, count in counts.items() if key.kind == ENTERED)
    return Slot(begin, started, ended.completed, ended.aborted, calls_of(counts, "all"))


def owed(checkouts: Iterable[Checkout], late: Iterable[str]) -> list[Owed]:
    """What goes back, by currency: taken beyond what is due, and authorised for nothing.

    `late` are the reasons for attention that say that it should have been back by now.
    """
    sums: dict[str, list[int]] = {}
    for checkout in checkouts:
        books = audit_money.net(checkout)
        amount = max(books.kept - books.due, 0) + books.held
        if amount:
            total = sums.setdefault(checkout.currency, [0, 0, 0])
            for place, more in enumerate((1, amount, int(checkout.needs_attention in late))):
                total[place] += more
    return [Owed(currency, *total) for currency, total in sorted(sums.items())]


def in_time(seconds: float | None) -> str:
    """A duration with no more digits than it is known by: 23 ms, 1.4 s, 2 min 10 s, 3 h 5 min."""
    if seconds is None:
        return "–"
    if seconds < SECOND:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10 * SECOND:
        return f"{seconds:.1f} s"
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def in_percent(share: float | None) -> str:
    """With one digit behind the point where that says something; – for None."""
    if share is None:
        return "–"
    return f"{share:.1%}" if 0 < share < 0.1 or 0.9 < share < 1 else f"{share:.0%}"
