"""What the chaos is made in: the product as many processes, or as one."""

from __future__ import annotations

import os
import signal

import psycopg

from tests.chaos.servers import Place, Postgres, Redis
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack
from tests.ports import free_port

API_KEY = "only-for-chaos"


class Household(Stack):
    """The embedded form: `manage.py demo`, one process with everything in it."""

    production = False

    def __init__(self, window: int) -> None:
        super().__init__(CHECKOUT_PAYMENT_WINDOW=str(window), PROVIDER_API_KEY=API_KEY)
        self.sites = [self.url]
        self.provider = f"{self.url}/provider"

    def ready_workers(self) -> list[str]:
        """There is no worker that could die alone."""
        return []

    def ready_webs(self) -> list[str]:
        """There is no web process that could die alone."""
        return []


class Estate(Stack):
    """The production form: two web processes, three workers, the provider; servers of its own."""

    production = True
    workers: tuple[str, ...] = ("worker-1", "worker-2", "worker-3")
    webs: tuple[str, ...] = ("web-1", "web-2")

    def __init__(self, database: Postgres, redis: Redis, window: int, **environment: str) -> None:
        self.database, self.redis = database, redis
        super().__init__(
            CHECKOUT_PAYMENT_WINDOW=str(window),
            PROVIDER_API_KEY=API_KEY,
            **environment,
        )
        self.ports = dict(zip(self.webs, (self.port, free_port()), strict=True))
        self.sites = [f"http://{self.place(w).address}:{port}" for w, port in self.ports.items()]
        self.provider = self.environment["PROVIDER_URL"]

    def place(self, name: str) -> Place:
        """Where a process runs: all of them here."""
        return Place()

    def _servers(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database.url, "REDIS_URL": self.redis.url}

    def _commands(self) -> dict[str, list[str]]:
        provider = ["--host", self.place("provider").address, "--port", str(self.provider_port)]
        base = ["--base-url", self.provider]
        commands = {"provider": ["manage.py", "provider", *provider, *base]}
        commands |= {name: ["manage.py", "run_huey"] for name in self.workers}
        for name, port in self.ports.items():
            where = ["-b", self.place(name).address, "-p", str(port), "-v", "0"]
            commands[name] = ["-m", "project.server", *where, "project.asgi:application"]
        return commands

    def _addresses(self) -> dict[str, str]:
        port, address = self.provider_port, self.place("provider").address
        return {**super()._addresses(), "PROVIDER_URL": f"http://{address}:{port}/provider"}

    def _health(self, which: str) -> list[str]:
        provider = self.provider.replace("/provider", "/healthz/live")
        return [*(f"{site}/healthz/{which}" for site in self.sites), provider]

    def ready_workers(self) -> list[str]:
        """The workers whose sweep goes round."""
        try:
            rows = Ledgers(self).rows("SELECT worker FROM checkout_workerheartbeat")
        except psycopg.OperationalError:
            return []
        beating = {int(worker.rpartition(":")[2]) for (worker,) in rows}
        return [name for name in self.workers if self.runs(name) and self.pid(name) in beating]

    def ready_webs(self) -> list[str]:
        """The web processes that answer."""
        sites = zip(self.webs, self.sites, strict=True)
        return [name for name, url in sites if self._answers(f"{url}/healthz/live")]

    def runs(self, name: str) -> bool:
        """Was it started, and did it not end?"""
        return name in self.processes and self.processes[name].poll() is None

    def pid(self, name: str) -> int:
        """Its process id."""
        return self.processes[name].pid

    def freeze(self, name: str) -> None:
        """SIGSTOP: it holds everything that it holds, and does nothing."""
        os.kill(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        if self.runs(name):
            os.kill(self.pid(name), signal.SIGCONT)
