"""Every story again and again, each time with trouble somewhere else.

First a story is told without trouble, which records its points, and once with another worker who
gets the same task before every call (`double`). Then once for each point at which something has
changed since the one before it: the process dies there (`crash`), or it stands still beyond its
lease while others go on, and wakes up afterwards (`stall`). At depth 2 the process that takes over
dies too, at every point until it has stored two steps: an intent, and an answer. What it does after
that is what any process does that begins there, which depth 1 has seen. A crash at an odd point also
empties the broker; every task and message is always delivered twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction

from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import Scenario, drive, nothing_special, told
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash

STALL_SECONDS = 4.0  # longer than any lease of a call
RELAY_STALL_SECONDS = 11.0  # longer than the lease of an event
STEPS_AFTER_A_CRASH = 2
HINTS = ("enqueue", "push", "publish")  # who dies there leaves what the commit before has left
REPEATED = (
    "nobody_answers_at_first",
    "answers_are_lost",
    "stock_answers_too_late",
    "never_paid_nor_answered",
    "refund_unanswered",
)
Seed = Callable[[World], None]


@dataclass(frozen=True)
class Trouble:
    """What happens at the fault point of this number; a double happens at every call."""

    kind: str  # crash | stall | double
    at: int


AT_EVERY_CALL = Trouble("double", -1)


@dataclass(frozen=True)
class Story:
    """A scenario with its neighbours here or across the network."""

    scenario: Scenario
    remote: bool

    @property
    def name(self) -> str:
        """As it is printed."""
        return f"{self.scenario.name}-{'remote' if self.remote else 'local'}"


@dataclass
class Telling:
    """How one telling went. `wrong` is the first thing that was not as it must be."""

    story: Story
    troubles: tuple[Trouble, ...]
    points: list[str] = field(default_factory=list)
    crashes: list[int] = field(default_factory=list)  # points that are worth a crash
    stalls: list[int] = field(default_factory=list)
    state: str = ""
    flag: str = ""
    wrong: str = ""

    @property
    def in_words(self) -> str:
        """The schedule and what was wrong with it."""
        where = ", ".join(f"{t.kind} at {self._point(t.at)}" for t in self.troubles)
        return f"{self.story.name}: {where or 'no trouble'}: {self.wrong or 'well'}"

    def _point(self, number: int) -> str:
        if number < 0:
            return "every call"
        name = self.points[number] if number < len(self.points) else "(not reached)"
        return f"{number} {name}"


class _Troublemaker:
    """Makes each trouble at its point, and notes which points after the last one are worth one."""

    def __init__(self, world: World, telling: Telling) -> None:
        self.world = world
        self.telling = telling
        self.left = list(telling.troubles)
        self.stored = 0
        self.doubling = False
        world.at_point = self

    def __call__(self, number: int, point: str) -> None:
        if self.left and self.left[0].kind == "double":
            self._double(number, point)
        elif not self.left:
            self._note(number, point)
        elif self.left[0].at == number and not self._would_be_untrue(self.left[0]):
            self._make(self.left.pop(0), point)

    def _would_be_untrue(self, trouble: Trouble) -> bool:
        """A stall inside a transaction: here others would see what is not committed.

        It is never planned. A story comes there when it goes another way than it went before, as when
        its own process was stopped for long: its clock is the real one.
        """
        return trouble.kind == "stall" and self.world.open[-1]

    def _double(self, number: int, point: str) -> None:
        """Another worker has been given the same task, and finds that somebody drives it."""
        world = self.world
        calls = point.endswith(":before") and not point.startswith((*HINTS, "commit"))
        if self.doubling or world.open[number] or not calls:
            return
        self.doubling = True
        world.tick("system:double")
        self.doubling = False

    def _note(self, number: int, point: str) -> None:
        stamps, telling = self.world.stamps, self.telling
        changed = number == 0 or stamps[number] != stamps[number - 1]
        if not changed or (telling.troubles and self.stored >= STEPS_AFTER_A_CRASH):
            return
        self.stored += point == "commit:after"
        telling.crashes.append(number)
        if not self.world.open[number]:
            telling.stalls.append(number)

    def _make(self, trouble: Trouble, point: str) -> None:
        if trouble.kind == "crash":
            if trouble.at % 2:
                self.world.bell.lose_everything()
            raise Crash(point)
        relay = point.startswith("publish")
        self.world.shift(RELAY_STALL_SECONDS if relay else STALL_SECONDS)
        drive(self.world, self.telling.story.scenario.shopper)


def tell(story: Story, troubles: tuple[Trouble, ...] = (), seed: Seed = nothing_special) -> Telling:
    """Tell a story with these troubles, and judge it. The database is afterwards as it was."""
    telling, scenario = Telling(story, troubles), story.scenario
    with undone(), told(scenario, story.remote, seed) as world:
        troublemaker = _Troublemaker(world, telling)
        try:
            drive(world, scenario.shopper)
            telling.state, telling.flag = world.state, world.row.needs_attention
            missed = [trouble for trouble in troublemaker.left if trouble.kind != "double"]
            assert not missed, "it did not come to its trouble"
            _judge(world, telling)
        except AssertionError as wrong:
            telling.wrong = str(wrong).split("\n", 1)[0] or "an assertion failed"
        telling.points = world.faults
    return telling


def _judge(world: World, telling: Telling) -> None:
    scenario = telling.story.scenario
    assert telling.state == scenario.ends, f"Q1: it is {telling.state}, not {scenario.ends}"
    assert telling.flag == scenario.flag, f"L1: it asks staff for {telling.flag or 'nothing'}"
    repeats = scenario.name in REPEATED
    interruptions = sum(trouble.kind != "double" for trouble in telling.troubles)
    check(world, None if repeats else 1 + interruptions)


@contextmanager
def undone() -> Iterator[None]:
    """The database is afterwards as it was: every telling begins with an empty one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def tellings(story: Story, depth: int, seed: Seed = nothing_special) -> Iterator[Telling]:
    """The untroubled story, then every schedule of this depth, one after the other."""
    first = tell(story, seed=seed)
    yield first
    yield tell(story, (AT_EVERY_CALL,), seed)
    for at in first.crashes:
        if at in first.stalls:
            yield tell(story, (Trouble("stall", at),), seed)
        telling = tell(story, (Trouble("crash", at),), seed)
        yield telling
        if depth > 1 and not first.points[at].startswith(HINTS):
            for then in telling.crashes:
                yield tell(story, (Trouble("crash", at), Trouble("crash", then)), seed)
