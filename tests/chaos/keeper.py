"""What an init system does: whatever is not there is started again."""

from __future__ import annotations

import threading
import time

from tests.e2e.stack import Stack

LOOK_SECONDS = 0.1
FAST_SECONDS = 1.0


class Keeper(threading.Thread):
    """Starts again what was killed, after its time away, and what ended by itself, after a second.

    `own_ends` says who ended without having been killed, and with which code.
    """

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="keeper", daemon=True)
        self.stack = stack
        self.own_ends: list[str] = []
        self._back_at: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def kill(self, name: str, away: float) -> None:
        """kill -9; start it again after `away` seconds."""
        with self._lock:
            if self.stack.processes[name].poll() is None:
                self.stack.kill(name)
                self._back_at[name] = time.monotonic() + away

    def up(self, name: str, seconds: float) -> bool:
        """Has it been running for so long?"""
        runs = self.stack.processes[name].poll() is None
        return runs and time.monotonic() - self._since.get(name, 0.0) >= seconds

    def run(self) -> None:
        """Look ten times a second."""
        while not self._stopped.wait(LOOK_SECONDS):
            self.restart()

    def restart(self) -> None:
        """Start what should be running by now."""
        now = time.monotonic()
        for name, process in list(self.stack.processes.items()):
            with self._lock:
                code = process.poll()
                if code is None:
                    continue
                if name not in self._back_at:
                    self.own_ends.append(f"{name} ended by itself with {code}")
                    self._back_at[name] = now + FAST_SECONDS
                if now >= self._back_at[name]:
                    del self._back_at[name]
                    self._since[name] = now
                    self.stack.start(name)

    def stop(self) -> None:
        """Look no more, and start nothing any more."""
        self._stopped.set()
        if self.is_alive():
            self.join()
