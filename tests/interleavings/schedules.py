"""Schedules: who runs from point to point, and the systematic search through them.

A schedule is the list of choices. Where it says nothing, whoever ran goes on; to let another one
run although the last one could go on is a pre-emption, and those are bounded, since most bugs of
concurrency need one or two of them (Musuvathi and Qadeer, "Iterative context bounding", 2007).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

from checkout.adapters.outbound.persistence.trips import one_by_one
from tests.interleavings.actors import BLOCKED, END, MEETINGS, Actor, Part

Schedule = tuple[int, ...]
MOST_STEPS = 2000


@dataclass(frozen=True)
class Step:
    """One choice: who went on from which point, and who else could have."""

    actor: int
    point: str
    could: tuple[int, ...]
    last: int | None

    def preempts(self, actor: int) -> bool:
        """Would this choice have taken the turn from somebody who could go on?"""
        return self.last in self.could and actor != self.last


@dataclass
class Played:
    """What came of one schedule."""

    steps: list[Step] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def trace(self) -> tuple[tuple[int, str], ...]:
        """What makes it distinct: who went on from where, in order."""
        return tuple((step.actor, step.point) for step in self.steps)

    def told(self) -> str:
        """The switches in words, for a report."""
        switches = [step for step in self.steps if step.actor != step.last]
        return ", ".join(f"{step.actor} from {step.point!r}" for step in switches)


class Stage:
    """Actors that are kept from one schedule to the next, with their connections.

    What travels to the database together goes alone here, so that others can come in between.
    """

    def __init__(self, size: int, statements: re.Pattern[str] = MEETINGS) -> None:
        self._actors = [Actor(number, statements) for number in range(size)]
        self._way = ExitStack()

    def __enter__(self) -> Stage:
        self._way.enter_context(one_by_one())
        for actor in self._actors:
            actor.start()
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self._actors:
            actor.leave()
        self._way.close()

    def play(self, parts: Sequence[Part], schedule: Schedule) -> Played:
        """Play all parts to their end in the order that the schedule says."""
        actors = self._actors[: len(parts)]
        for actor, part in zip(actors, parts, strict=True):
            actor.begin(part)
        played = Played()
        last: int | None = None
        while any(actor.at != END for actor in actors) and len(played.steps) < MOST_STEPS:
            could = tuple(n for n, actor in enumerate(actors) if actor.at not in (END, BLOCKED))
            if could:
                last = self._step(played, schedule, could, last)
            for actor in actors:
                if actor.at == BLOCKED and not actor.waits_for_a_lock():
                    actor.follow()  # it got the lock: it comes to its next point before the others
        played.errors = [f"{a.name}: {a.error!r}" for a in actors if a.error is not None]
        return played

    def _step(self, played: Played, schedule: Schedule, could: Schedule, last: int | None) -> int:
        chosen = _choose(schedule, len(played.steps), could, last)
        played.steps.append(Step(chosen, self._actors[chosen].at, could, last))
        self._actors[chosen].go_on()
        return chosen


def _choose(schedule: Schedule, number: int, could: Schedule, last: int | None) -> int:
    if number < len(schedule) and schedule[number] in could:
        return schedule[number]
    return last if last is not None and last in could else could[0]


def explore(play: Callable[[Schedule], Played], preemptions: int) -> Iterator[Played]:
    """Every schedule with at most so many pre-emptions, those with the fewest first.

    Whoever stops early has seen a part that is spread evenly, and is the same every time.
    """
    waiting: list[list[Schedule]] = [[()], *([] for _ in range(preemptions))]
    spread = Random(0)
    for cost, level in enumerate(waiting):
        while level:
            schedule = level.pop(spread.randrange(len(level)))
            played = play(schedule)
            yield played
            for more, branch in _branches(played, len(schedule)):
                if cost + more <= preemptions:
                    waiting[cost + more].append(branch)


def _branches(played: Played, begin: int) -> Iterator[tuple[int, Schedule]]:
    """The schedules that differ from this one first at one of its free choices."""
    chosen = [step.actor for step in played.steps]
    for number, step in enumerate(played.steps[begin:], start=begin):
        for other in step.could:
            if other != step.actor:
                yield int(step.preempts(other)), (*chosen[:number], other)
