"""The bell: one Huey message with one stable name and the checkout's id as its argument."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import transaction
from huey.contrib.djhuey import HUEY
from huey.registry import Message
from huey.storage import RedisStorage
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from checkout.application.hints import Hints
from checkout.domain.value_objects.checkout_id import CheckoutId

TASK_NAME = "checkout.tick"  # never changes: a message of an unknown name would be dropped
HINT_SECONDS = 0.2


class HueyScheduler:
    """SchedulerPort on Huey. With Redis it rings over a connection of its own that gives up fast."""

    def __init__(self, redis_url: str = "") -> None:
        self._hints = Hints("the bell")
        self._storage: Any = HUEY.storage
        if redis_url:
            pool = ConnectionPool.from_url(
                redis_url,
                socket_timeout=HINT_SECONDS,
                socket_connect_timeout=HINT_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            self._storage = RedisStorage(HUEY.name, connection_pool=pool)

    def ring(self, checkout_id: CheckoutId) -> None:
        """Ring after the current transaction; at once when there is none."""
        transaction.on_commit(lambda: self._ring(checkout_id), robust=True)

    def _ring(self, checkout_id: CheckoutId) -> None:
        message = Message(
            uuid4().hex, TASK_NAME, retries=0, retry_delay=0, args=(str(checkout_id),), kwargs={}
        )
        self._hints.give(lambda: self._storage.enqueue(HUEY.serializer.serialize(message)))
