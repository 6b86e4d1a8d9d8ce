"""The production form with two workers, on servers of its own that a test may break."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Self

import httpx2

from tests import patience
from tests.chaos.servers import Postgres, Redis
from tests.e2e.api import Shopper
from tests.e2e.filled import COPIES
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import ROOT, Stack
from tests.patience import eventually
from tests.ports import PLAIN_HTTP

WORKERS = ("worker-1", "worker-2")
KEY, SECRET = "only-for-recovery", "only-for-recovery-webhooks"
TICKS = os.sysconf("SC_CLK_TCK")


class Fleet(Stack):
    """Web, two workers, and the provider: another company, whose database is not ours to break."""

    def __init__(self, postgres: Postgres, redis: Redis) -> None:
        self.postgres, self.redis = postgres, redis
        super().__init__(PROVIDER_API_KEY=KEY, PROVIDER_WEBHOOK_SECRET=SECRET)
        server = os.environ["CHECKOUT_TEST_DATABASE"]
        self._theirs, _ = COPIES.new_database(server, empty=True)

    def _servers(self) -> dict[str, str]:
        return {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url}

    def __enter__(self) -> Self:
        command = [sys.executable, "manage.py", "migrate", "provider", "-v", "0"]
        theirs = subprocess.Popen(command, cwd=ROOT, env=self.environment_of("provider"))
        try:
            super().__enter__()
        finally:
            assert theirs.wait(patience.SECONDS) == 0
        return self

    def _commands(self) -> dict[str, list[str]]:
        commands = super()._commands()
        worker = commands.pop("worker")
        return {**commands, **dict.fromkeys(WORKERS, worker)}

    def environment_of(self, name: str) -> dict[str, str]:
        """The provider keeps its own books."""
        said = super().environment_of(name)
        return {**said, "DATABASE_URL": self._theirs} if name == "provider" else said

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What is in the database of the shop."""
        return Ledgers(self).rows(sql, *values)

    def send(self, name: str, how: signal.Signals) -> None:
        """A signal to a process of ours, or to the Redis server."""
        process = self.redis.process if name == "redis" else self.processes[name]
        assert process is not None
        process.send_signal(how)

    def wait_for_workers(self) -> None:
        """Start the workers that do not run; return when both sweep."""
        for name in WORKERS:
            self.start(name)
        pids = {self.processes[name].pid for name in WORKERS}
        young = (
            "SELECT worker FROM checkout_workerheartbeat WHERE at > now() - interval '9 seconds'"
        )
        eventually(lambda: pids <= {int(row[0].rpartition(":")[2]) for row in self.rows(young)})

    def mend(self) -> None:
        """Both servers run, and nothing is frozen."""
        for server in (self.postgres, self.redis):
            if server.process is None or server.process.poll() is not None:
                server.start()
        for name in ("redis", *self.processes):
            self.send(name, signal.SIGCONT)

    def webhook(self, checkout: str) -> httpx2.Response:
        """A signed message about the payment of this checkout."""
        about = {"id": "pay_unknown", "reference": f"{checkout}:payments.initiate:1"}
        body = json.dumps({"type": "payment.authorised", "data": about}).encode()
        name, stamp = f"evt_{uuid.uuid4().hex}", str(int(time.time()))
        signed = b".".join((name.encode(), stamp.encode(), body))
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        headers = {
            "webhook-id": name,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        url = self.environment["WEBHOOK_URL"]
        return httpx2.post(
            url, content=body, headers=headers, timeout=patience.SECONDS, verify=PLAIN_HTTP
        )

    def ready(self) -> httpx2.Response:
        """What the web process says of the whole."""
        return httpx2.get(f"{self.url}/healthz/ready", timeout=patience.SECONDS, verify=PLAIN_HTTP)

    def lines(self, name: str) -> int:
        """How much a process has written so far."""
        return self.log(name).read_text(errors="replace").count("\n")

    def busy(self, name: str) -> float:
        """How many seconds of a processor a process has used so far."""
        stat = Path(f"/proc/{self.processes[name].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS


def all_reach(shoppers: list[Shopper], state: str) -> float:
    """How long it took until the last of them is there."""
    began = time.monotonic()
    for shopper in shoppers:
        shopper.wait_for(state)
    return time.monotonic() - began
