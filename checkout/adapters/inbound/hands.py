"""A few threads that do jobs, and are not held up by one that hangs.

A thread cannot be ended from outside. One that hangs is left alone and replaced, so that a port
without a time limit costs a thread and not the sweep. No thread keeps the process from ending.
One that has jobs keeps its connection to the database, one that rests has none.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Hashable

from checkout.adapters.inbound.connections import close_connections, kept_connections
from checkout.domain.exceptions import StorageUnavailable

log = logging.getLogger("checkout.sweep")
HANGING_SECONDS = 30.0  # longer than any call may take, by far
MOST_HANGING = 20  # after that nobody is replaced any more
RESTING_SECONDS = 30.0  # a thread without a job for so long closes its connections
Job = tuple[Hashable, Callable[[], object]]


class Hands:
    """`count` threads at work on a queue of named jobs; a name that waits or runs is taken once."""

    def __init__(self, name: str, count: int, hanging: float = HANGING_SECONDS) -> None:
        self.name = name
        self.count = count
        self.hanging = hanging
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._taken: set[Hashable] = set()
        self._hands: list[_Hand] = []

    def give(self, name: Hashable, job: Callable[[], object]) -> None:
        """Have it done soon, unless it is waiting or running already. Called by one thread only."""
        if name not in self._taken:
            self._taken.add(name)
            self._jobs.put((name, job))

    def able(self) -> bool:
        """Whether anybody can work. Replaces those that ended or hang, up to a limit."""
        self._hands = [hand for hand in self._hands if hand.is_alive()]
        hanging = sum(hand.hangs() for hand in self._hands)
        missing = self.count - (len(self._hands) - hanging)
        for _ in range(min(missing, MOST_HANGING + self.count - len(self._hands))):
            hand = _Hand(self)
            self._hands.append(hand)
            hand.start()
        return len(self._hands) > hanging

    def stop(self, seconds: float) -> None:
        """Let what runs finish, for so long; what waits is left to others."""
        for hand in self._hands:
            hand.stopped = True
        for _ in self._hands:
            self._jobs.put(None)  # whoever waits for a job wakes up
        until = time.monotonic() + seconds
        for hand in self._hands:
            hand.join(max(0.0, until - time.monotonic()))

    def take(self) -> Job | None:
        """The next job; None when there was none for long, and at the end. Waits for it."""
        try:
            return self._jobs.get(timeout=RESTING_SECONDS)
        except queue.Empty:
            return None

    def done(self, name: Hashable) -> None:
        """It may be given again."""
        self._taken.discard(name)


class _Hand(threading.Thread):
    """One thread. It ends when it is told to, and after a job for which it was replaced."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(name=hands.name, daemon=True)
        self._all = hands
        self._since: float | None = None
        self.stopped = False

    def hangs(self) -> bool:
        """Whether its job takes too long."""
        since = self._since
        return since is not None and time.monotonic() - since > self._all.hanging

    def run(self) -> None:
        """Do one job after another. One that fails never stops the others."""
        while not self.stopped:
            taken = self._all.take()
            if taken is None:
                close_connections()
            elif not self.stopped:
                self._do(*taken)
        close_connections()

    def _do(self, name: Hashable, job: Callable[[], object]) -> None:
        self._since = time.monotonic()
        try:
            with kept_connections():
                job()
        except StorageUnavailable:
            pass  # the round tells of an outage, once
        except Exception:
            log.exception("%s: the sweep could not do this", name)
        finally:
            self.stopped = self.stopped or self.hangs()
            self._since = None
            self._all.done(name)
