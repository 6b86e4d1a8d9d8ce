"""Events: who tells the rest of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class EventPublisherPort(Protocol):
    """Takes one CloudEvent after another from the outbox.

    Promises: when `publish` returns, the event is safe with the receiver; Unavailable means that
    the relay will bring the same event again. So an event arrives at least once, in the order of
    its checkout, always with the same `id`: receivers keep ids and drop repeats.
    """

    def publish(self, event: Mapping[str, Any]) -> None:
        """Hand over one CloudEvents 1.0 envelope (JSON values only; see checkout/contracts/events).

        Raises Unavailable when it could not be handed over.
        """
        ...
