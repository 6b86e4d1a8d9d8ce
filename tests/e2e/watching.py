"""The live socket as a program sees it: versions and states, until the end."""

from __future__ import annotations

import re
import threading
from contextlib import ExitStack
from types import TracebackType

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests import patience
from tests.e2e.api import Shopper
from tests.patience import eventually

ROOT = re.compile(r'<section id="checkout-progress"[^>]*data-version="(\d+)" data-state="(\w+)"')
FINAL = ("completed", "aborted")


class Watcher:
    """Collects what the socket of a checkout says, in a thread of its own."""

    def __init__(self, shopper: Shopper) -> None:
        self.seen: list[tuple[int, str]] = []
        address = f"{shopper.site.replace('http', 'ws', 1)}/ws/checkouts/{shopper.id}/"
        self._closing = ExitStack()
        self._socket = self._closing.enter_context(
            connect(
                address,
                additional_headers=shopper.authorization,
                proxy=None,
                open_timeout=patience.SECONDS,
                ping_interval=None,  # who waits for a busy machine does not hang up
            )
        )
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()
        self._thread.join()

    def _read(self) -> None:
        try:
            for message in self._socket:
                found = ROOT.search(str(message))
                assert found is not None, message
                self.seen.append((int(found.group(1)), found.group(2)))
        except ConnectionClosed:
            pass

    def wait_for_end(self) -> str:
        """The final state. Raises AssertionError when the socket never shows one."""
        eventually(lambda: self.seen and self.seen[-1][1] in FINAL, lambda: self.seen)
        return self.seen[-1][1]

    def check(self) -> None:
        """Strictly increasing, none twice, and after a final state only that state."""
        versions = [version for version, _ in self.seen]
        assert versions == sorted(set(versions)), versions
        states = [state for _, state in self.seen]
        ended = [n for n, state in enumerate(states) if state in FINAL]
        assert set(states[ended[0] :]) == {states[-1]}, states
