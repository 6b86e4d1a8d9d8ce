"""The same chaos on several hosts, whose lines are cut too. Needs root and `ip` (iproute2).

    python -m tests.chaos.hosts --minutes 5 --json

Two web hosts, two worker hosts, one each for PostgreSQL, Redis and the provider: network namespaces
on a bridge. Beside all other faults, one web or worker host at a time loses the database, Redis, or
both: packets vanish, connections stay half open, and some seconds later the line is whole again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from random import Random

from tests.browser import NotAvailable
from tests.chaos.campaign import Campaign, Outcome, Plan
from tests.chaos.command import arguments, end_well, plan_of, say, tell
from tests.chaos.estates import Estate
from tests.chaos.keeper import Keeper
from tests.chaos.mischief import ProductionMischief
from tests.chaos.network import Network
from tests.chaos.recovery import Recovery
from tests.chaos.servers import Place, Postgres, Redis, postgres, redis

HOSTS = ("web-1", "web-2", "worker-1", "worker-2", "database", "redis", "provider")
DATABASE, REDIS, BOTH = ("database",), ("redis",), ("database", "redis")


class Site(Estate):
    """The production form, each process on a host of its own."""

    workers = ("worker-1", "worker-2")

    def __init__(self, network: Network, database: Postgres, redis: Redis, window: int) -> None:
        self.network = network
        super().__init__(database, redis, window)

    def place(self, name: str) -> Place:
        """The host of this name."""
        return self.network.place(name)

    def spoken(self, name: str, command: list[str]) -> list[str]:
        """In the network namespace of its host."""
        return [*self.place(name).words, *command]

    def _addresses(self) -> dict[str, str]:
        web = f"http://{self.place('web-1').address}:{self.port}"
        return {
            **super()._addresses(),
            "ALLOWED_HOSTS": ",".join(self.network.addresses.values()),
            "WEBHOOK_URL": f"{web}/webhooks/payments/simulated/",
        }


class Cuts(ProductionMischief):
    """Lines are cut as well. One host at a time: of two workers, one must be able to go on."""

    production: Site

    def __init__(self, estate: Estate, keeper: Keeper, seed: int, recovery: Recovery) -> None:
        super().__init__(estate, keeper, seed, recovery)
        self._where = Random(f"cuts:{seed}")

    def faults(self) -> dict[Callable[[], bool], int]:
        """Mostly cuts, and everything else as well, but less often."""
        cuts = {self.cut_from_database: 10, self.cut_from_redis: 8, self.cut_from_both: 8}
        kills = {self.kill_worker: 6, self.kill_web: 3, self.kill_provider: 2}
        return {**super().faults(), **cuts, **kills}

    def cut_from_database(self) -> bool:
        """A host that cannot reach PostgreSQL."""
        return self._cut(DATABASE)

    def cut_from_redis(self) -> bool:
        """A host that cannot reach Redis."""
        return self._cut(REDIS)

    def cut_from_both(self) -> bool:
        """A host that can reach neither."""
        return self._cut(BOTH)

    def _cut(self, others: tuple[str, ...]) -> bool:
        site, ready = self.production, self.production.ready_workers()
        if len(ready) < len(site.workers) or self._any_away():
            return False
        host = self._where.choice([*site.workers, *site.webs])
        rows = self.recovery.held() if host in ready and "database" in others else []
        for other in others:
            site.network.cut(host, other)
        self.recovery.watch(rows, self.recovery.times.cut)
        # Shorter and longer than what a connection waits for an answer before it is given up.
        self._back_in(self._where.choice((2.0, 5.0, 15.0)), site.network.heal, host)
        return True


def run(plan: Plan) -> Outcome:
    """Make the hosts, start everything, run the plan, end and remove everything."""
    with ExitStack() as running:
        network = running.enter_context(Network(HOSTS))
        database = running.enter_context(postgres(network.place("database")))
        queue = running.enter_context(redis(network.place("redis")))
        site = running.enter_context(Site(network, database, queue, plan.window))
        say(f"Seed {plan.seed}. Everything is up: {', '.join(network.addresses)}.")
        return Campaign(site, plan, say, Cuts).run()


def main() -> int:
    """Read the command line, run, tell."""
    said = arguments("python -m tests.chaos.hosts", __doc__ or "").parse_args()
    if os.geteuid() != 0:
        say("Network namespaces need root.")
        return 2
    end_well()
    try:
        return tell(run(plan_of(said)), said.json)
    except NotAvailable as reason:
        say(str(reason))
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
