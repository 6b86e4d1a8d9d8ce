"""relay_events: from the outbox to the publisher, one checkout's events strictly in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from checkout.application.ports.outbound.checkout_repository_port import (
    EVENT_LEASE_SECONDS,
    MOST_EVENTS,
    LeasedEvents,
    OutboxPort,
)
from checkout.application.ports.outbound.event_publisher_port import (
    EventPublisherPort,
    ManyEventsPublisherPort,
)
from checkout.domain.exceptions import StorageUnavailable, Unavailable
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.relay")
SLOW_SECONDS = 1.0  # a receiver that takes longer gets its next event under a new lease
PAUSE_SECONDS = 5.0


class RelayEvents:
    """Hands events over at least once. A crash between publish and mark brings the same ids again."""

    def __init__(
        self,
        outbox: OutboxPort,
        publisher: EventPublisherPort,
        fault: Callable[[str], None] = lambda point: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._publisher = publisher
        self._many = publisher if isinstance(publisher, ManyEventsPublisherPort) else None
        self._fault = fault
        self._clock = clock

    def deliver(self, checkout_id: CheckoutId, events: Any = None) -> int:
        """Send what this checkout has to tell; how many events were handed over.

        `events` are those that the end of its tick has leased (`Lease.events`), if it has.
        """
        try:
            return self._deliver(checkout_id, events)
        except Unavailable:
            return 0

    def _deliver(self, checkout_id: CheckoutId, events: Any = None) -> int:
        """Raises Unavailable when the receiver does not answer: nothing else will get through."""
        sent = 0
        leased = self._lease(checkout_id) if events is None else self._outbox.taken(events)
        while leased:
            handed, error = self._hand_over(leased)
            self._outbox.mark_sent(handed)
            sent += len(handed)
            if error is not None:
                self._outbox.give_up_lease(leased[len(handed)][0], PAUSE_SECONDS)
                if isinstance(error, Unavailable):
                    raise error
                break
            if len(handed) == len(leased) < MOST_EVENTS:
                break  # that was all; what came since is told by its writer, or by the sweep
            leased = self._lease(checkout_id)
        return sent

    def _lease(self, checkout_id: CheckoutId) -> LeasedEvents:
        return self._outbox.lease_oldest(checkout_id, EVENT_LEASE_SECONDS, MOST_EVENTS)

    def _hand_over(self, leased: LeasedEvents) -> tuple[list[int], Exception | None]:
        if self._many is None:
            return self._one_by_one(leased)
        return self._all_at_once(self._many, leased)

    def _all_at_once(
        self, publisher: ManyEventsPublisherPort, leased: LeasedEvents
    ) -> tuple[list[int], Exception | None]:
        """As many as the receiver takes; what is wrong with one is told when it is the oldest."""
        self._fault("publish:before")
        try:
            count = publisher.publish_all([event for _, event in leased])
        except StorageUnavailable:
            raise
        except Exception as error:
            log.warning("event %s was not handed over: %s", leased[0][1]["id"], error)
            return [], error
        self._fault("publish:after")
        return [row for row, _ in leased[:count]], None

    def _one_by_one(self, leased: LeasedEvents) -> tuple[list[int], Exception | None]:
        """One after another, until one is not taken: the rows that were, and the error.

        Rule: the lease must outlast each of them, or another relay sends what is under way.
        """
        handed: list[int] = []
        until = self._clock() + SLOW_SECONDS
        for row, event in leased:
            if handed and self._clock() > until:
                break
            self._fault("publish:before")
            try:
                self._publisher.publish(event)
            except StorageUnavailable:
                raise
            except Exception as error:
                log.warning("event %s was not handed over: %s", event["id"], error)
                return handed, error
            self._fault("publish:after")
            handed.append(row)
        return handed, None

    def deliver_waiting(self, limit: int = 50, overdue: float = 0.0) -> int:
        """Send whatever waits anywhere for more than `overdue` seconds: the sweep's share.

        A receiver that does not answer is left alone until the next round: every try may take long.
        """
        sent = 0
        for checkout_id in self._outbox.unsent(limit, overdue):
            try:
                sent += self._deliver(checkout_id)
            except Unavailable:
                break
        return sent
