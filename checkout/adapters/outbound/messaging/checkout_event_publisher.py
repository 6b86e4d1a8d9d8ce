"""Where events go: to the shop's consumers, then to the log, or a Redis stream in production."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis

from checkout.application.ports.outbound.event_publisher_port import (
    EventConsumer,
    EventPublisherPort,
    ManyEventsPublisherPort,
)
from checkout.domain.exceptions import Unavailable

log = logging.getLogger("checkout.events")
STREAM = "checkout:events"
LONGEST_STREAM = 100_000  # entries; a reader that is further behind asks the outbox
SLOW_SECONDS = 1.0  # so long consumers may take for some events before those are passed on


class LogEventPublisher:
    """EventPublisherPort that writes one line per event. The data stays in the outbox."""

    def publish(self, event: Mapping[str, Any]) -> None:
        """Log type, checkout and id, and nothing about the shopper."""
        log.info("%s %s %s", event["type"], event["subject"], event["id"])


class RedisStreamEventPublisher:
    """EventPublisherPort on a Redis stream: the entry holds the envelope as JSON, and its id."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)

    def publish(self, event: Mapping[str, Any]) -> None:
        """Append to the stream. Raises Unavailable when Redis does not answer."""
        self.publish_all([event])

    def publish_all(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Append all in one round trip. Raises Unavailable when Redis does not answer."""
        pipeline = self._redis.pipeline(transaction=False)
        for event in events:
            entry: Any = {"id": event["id"], "type": event["type"], "event": json.dumps(event)}
            pipeline.xadd(STREAM, entry, maxlen=LONGEST_STREAM, approximate=True)
        try:
            pipeline.execute()
        except redis.RedisError as error:
            raise Unavailable(f"The event stream did not answer: {error}") from error
        return len(events)


class ConsumersFirst:
    """EventPublisherPort that hands an event to the shop's consumers, and then to a publisher.

    A publisher that is away brings the event to the consumers again: they know its id.
    """

    def __init__(self, consumers: Sequence[EventConsumer], then: EventPublisherPort) -> None:
        self._consumers = consumers
        self._then = then

    def publish(self, event: Mapping[str, Any]) -> None:
        """To all of them in their order; the first that fails ends it, and it comes again."""
        self._hear(event)
        self._then.publish(event)

    def _hear(self, event: Mapping[str, Any]) -> None:
        for consume in self._consumers:
            consume(event)


class ConsumersFirstOfMany(ConsumersFirst):
    """The same before a publisher that takes many."""

    def __init__(
        self,
        consumers: Sequence[EventConsumer],
        then: ManyEventsPublisherPort,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(consumers, then)
        self._then_all = then.publish_all
        self._clock = clock

    def publish_all(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Those that were heard before one failed, or before it took long, are passed on."""
        heard: list[Mapping[str, Any]] = []
        until = self._clock() + SLOW_SECONDS
        for event in events:
            try:
                self._hear(event)
            except Exception:
                if not heard:
                    raise
                break  # what is wrong with it is told when it comes again, as the first
            heard.append(event)
            if self._clock() > until:
                break
        return self._then_all(heard)
