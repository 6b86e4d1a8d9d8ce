"""Pushing what has changed to open pages: one cheap publish per visible change."""

from __future__ import annotations

from typing import Any

from channels.layers import get_channel_layer

from checkout.adapters.outbound.messaging.kept_connections import KeptConnections
from checkout.adapters.outbound.messaging.memory_layer import LoopBoundInMemoryChannelLayer
from checkout.adapters.outbound.messaging.progress_message import hint_message
from checkout.application.hints import Hints
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.value_objects.checkout_id import CheckoutId

HINT_SECONDS = 0.2
GROUP = "checkout.progress"  # every web process hears every hint, and picks its open pages


class ProgressHints:
    """ProgressPort on the configured channel layer, without an event loop in the worker.

    With the Redis pub/sub layer the message is published over a kept connection in the layer's own
    form (`async_to_sync(group_send)` would build a loop and a connection for every push).
    """

    def __init__(self, redis_url: str = "") -> None:
        self._hints = Hints("the progress push")
        self._layer: Any = get_channel_layer()
        self._redis = KeptConnections(redis_url, HINT_SECONDS) if redis_url else None

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        """Publish the hint with the row; never raises."""
        self._hints.give(lambda: self._publish(hint_message(checkout_id, version, row)))

    def _publish(self, message: dict[str, Any]) -> None:
        """Rule: channel name and serializer are the layer's (channels_redis.pubsub); a test says so."""
        if self._redis is None:
            if isinstance(self._layer, LoopBoundInMemoryChannelLayer):
                self._layer.publish(GROUP, message)
            return
        prefix = self._layer._kwargs.get("prefix", "asgi")
        channel, data = f"{prefix}__group__{GROUP}", self._layer.serialize(message)
        self._redis.tell("PUBLISH", channel, data)
