"""Watching: which checkouts to look at again, and who does a periodic job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from checkout.domain.checkout import Checkout


class WatchPort(Protocol):
    """Promises: bounded queries; what cannot be read, or is of a foreign definition, is left out.

    Checkouts are read without their history, and not as one moment: what is found here is judged
    again by the engine. Raises StorageUnavailable.
    """

    def waiting(self, seconds: float, cursor: str, most: int) -> tuple[Sequence[Checkout], str]:
        """Not at their end, or with an open payment call, for longer than `seconds`.

        In the order of their ids after `cursor`; the next cursor is empty when that was all.
        """
        ...

    def ended_since(self, cursor: int | None, most: int) -> tuple[Sequence[Checkout], int]:
        """Final ones with a visible change after `cursor`, and the next cursor; None: from now on."""
        ...

    def ended_after(self, cursor: str, most: int) -> tuple[Sequence[Checkout], str]:
        """Final ones in the order of their start, and the next cursor; empty: from the first,
        and when that was all."""
        ...

    def adopt_parked(self, cursor: int, most: int) -> int:
        """Give parked messages to checkouts whose reference has appeared; the next cursor, or 0."""
        ...

    def forget(self, days: int, most: int) -> int:
        """Delete provider messages older than that, unless their checkout goes on; how many."""
        ...


class JobsPort(Protocol):
    """Promises: of all processes that ask at once, one gets a job that is due, for a while."""

    def take(self, name: str, lease: float) -> tuple[str, Mapping[str, Any]] | None:
        """(holder, cursor) of a job that is due; None when it is not, or somebody else is on it."""
        ...

    def done(self, name: str, holder: str, every: float, cursor: Mapping[str, Any]) -> None:
        """Keep how far it came, due again in `every` seconds; nothing if another took it over."""
        ...
