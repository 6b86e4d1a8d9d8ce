"""The queue: signed messages, and an embedded one that wakes its workers and loses nothing."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import global_settings, settings
from django.db import transaction
from django.utils.module_loading import autodiscover_modules
from huey.contrib.djhuey import HUEY
from huey.registry import Message

from checkout.adapters.outbound.scheduling import huey_storage
from checkout.adapters.outbound.scheduling.huey_scheduler import (
    TASK_NAME,
    HueyQueue,
    HueyScheduler,
)
from checkout.adapters.outbound.scheduling.huey_storage import BellHuey, EmbeddedHuey
from checkout.adapters.outbound.scheduling.serializer import SignedJsonSerializer
from checkout.domain.value_objects.checkout_id import new_checkout_id
from checkout.testing.proof.world import World
from tests import patience
from tests.application.test_workers import huey_consumer
from tests.patience import eventually

REDIS_URL: str = getattr(settings, "REDIS_URL", "")
SERIALIZER = SignedJsonSerializer("the secret")


def a_task(number: int = 1) -> Message:
    """A message as the bell makes it."""
    return Message(f"id-{number}", TASK_NAME, None, 0, 0, None, (str(number),), {}, None, None)


OPENED: list[str] = []


def note_opening(what: str) -> None:
    """What a pickle runs that is opened; named, so that it is the same function then."""
    OPENED.append(what)


class Pickled:
    """Says when it is unpickled, which must never happen."""

    def __reduce__(self) -> Any:
        return note_opening, ("code was run",)


def test_an_opened_pickle_would_be_noticed() -> None:
    pickle.loads(pickle.dumps(Pickled()))
    assert [OPENED.pop()] == ["code was run"]


def test_a_message_comes_back_as_it_was() -> None:
    said = SERIALIZER.deserialize(SERIALIZER.serialize(a_task(7)))
    assert isinstance(said, Message)
    assert (said.id, said.name, said.args, said.kwargs) == ("id-7", TASK_NAME, ("7",), {})


LONG_AGO = datetime.fromisoformat("2000-01-01")  # without a zone, as Huey has it
FORGED = {
    "empty": b"",
    "short": b"short",
    "unsigned": json.dumps({"id": "1"}).encode(),
    "zeros": b"\0" * 32 + json.dumps({"id": "1"}).encode(),
    "other secret": SignedJsonSerializer("another secret").serialize(a_task()),
    "pickle": pickle.dumps(Pickled()),
    "padded pickle": b"\0" * 32 + pickle.dumps(Pickled()),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_we_did_not_sign_is_dropped(forged: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        SERIALIZER.deserialize(forged)
    assert OPENED == []


def test_every_changed_byte_is_noticed() -> None:
    good = SERIALIZER.serialize(a_task())
    for place in range(len(good)):
        changed = bytes([*good[:place], good[place] ^ 1, *good[place + 1 :]])
        with pytest.raises(ValueError, match="signature"):
            SERIALIZER.deserialize(changed)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedHuey]:
    """An embedded queue in a file of its own."""
    huey = EmbeddedHuey("test", filename=str(tmp_path / "huey.sqlite3"), immediate=False)
    yield huey
    huey.storage.close()


def test_a_waiting_worker_is_woken_at_once(
    embedded: EmbeddedHuey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would not look again by itself as long as this test waits."""
    monkeypatch.setattr(huey_storage, "_WAIT_SECONDS", 2 * patience.SECONDS)
    found: list[bytes | None] = []
    worker = threading.Thread(target=lambda: found.append(embedded.storage.dequeue()))
    worker.start()
    eventually(lambda: embedded.storage._rung._waiters)
    embedded.storage.enqueue(b"work")
    worker.join(patience.SECONDS)
    assert found == [b"work"]


@pytest.mark.parametrize("form", ["embedded", *(["Redis"] if REDIS_URL else [])])
def test_a_task_asks_for_its_message_and_for_nothing_else(
    form: str, embedded: EmbeddedHuey, monkeypatch: pytest.MonkeyPatch
) -> None:
    huey = BellHuey("test", url=REDIS_URL) if form == "Redis" else embedded
    done: list[str] = []
    huey.task()(done.append)("work")
    task = huey.dequeue()
    for way_to_the_server in ("conn",) if form == "Redis" else ("db", "sql"):
        monkeypatch.setattr(huey.storage, way_to_the_server, None)
    huey.execute(task)
    assert done == ["work"]


def test_many_producers_and_workers_lose_nothing_and_double_nothing(
    embedded: EmbeddedHuey,
) -> None:
    producers, each = 6, 25
    found: list[bytes] = []

    def produce(number: int) -> None:
        for count in range(each):
            embedded.storage.enqueue(f"{number}-{count}".encode())

    making = [threading.Thread(target=produce, args=(n,)) for n in range(producers)]

    def consume() -> None:
        while True:
            ended = not any(thread.is_alive() for thread in making)  # before the look, not after it
            data = embedded.storage.dequeue()
            if data is not None:
                found.append(data)
            elif ended:
                return

    taking = [threading.Thread(target=consume) for _ in range(3)]
    for thread in making + taking:
        thread.start()
    for thread in making + taking:
        thread.join(patience.SECONDS)
    assert len(found) == len(set(found)) == producers * each


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit_and_only_then() -> None:
    autodiscover_modules("tasks")
    HUEY.flush()
    scheduler, checkout_id = HueyScheduler(REDIS_URL), new_checkout_id()
    with transaction.atomic():
        scheduler.ring(checkout_id)
        assert HUEY.pending_count() == 0
    assert HUEY.pending_count() == HueyQueue(REDIS_URL).waiting() == 1
    data = HUEY.storage.dequeue()
    task = HUEY.deserialize_task(data)
    assert task.args == (str(checkout_id),)
    with transaction.atomic():
        scheduler.ring(checkout_id)
        transaction.set_rollback(True)
    assert HUEY.pending_count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_drops_what_is_forged_and_does_the_next() -> None:
    """In the queue of this run, embedded or on Redis, and in its schedule."""
    with World(outcome="approve", scheduler=HueyScheduler(REDIS_URL)) as world, huey_consumer():
        for data in FORGED.values():
            HUEY.storage.enqueue(data)
            HUEY.storage.add_to_schedule(data, LONG_AGO)
        HUEY.storage.enqueue(HUEY.serializer.serialize(Message("of-nobody", "checkout.nobody")))
        world.start()
        eventually(lambda: world.checkout.state.is_final)
        eventually(lambda: HUEY.pending_count() == HUEY.scheduled_count() == 0)
    assert world.checkout.state == "completed"
    assert OPENED == []


def test_no_other_message_is_unpickled() -> None:
    """Hints to pages are MsgPack, sessions are JSON, and nothing of ours is put into a cache."""
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
    assert settings.CACHES == global_settings.CACHES  # of each process alone
    layer: Any = RedisPubSubChannelLayer(hosts=["redis://127.0.0.1:1/0"])
    assert layer.deserialize(layer.serialize({"type": "x"})) == {"type": "x"}
    with pytest.raises(Exception, match=r"unpack|extra data|invalid"):
        layer.deserialize(pickle.dumps(Pickled()))
    assert OPENED == []
