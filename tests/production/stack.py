"""Two web processes behind the sample proxy, a worker and the provider, on PostgreSQL and Redis."""

from __future__ import annotations

import signal
import subprocess

import httpx2

from project.environment import derive
from tests import patience
from tests.e2e.stack import ROOT, NotStarted, Stack
from tests.patience import eventually
from tests.ports import PLAIN_HTTP, free_port
from tests.proxy import haproxy

SAMPLE = ROOT / "docs" / "production"
WEBS = ("web-1", "web-2")
ALONE = "web-3"
NOTICE_SECONDS = 4.0
# Somebody looks closely at how this one ends, and holds up a request of it.
TO_BE_WATCHED = {"DRAIN_NOTICE_SECONDS": "8", "DATABASE_TIMEOUT_MS": "120000"}


class Behind(Stack):
    """The site is the proxy's address; the web processes have ports of their own."""

    def __init__(self) -> None:
        super().__init__(DRAIN_NOTICE_SECONDS=str(NOTICE_SECONDS))
        self.ports = {name: free_port() for name in WEBS}

    def _commands(self) -> dict[str, list[str]]:
        commands = super()._commands()
        del commands["web"]
        for name, port in self.ports.items():
            commands[name] = self._web(port)
        return commands

    def _web(self, port: int) -> list[str]:
        where = ["-b", "127.0.0.1", "-p", str(port), "-v", "0"]
        return ["-m", "project.server", *where, "project.asgi:application"]

    def environment_of(self, name: str) -> dict[str, str]:
        """The one that nobody is led to has more time."""
        said = super().environment_of(name)
        return {**said, **TO_BE_WATCHED} if name == ALONE else said

    def start_alone(self) -> str:
        """One more web process, which the proxy does not know; its address."""
        self.ports[ALONE] = free_port()
        self.start(ALONE, self._web(self.ports[ALONE]))
        self.wait_until_serving(ALONE)
        return f"http://127.0.0.1:{self.ports[ALONE]}"

    def start_all(self) -> None:
        """The proxy too: it looks for the web processes until they are there."""
        self._start_proxy()
        super().start_all()
        for name in WEBS:
            self.wait_until_serving(name)

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
            url = f"http://127.0.0.1:{self.ports[name]}/healthz/live"
            return httpx2.get(url, timeout=patience.SECONDS, verify=PLAIN_HTTP).status_code
        except httpx2.HTTPError:
            return 0

    def wait_until_serving(self, name: str) -> None:
        """Wait until a web process serves. Raises NotStarted when it ended."""

        def serves() -> bool:
            if self.processes[name].poll() is not None:
                raise NotStarted(f"{name}: {self._last_words(name)}")
            return self.live(name) == 200

        eventually(serves, lambda: self._last_words(name))

    def told_to_end(self, name: str) -> subprocess.Popen[bytes]:
        """SIGTERM, and do not wait."""
        self.processes[name].send_signal(signal.SIGTERM)
        return self.processes[name]

    def slow_provider(self, seconds: float) -> None:
        """The next payment takes so long to be made."""
        key = derive(self.environment["SECRET_KEY"], "provider api key")
        fault = {"method": "create", "mode": "slow", "count": 1, "seconds": seconds}
        url = f"{self.environment['PROVIDER_URL']}/v1/faults"
        proof = {"Authorization": f"Bearer {key}"}
        answer = httpx2.post(
            url, json=fault, headers=proof, timeout=patience.SECONDS, verify=PLAIN_HTTP
        )
        answer.raise_for_status()
