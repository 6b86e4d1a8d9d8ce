"""The whole product as processes of its own, in the form that the test run asks for.

On SQLite: `manage.py demo`, one process. With private PostgreSQL and Redis servers: web, worker
and provider processes, each to be stopped, killed and started alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from tests import patience
from tests.e2e.filled import COPIES
from tests.ports import PLAIN_HTTP, free_port

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 60.0


class NotStarted(Exception):
    """A process of the product did not come up; says which, and what it wrote last."""


class Stack:
    """Starts the product with its own database and files; ends what it started, by pid."""

    production = "CHECKOUT_TEST_REDIS" in os.environ
    _filled = False  # its database is a copy
    _shared = False  # its database is on the server of the run

    def __init__(self, **environment: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="checkout-e2e-")
        self.folder = Path(self._folder.name)
        self.port, self.provider_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {**os.environ, **self._addresses(), **environment}

    def _addresses(self) -> dict[str, str]:
        common = {
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "PORT": str(self.port),
            "SITE_URL": self.url,
            "DATA_DIR": str(self.folder),
            "SECRET_KEY": "only-for-tests-" + "y" * 40,
            "PYTHONUNBUFFERED": "1",
            "REDIS_URL": "",
            "DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}",
        }
        if not self.production:
            return common
        # The shopper's browser meets the provider on another site, as in real life.
        provider = f"http://localhost:{self.provider_port}/provider"
        return {
            **common,
            **self._servers(),
            "PROVIDER_URL": provider,
            "WEBHOOK_URL": f"{self.url}/webhooks/payments/simulated/",
        }

    def _servers(self) -> dict[str, str]:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        redis = f"{os.environ['CHECKOUT_TEST_REDIS']}/{14 + int(worker)}"  # nobody else's
        return {"DATABASE_URL": self._own_database(), "REDIS_URL": redis}

    def _own_database(self) -> str:
        url, self._filled = COPIES.new_database(os.environ["CHECKOUT_TEST_DATABASE"])
        self._shared = True
        return url

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.stop_all()
            self._folder.cleanup()
            raise
        return self

    def _begin(self) -> None:
        file = self.folder / "db.sqlite3"
        if not self.production:
            COPIES.new_file(file)
        elif not self._filled:
            self.manage("migrate", "-v", "0")
            self.manage("fill_shop")
            if self._shared:
                server = os.environ["CHECKOUT_TEST_DATABASE"]
                COPIES.keep_database(server, self.environment["DATABASE_URL"])
        self.start_all()
        if not self.production:
            COPIES.keep_file(file)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop_all()
        self._folder.cleanup()

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
            check=check,
        )

    def start_all(self) -> None:
        """Start every process that does not run, and wait until the site is ready."""
        for name, command in self._commands().items():
            self.start(name, command)
        self.wait_until_ready()

    def _commands(self) -> dict[str, list[str]]:
        if not self.production:
            return {"demo": ["manage.py", "demo"]}
        provider = ["manage.py", "provider", "--host", "localhost"]
        web = ["-m", "project.server", "-b", "127.0.0.1", "-p", str(self.port), "-v", "0"]
        return {
            "provider": [*provider, "--port", str(self.provider_port)],
            "worker": ["manage.py", "run_huey"],
            "web": [*web, "project.asgi:application"],
        }

    def start(self, name: str, command: list[str] | None = None) -> None:
        """Start one process, unless it runs."""
        running = self.processes.get(name)
        if running is not None and running.poll() is None:
            return
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.spoken(name, [sys.executable, *(command or self._commands()[name])]),
                cwd=ROOT,
                env=self.environment_of(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def spoken(self, name: str, command: list[str]) -> list[str]:
        """The whole command of a process; a stack on several hosts says where it runs."""
        return command

    def environment_of(self, name: str) -> dict[str, str]:
        """What a process is told: here, the same to all."""
        return self.environment

    def log(self, name: str) -> Path:
        """The file that a process writes to."""
        return self.folder / f"{name}.log"

    def wait_until_ready(self) -> None:
        """Wait until all is well. Raises NotStarted when a process ends or it takes too long."""
        self._wait_for("ready")

    def wait_until_live(self) -> None:
        """Wait until the site answers, with or without a worker. Raises NotStarted."""
        self._wait_for("live")

    def _wait_for(self, health: str) -> None:
        until = time.monotonic() + patience.SECONDS
        while time.monotonic() < until:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise NotStarted(f"{name} ended:\n{self._last_words(name)}")
            if all(self._answers(url) for url in self._health(health)):
                return
            time.sleep(0.1)
        words = "\n".join(f"{name}: {self._last_words(name)}" for name in self.processes)
        raise NotStarted(f"The site was not ready after {patience.SECONDS:.0f} s.\n{words}")

    def _health(self, which: str) -> list[str]:
        provider = f"http://localhost:{self.provider_port}/healthz/live"
        return [f"{self.url}/healthz/{which}", *([provider] if self.production else [])]

    def _answers(self, url: str) -> bool:
        try:
            return httpx2.get(url, timeout=20, verify=PLAIN_HTTP).is_success
        except httpx2.HTTPError:
            return False

    def _last_words(self, name: str) -> str:
        return self.log(name).read_text(errors="replace")[-3000:]

    def kill(self, name: str) -> None:
        """kill -9, and wait until it is gone."""
        process = self.processes[name]
        process.send_signal(signal.SIGKILL)
        process.wait(STOP_SECONDS)

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code. A process that will not end is killed."""
        process = self.processes[name]
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill(name)
            raise

    def stop_all(self) -> None:
        """End everything that was started."""
        for name in reversed(list(self.processes)):
            process = self.processes[name]
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill(name)
