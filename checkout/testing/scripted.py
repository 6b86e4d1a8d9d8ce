"""Trouble on demand: what a neighbour does wrong at its next calls."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from checkout.domain.exceptions import Refused, Unavailable


class Crash(BaseException):
    """The process dies here. Not an Exception: nothing may catch it."""


class Scripted:
    """Notes its calls and those that it refused, and follows a script of troubles per method.

    `raised` counts those that raised anything.

    `trouble("reserve", "refused")` plans the next call of a method: `refused` (not what was done
    under the same key: that is promised), `unavailable` (nothing was done), `lost` (done, but the
    answer never came), `bug`, `crash_before`, `crash_after`. `meanwhile` is called with the method
    while each call is under way.
    """

    def __init__(self, name: str, transactional: bool) -> None:
        self.name = name
        self.transactional = transactional
        self.calls: list[tuple[str, str]] = []
        self.refusals: list[tuple[str, str]] = []
        self.raised = 0
        self.meanwhile: Callable[[str], object] = lambda method: None
        self._one_at_a_time = threading.RLock()
        self._done: set[tuple[str, str]] = set()
        self._script: dict[str, list[str]] = defaultdict(list)

    def trouble(self, method: str, kind: str, times: int = 1) -> None:
        """Plan trouble for the next calls of a method, in order."""
        self._script[method] += [kind] * times

    def forget_troubles(self) -> None:
        """From now on everything goes well."""
        self._script.clear()

    def called(self, method: str) -> list[str]:
        """The keys that a method was called with."""
        return [key for name, key in self.calls if name == method]

    @contextmanager
    def call(self, method: str, key: str) -> Iterator[None]:
        """Around the work of one call: note it, then do what the script says."""
        with self._one_at_a_time:
            try:
                yield from self._follow_script(method, key)
            except Exception as error:
                self.raised += 1
                if isinstance(error, Refused):
                    self.refusals.append((method, key))
                raise

    def _follow_script(self, method: str, key: str) -> Iterator[None]:
        self.calls.append((method, key))
        self.meanwhile(method)
        planned = self._script[method].pop(0) if self._script[method] else ""
        if planned == "refused" and (method, key) not in self._done:
            raise Refused(f"{method}_refused", f"{self.name} refuses to {method}.")
        if planned == "unavailable":
            raise Unavailable(f"{self.name} does not answer.")
        if planned == "bug":
            raise ZeroDivisionError(f"{self.name} has a bug.")
        if planned == "crash_before":
            raise Crash(f"{self.name}.{method}: before")
        yield
        self._done.add((method, key))
        if planned == "lost":
            raise Unavailable(f"{self.name} did it, but the answer was lost.")
        if planned == "crash_after":
            raise Crash(f"{self.name}.{method}: after")
