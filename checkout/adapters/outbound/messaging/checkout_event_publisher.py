"""Where events go: to the shop's consumers, then to the log, or a Redis stream in production."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import redis

from checkout.application.ports.outbound.event_publisher_port import (
    EventConsumer,
    EventPublisherPort,
)
from checkout.domain.exceptions import Unavailable

log = logging.getLogger("checkout.events")
STREAM = "checkout:events"
LONGEST_STREAM = 100_000  # entries; a reader that is further behind asks the outbox


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
        entry: Any = {"id": event["id"], "type": event["type"], "event": json.dumps(event)}
        try:
            self._redis.xadd(STREAM, entry, maxlen=LONGEST_STREAM, approximate=True)
        except redis.RedisError as error:
            raise Unavailable(f"The event stream did not answer: {error}") from error


class ConsumersFirst:
    """EventPublisherPort that hands an event to the shop's consumers, and then to a publisher.

    A publisher that is away brings the event to the consumers again: they know its id.
    """

    def __init__(self, consumers: Sequence[EventConsumer], then: EventPublisherPort) -> None:
        self._consumers = consumers
        self._then = then

    def publish(self, event: Mapping[str, Any]) -> None:
        """To all of them in their order; the first that fails ends it, and it comes again."""
        for consume in self._consumers:
            consume(event)
        self._then.publish(event)
