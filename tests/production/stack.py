"""Two web processes behind the sample proxy, a worker and the provider, on PostgreSQL and Redis."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

import httpx2

from project.environment import derive
from tests.e2e.stack import READY_SECONDS, ROOT, NotStarted, Stack
from tests.proxy import haproxy
from tests.services import free_port

SAMPLE = ROOT / "docs" / "production"
WEBS = ("web-1", "web-2")
NOTICE_SECONDS = 2.0


class Behind(Stack):
    """The site is the proxy's address; the web processes have ports of their own."""

    def __init__(self) -> None:
        super().__init__(DRAIN_NOTICE_SECONDS=str(NOTICE_SECONDS))
        self.ports = {name: free_port() for name in WEBS}

    def _commands(self) -> dict[str, list[str]]:
        commands = super()._commands()
        del commands["web"]
        for name, port in self.ports.items():
            where = ["-b", "127.0.0.1", "-p", str(port), "-v", "0"]
            commands[name] = ["-m", "project.server", *where, "project.asgi:application"]
        return commands

    def start_all(self) -> None:
        """The proxy too: it looks for the web processes until they are there."""
        self._start_proxy()
        super().start_all()
        for name in WEBS:
            self.wait_until_live(name)

    def _start_proxy(self) -> None:
        addresses = [f"127.0.0.1:{port}" for port in self.ports.values()]
        said = {"BIND": f"127.0.0.1:{self.port}", "WEB_1": addresses[0], "WEB_2": addresses[1]}
        files = ["-f", str(SAMPLE / "haproxy.cfg"), "-f", str(SAMPLE / "servers.cfg")]
        with self.log("proxy").open("ab") as log:
            self.processes["proxy"] = subprocess.Popen(
                [haproxy(), "-db", *files],
                env=said,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def live(self, name: str) -> int:
        """What a web process says of itself, past the proxy; 0 when it does not answer."""
        try:
            return httpx2.get(f"http://127.0.0.1:{self.ports[name]}/healthz/live").status_code
        except httpx2.HTTPError:
            return 0

    def wait_until_live(self, name: str) -> None:
        """Wait until a web process serves. Raises NotStarted when it ended, or takes too long."""
        until = time.monotonic() + 2 * READY_SECONDS
        while self.live(name) != 200:
            if self.processes[name].poll() is not None or time.monotonic() > until:
                raise NotStarted(f"{name}: {self._last_words(name)}")
            time.sleep(0.05)

    def told_to_end(self, name: str) -> subprocess.Popen[bytes]:
        """SIGTERM, and do not wait."""
        self.processes[name].send_signal(signal.SIGTERM)
        return self.processes[name]

    def slow_provider(self, seconds: float) -> None:
        """The next payment takes so long to be made."""
        key = derive(self.environment["SECRET_KEY"], "provider api key")
        fault = {"method": "create", "mode": "slow", "count": 1, "seconds": seconds}
        url = f"{self.environment['PROVIDER_URL']}/v1/faults"
        httpx2.post(url, json=fault, headers={"Authorization": f"Bearer {key}"}).raise_for_status()


def seconds_until(happened: Callable[[], object], within: float = 60.0) -> float:
    """How long it took to happen. Raises AssertionError when it took too long."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < within, f"It did not happen within {within} s."
        time.sleep(0.02)
    return time.monotonic() - began
