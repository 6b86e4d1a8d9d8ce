"""One pair through all its schedules; after each of them everything that must hold is checked."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from checkout.bootstrap import Parts
from checkout.testing.proof.scenarios import with_coupon
from checkout.testing.proof.world import AS_BUILT, World
from tests.interleavings.actors import Part, pause
from tests.interleavings.pairs import Pair
from tests.interleavings.resting import check_at_once, check_at_rest, clean, future
from tests.interleavings.schedules import Played, Schedule, Stage, explore

# At these an actor need not stop: it does nothing that others see between them and its next point.
NOTHING_BEFORE_THE_NEXT = ("claimed", "commit:", "push:", "enqueue:", "publish:after")


class Alarms(logging.Handler):
    """Keeps what the product calls a bug of its own: with sound neighbours there is none."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.raised: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and what was raised."""
        cause = record.exc_info[1] if record.exc_info else None
        self.raised.append(f"{record.getMessage()}: {cause!r}")

    def __enter__(self) -> Alarms:
        logging.getLogger("checkout").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("checkout").removeHandler(self)


@dataclass
class Explored:
    """What the exploration of a pair found."""

    pair: str
    schedules: set[tuple[tuple[int, str], ...]] = field(default_factory=set)
    futures: set[str] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Explorer:
    """Goes through the schedules of pairs. `parts` may lack a guard: then it must find something."""

    def __init__(self, stage: Stage, parts: Parts = AS_BUILT) -> None:
        self._stage = stage
        self._parts = parts

    def explore(self, pair: Pair, preemptions: int, most: int, violations: int = 5) -> Explored:
        """All schedules with so many pre-emptions, at most `most`; stops at so many violations."""
        found, began = Explored(pair.label), time.monotonic()
        for played in explore(lambda schedule: self._play(pair, schedule, found), preemptions):
            found.schedules.add(played.trace)
            if len(found.schedules) >= most or len(found.violations) >= violations:
                break
        found.seconds = time.monotonic() - began
        return found

    def _play(self, pair: Pair, schedule: Schedule, found: Explored) -> Played:
        world = World(pair.remote, parts=self._parts, payment_window=120, grace=60)
        with world, Alarms() as alarms:
            world.carts.carts["cart-1"] = with_coupon()
            pair.begins(world)
            world.at_point = _stop
            played = self._stage.play(_parts_of(pair, world), schedule)
            try:
                assert not played.errors, played.errors[0]
                assert not alarms.raised, alarms.raised[0]
                world.bell.pushed.clear()  # two workers' hints may pass each other
                self._judge(pair, world, found)
            except Exception as broken:
                text = f"{type(broken).__name__}: {broken}".split("\n", 1)[0]
                found.violations.append(f"{pair.label}: {text} after {played.told()}")
            finally:
                clean()
        return played

    def _judge(self, pair: Pair, world: World, found: Explored) -> None:
        ahead = future(world)
        if ahead not in found.futures:
            found.futures.add(ahead)
            check_at_once(world)
            check_at_rest(world, pair)


def _parts_of(pair: Pair, world: World) -> list[Part]:
    return [lambda: pair.first(world), lambda: pair.second(world)]


def _stop(number: int, point: str) -> None:
    if not point.startswith(NOTHING_BEFORE_THE_NEXT):
        pause(point)
