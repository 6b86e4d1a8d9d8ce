"""Everything that goes wrong, at moments and in an order that the seed decides."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import httpx2
import redis

from tests.chaos.estates import API_KEY, Estate, Household
from tests.chaos.keeper import Keeper
from tests.chaos.recovery import Recovery

METHODS = ("create", "lookup", "close", "capture", "void", "refund")
MODES = ("500", "500_after", "timeout_after", "drop_after", "slow")
AIM_SECONDS = 1.0
STILL_SECONDS = 0.6
PURCHASES_PER_KILL = 8  # a start costs seconds of work: on two cores nobody would buy any more


class Mischief(threading.Thread):
    """One fault after the other until it is told to stop. `done` counts them by name."""

    def __init__(self, estate: Household | Estate, keeper: Keeper, seed: int) -> None:
        super().__init__(name="mischief", daemon=True)
        self.estate, self.keeper = estate, keeper
        self.random = Random(f"mischief:{seed}")
        self.done: Counter[str] = Counter()
        self.bought: Callable[[], int] = int  # how many purchases there were so far
        self._stopped = threading.Event()

    def faults(self) -> dict[Callable[[], bool], int]:
        """What can be done here, and how often compared with the others."""
        return {self.kill_demo: 2, self.spoil_provider: 3}

    def pause(self) -> float:
        """Seconds until the next fault."""
        return self.random.uniform(0.5, 2.0)

    def run(self) -> None:
        """Do one fault after the other: the first one, in an order of chance, that is possible."""
        while not self._stopped.wait(self.pause()):
            for fault in self._by_chance():
                if fault():
                    self.done[fault.__name__] += 1
                    break

    def _by_chance(self) -> Iterator[Callable[[], bool]]:
        left = self.faults()
        while left:
            fault = self.random.choices(list(left), list(left.values()))[0]
            del left[fault]
            yield fault

    def stop(self) -> None:
        """No more faults; the provider forgets those that are planned."""
        self._stopped.set()
        if self.is_alive():
            self.join()

    @property
    def kills(self) -> int:
        """How many processes of the product were killed."""
        return self.done["kills"]

    def may_kill(self) -> bool:
        """Not more often than shoppers come."""
        return self.kills <= 2 + self.bought() / PURCHASES_PER_KILL

    def kill(self, name: str) -> None:
        """kill -9; it stays away for a moment."""
        self.keeper.kill(name, away=self.random.uniform(0.0, 1.5))
        self.done["kills"] += 1

    def kill_demo(self) -> bool:
        """kill -9 of the one process, when it has come back from the last time."""
        if not (self.may_kill() and self.keeper.up("demo", seconds=3.0)):
            return False
        self.kill("demo")
        return True

    def spoil_provider(self) -> bool:
        """The next calls of one method fail, are done without an answer, or are slow."""
        mode = self.random.choice(MODES)
        seconds = self.random.choice((0.2, 0.6, 1.2)) if mode == "slow" else 2.5
        asked = {
            "method": self.random.choice(METHODS),
            "mode": mode,
            "count": self.random.randint(1, 3),
            "seconds": seconds,
        }
        return self._provider("POST", asked)

    def calm_provider(self) -> bool:
        """No faults any more."""
        return self._provider("DELETE")

    def _provider(self, method: str, asked: dict[str, object] | None = None) -> bool:
        url = f"{self.estate.provider}/v1/faults"
        key = {"Authorization": f"Bearer {API_KEY}"}
        with contextlib.suppress(httpx2.HTTPError):
            return httpx2.request(method, url, json=asked, headers=key, timeout=5).is_success
        return False


class ProductionMischief(Mischief):
    """The faults of many processes. At least one worker and one web process are always up."""

    def __init__(self, estate: Estate, keeper: Keeper, seed: int, recovery: Recovery) -> None:
        super().__init__(estate, keeper, seed)
        self.production, self.recovery = estate, recovery
        self._away: list[threading.Timer] = []

    def faults(self) -> dict[Callable[[], bool], int]:
        """Mostly kills of workers: they have the most to lose."""
        return {
            self.kill_worker: 16,
            self.kill_web: 6,
            self.kill_provider: 4,
            self.kill_all_workers: 1,
            self.freeze_worker: 4,
            self.flush_redis: 3,
            self.kill_redis: 1,
            self.stop_postgres: 1,
            self.spoil_provider: 6,
        }

    def pause(self) -> float:
        """A process needs two seconds to start, and shoppers need somebody to buy from."""
        return self.random.uniform(0.8, 2.4)

    def stop(self) -> None:
        """No more faults, and nobody stays away."""
        super().stop()
        for timer in self._away:
            timer.join()

    def kill_worker(self) -> bool:
        """kill -9 of a worker, at a moment when somebody drives a checkout if there is one soon."""
        ready = self.production.ready_workers()
        if not self.may_kill() or len(ready) < 2 or self._any_away():
            return False
        name, rows = self.random.choice(ready), self.recovery.held()
        until = time.monotonic() + self.random.uniform(0.0, AIM_SECONDS)
        while not rows and time.monotonic() < until:
            rows = self.recovery.held()
        self.kill(name)
        self.recovery.watch(rows, self.recovery.times.killed)
        return True

    def kill_web(self) -> bool:
        """kill -9 of a web process, in the middle of its requests."""
        ready = self.production.ready_webs()
        if not self.may_kill() or len(ready) < len(self.production.webs):
            return False
        self.kill(self.random.choice(ready))
        return True

    def kill_provider(self) -> bool:
        """kill -9 of the provider."""
        if not (self.may_kill() and self.keeper.up("provider", seconds=4.0)):
            return False
        self.kill("provider")
        return True

    def kill_all_workers(self) -> bool:
        """No worker at all for a while; nothing is measured, since nobody can take over."""
        if not self.may_kill():
            return False
        self.recovery.settle(10.0)
        for name in self.production.ready_workers():
            self.kill(name)
        return True

    def freeze_worker(self) -> bool:
        """SIGSTOP for longer than any lease; then it goes on as if nothing had happened."""
        ready = self.production.ready_workers()
        if len(ready) < 2 or self._any_away():
            return False
        name = self.random.choice(ready)
        self.production.freeze(name)
        self._back_in(self.random.uniform(3.0, 7.0), self.production.thaw, name)
        return True

    def _back_in(self, seconds: float, come_back: Callable[[str], None], name: str) -> None:
        timer = threading.Timer(seconds, come_back, (name,))
        timer.start()
        self._away.append(timer)

    def _any_away(self) -> bool:
        self._away = [timer for timer in self._away if timer.is_alive()]
        return bool(self._away)

    def flush_redis(self) -> bool:
        """FLUSHALL while the workers are held still, so that there is something in the queue."""
        if self._any_away():
            return False
        workers = [name for name in self.production.workers if self.production.runs(name)]
        for name in workers:
            self.production.freeze(name)
        try:
            time.sleep(STILL_SECONDS)
            with redis.Redis.from_url(self.production.redis.url, socket_timeout=2) as client:
                client.flushall()
            self.recovery.watch(self.recovery.due(), self.recovery.times.flushed)
        finally:
            for name in workers:
                self.production.thaw(name)
        self.recovery.settle(5.0)
        return True

    def kill_redis(self) -> bool:
        """kill -9 of Redis, which forgets everything; a little later it is there again."""
        self.production.redis.kill()
        time.sleep(self.random.uniform(0.5, 3.0))
        self.production.redis.start()
        return True

    def stop_postgres(self) -> bool:
        """PostgreSQL stops at once, without a checkpoint; then it recovers."""
        self.recovery.settle(10.0)
        self.production.database.stop_immediately()
        time.sleep(self.random.uniform(0.2, 2.0))
        self.production.database.start()
        return True
