"""The bell: one Huey message with one stable name and the checkout's id as its argument."""

from __future__ import annotations

import sqlite3
from typing import Any
from uuid import uuid4

from django.db import transaction
from huey.contrib.djhuey import HUEY
from huey.registry import Message
from huey.storage import RedisStorage
from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from checkout.application.hints import Hints
from checkout.domain.value_objects.checkout_id import CheckoutId

TASK_NAME = "checkout.tick"  # never changes: a message of an unknown name would be dropped
HINT_SECONDS = 0.2


def quick_storage(redis_url: str) -> Any:
    """Huey's queue; with Redis over connections of its own that give up fast."""
    if not redis_url:
        return HUEY.storage
    pool = ConnectionPool.from_url(
        redis_url,
        socket_timeout=HINT_SECONDS,
        socket_connect_timeout=HINT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return RedisStorage(HUEY.name, connection_pool=pool)


class HueyScheduler:
    """SchedulerPort on Huey."""

    def __init__(self, redis_url: str = "") -> None:
        self._hints = Hints("the bell")
        self._storage = quick_storage(redis_url)

    def ring(self, checkout_id: CheckoutId) -> None:
        """Ring after the current transaction; at once when there is none."""
        transaction.on_commit(lambda: self._ring(checkout_id), robust=True)

    def _ring(self, checkout_id: CheckoutId) -> None:
        message = Message(
            uuid4().hex, TASK_NAME, retries=0, retry_delay=0, args=(str(checkout_id),), kwargs={}
        )
        self._hints.give(lambda: self._storage.enqueue(HUEY.serializer.serialize(message)))


class HueyQueue:
    """How much lies in the queue."""

    def __init__(self, redis_url: str = "") -> None:
        self._storage = quick_storage(redis_url)

    def waiting(self) -> int | None:
        """Messages that no worker has taken yet; None when the queue does not answer at once."""
        try:
            return int(self._storage.queue_size())
        except (RedisError, OSError, sqlite3.Error):
            return None
