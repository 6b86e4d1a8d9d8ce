"""Events: who tells the rest of the shop, and who in the shop hears of them first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


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


@runtime_checkable
class ManyEventsPublisherPort(EventPublisherPort, Protocol):
    """An EventPublisherPort that may also take some events of a checkout at once; none has to."""

    def publish_all(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Hand over these envelopes in their order, within a few seconds; how many, from the first on.

        Raises Unavailable, or what is wrong with the first, when none was: all of them come again.
        """
        ...


class EventConsumer(Protocol):
    """A callable of the shop that hears every event before the publisher does (`EVENT_CONSUMERS`).

    It keeps the event in the shop's own database under its `id`, drops one that it has, and returns:
    what follows from it, such as a mail, is the shop's own durable work. No network call belongs
    here: the next event of this checkout waits for it, though never the checkout itself.
    """

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Take one envelope. Whatever it raises, the same event comes again after a pause."""
        ...
