"""Visitors who never stop asking, and open pages that come back when they are sent away."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from types import TracebackType
from typing import Self

import httpx2
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests import patience
from tests.e2e.api import Shopper
from tests.e2e.browsing import MUG
from tests.e2e.watching import ROOT

PAUSE_SECONDS = 0.1
AGAIN_SECONDS = 0.1


class Coming(ABC):
    """Somebody who comes and leaves with a `with` block, and acts in a thread meanwhile."""

    def __init__(self) -> None:
        self.leaving = threading.Event()
        self._thread = threading.Thread(target=self.act)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leaving.set()
        self._thread.join()

    @abstractmethod
    def act(self) -> None:
        """Do it until told to leave."""


class Visitor(Coming):
    """Looks at pages and fills carts; writes down every answer that a visitor should not get."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self.site = site
        self.asked = 0
        self.failed: list[str] = []

    def act(self) -> None:
        """Ask until told to leave."""
        with closing(Shopper(self.site)) as shopper:
            while not self.leaving.wait(PAUSE_SECONDS):
                self._ask("page", lambda: shopper.http.get("/").raise_for_status())
                self._ask("order", lambda: shopper.place_order(shopper.cart({MUG: 1})))
                self._ask("look", shopper.look)
                self._ask("abort", lambda: shopper.command("abort").raise_for_status())

    def _ask(self, what: str, ask: Callable[[], object]) -> None:
        self.asked += 1
        try:
            ask()
        except httpx2.HTTPError as error:
            self.failed.append(f"{what}: {error!r}")


class OpenPage(Coming):
    """A socket as a page holds it: when it is closed, it is opened again."""

    def __init__(self, shopper: Shopper) -> None:
        super().__init__()
        self.shopper = shopper
        self.address = f"{shopper.site.replace('http', 'ws', 1)}/ws/checkouts/{shopper.id}/"
        self.codes: list[int | None] = []
        self.returns = 0
        self.version, self.state = 0, ""
        self.open = threading.Event()
        self._away = False

    def act(self) -> None:
        """Read until told to leave."""
        while not self.leaving.is_set():
            try:
                self._read()
            except (OSError, ConnectionClosed, TimeoutError) as error:
                self._note_end(error)

    def is_back(self) -> bool:
        """Whether the page was sent away, has come back, and shows what the API says."""
        return self.returns > 0 and self.version == self.shopper.look()["version"]

    def _read(self) -> None:
        headers = self.shopper.authorization
        with connect(
            self.address,
            additional_headers=headers,
            proxy=None,
            open_timeout=patience.SECONDS,
            ping_interval=None,
        ) as socket:
            while not self.leaving.is_set():
                try:
                    self._note(str(socket.recv(timeout=AGAIN_SECONDS)))
                except TimeoutError:
                    continue

    def _note(self, message: str) -> None:
        found = ROOT.search(message)
        assert found is not None, message
        self.version, self.state = int(found.group(1)), found.group(2)
        if self._away:
            self._away = False
            self.returns += 1
        self.open.set()

    def _note_end(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else None
            self.codes.append(code)
        self.open.clear()
        self.leaving.wait(AGAIN_SECONDS)
