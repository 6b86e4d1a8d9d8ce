"""Events leave in order, at least once."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from checkout.adapters.outbound.messaging.checkout_event_publisher import (
    STREAM,
    ConsumersFirst,
    ConsumersFirstOfMany,
    LogEventPublisher,
    RedisStreamEventPublisher,
)
from checkout.adapters.outbound.persistence.database_time import read_now, shifted
from checkout.adapters.outbound.persistence.models import CheckoutOutbox
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.application.use_cases.relay_events import PAUSE_SECONDS, RelayEvents
from checkout.bootstrap import chosen_publisher
from checkout.domain.exceptions import Unavailable
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.broker import Recorder
from tests.adapters.persistence.helpers import in_threads, started

OUTBOX = DjangoOutbox()
REDIS_URL: str = getattr(settings, "REDIS_URL", "")
CONFIGURED = [LogEventPublisher, *([RedisStreamEventPublisher] if REDIS_URL else [])]


def telling(cart: str = "cart-1", events: int = 3) -> CheckoutId:
    """A checkout with so many unsent events."""
    checkout_id = started(cart)
    for number in range(2, events + 1):
        CheckoutOutbox.objects.create(
            checkout_id=checkout_id,
            sequence=number,
            name="cart_frozen",
            data={"checkout_id": str(checkout_id)},
            at=read_now(),
        )
    return checkout_id


def leased(checkout_id: CheckoutId, seconds: float = 5) -> tuple[int, Any]:
    """A lease that must be had."""
    found = OUTBOX.lease_oldest(checkout_id, seconds, 10)
    assert found
    return found[0]


@pytest.mark.django_db
def test_the_next_event_waits_until_the_one_before_it_is_sent() -> None:
    checkout_id = telling()
    row, first = leased(checkout_id)
    assert first["sequence"].endswith("1")
    assert OUTBOX.lease_oldest(checkout_id, 5, 10) == []
    OUTBOX.mark_sent([row])
    assert leased(checkout_id)[1]["sequence"].endswith("2")


@pytest.mark.django_db
def test_a_lease_that_ran_out_brings_the_same_event_again() -> None:
    checkout_id = telling()
    _, first = leased(checkout_id)
    with shifted(6):
        _, again = leased(checkout_id)
    assert again == first


@pytest.mark.django_db
def test_an_event_that_was_given_up_rests() -> None:
    checkout_id = telling()
    row, first = leased(checkout_id)
    OUTBOX.give_up_lease(row, 30)
    with shifted(20):
        assert OUTBOX.lease_oldest(checkout_id, 5, 10) == []
        assert list(OUTBOX.unsent(10)) == []
    with shifted(31):
        assert list(OUTBOX.unsent(10)) == [checkout_id]
        assert leased(checkout_id)[1]["id"] == first["id"]


@pytest.mark.django_db
def test_unsent_names_each_checkout_once_the_longest_waiting_first() -> None:
    first, second, third = (telling(f"cart-{n}") for n in range(3))
    assert list(OUTBOX.unsent(10)) == [first, second, third]
    assert list(OUTBOX.unsent(2)) == [first, second]
    row, _ = leased(first)
    assert list(OUTBOX.unsent(2)) == [second, third]
    OUTBOX.mark_sent([row])
    assert list(OUTBOX.unsent(2)) == [first, second]


@pytest.mark.django_db
def test_unsent_leaves_what_is_young_to_its_writer() -> None:
    checkout_id = telling()
    assert list(OUTBOX.unsent(10, 5.0)) == []
    with shifted(6):
        assert list(OUTBOX.unsent(10, 5.0)) == [checkout_id]


@pytest.mark.django_db
def test_what_a_lease_brings_follows_the_oldest_in_order() -> None:
    checkout_id = telling(events=4)
    rows = OUTBOX.lease_oldest(checkout_id, 5, 3)
    assert [int(event["sequence"]) for _, event in rows] == [1, 2, 3]
    OUTBOX.mark_sent([row for row, _ in rows])
    assert [int(event["sequence"]) for _, event in OUTBOX.lease_oldest(checkout_id, 5, 3)] == [4]


@pytest.mark.django_db
def test_handing_over_costs_two_statements_and_nothing_to_tell_one(
    django_assert_num_queries: Any,
) -> None:
    """On SQLite reading and leasing are two."""
    lease = 1 if connection.vendor == "postgresql" else 2
    relay, checkout_id = RelayEvents(OUTBOX, Recorder()), telling()
    with django_assert_num_queries(lease + 1):
        assert relay.deliver(checkout_id) == 3
    with django_assert_num_queries(1):
        assert relay.deliver(checkout_id) == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_relays_at_once_one_has_the_event() -> None:
    checkout_id = telling()
    found = in_threads(6, lambda _: OUTBOX.lease_oldest(checkout_id, 5, 10))
    assert len([each for each in found if each]) == 1, found


@pytest.mark.django_db
def test_an_event_is_an_envelope_with_a_source_of_its_checkout() -> None:
    checkout_id = telling()
    _, event = leased(checkout_id)
    assert event["specversion"] == "1.0"
    assert event["source"] == f"/checkouts/{checkout_id}"
    assert event["subject"] == event["data"]["checkout_id"] == str(checkout_id)
    assert event["time"].endswith("Z")
    assert json.loads(json.dumps(event)) == event


@pytest.mark.django_db
@pytest.mark.parametrize("kind", CONFIGURED, ids=lambda kind: kind.__name__)
def test_a_configured_publisher_takes_events(kind: Any) -> None:
    publisher = kind(REDIS_URL) if kind is RedisStreamEventPublisher else kind()
    _, event = leased(telling())
    publisher.publish(event)
    publisher.publish(event)
    if isinstance(publisher, RedisStreamEventPublisher):
        assert publisher.publish_all([event, event]) == 2
        reader = redis.Redis.from_url(REDIS_URL, decode_responses=True)
        entries: Any = reader.xrevrange(STREAM, count=4)
        reader.close()
        assert [fields["id"] for _, fields in entries] == [event["id"]] * 4
        assert json.loads(entries[0][1]["event"]) == event


@pytest.mark.django_db
def test_the_log_names_the_event_and_nothing_of_the_shopper(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, event = leased(telling())
    with caplog.at_level(logging.INFO, "checkout.events"):
        LogEventPublisher().publish({**event, "data": {"email": "ada@example.org"}})
    assert event["id"] in caplog.text
    assert "ada" not in caplog.text


def test_a_stream_that_does_not_answer_is_unavailable(dead_redis: str) -> None:
    with pytest.raises(Unavailable):
        RedisStreamEventPublisher(dead_redis).publish({"id": "1", "type": "t"})


@pytest.mark.django_db
def test_a_consumer_hears_an_event_before_the_publisher_and_again_until_both_have_it() -> None:
    heard, stream = Recorder(), Recorder()
    stream.failing = 1
    relay = RelayEvents(OUTBOX, ConsumersFirst([heard.publish], stream))
    checkout_id = telling(events=2)
    assert relay.deliver(checkout_id) == 0
    assert (len(heard.events), len(stream.events)) == (1, 0)
    heard.failing = 1
    with shifted(PAUSE_SECONDS + 1):
        assert relay.deliver(checkout_id) == 0
    assert stream.events == []
    with shifted(2 * PAUSE_SECONDS + 2):
        assert relay.deliver(checkout_id) == 2
    ids = [event["id"] for event in heard.events]
    assert ids[0] == ids[1] != ids[2]
    assert ids[1:] == [event["id"] for event in stream.events]


class Stream(Recorder):
    """A publisher that takes many at once, and notes how many came together."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def publish_all(self, events: Sequence[Any]) -> int:
        """Keep all, unless it is told to fail."""
        self.batches.append(len(events))
        for event in events:
            self.publish(event)
        return len(events)


@pytest.mark.django_db
def test_who_takes_many_gets_them_at_once_and_all_again_when_it_fails() -> None:
    stream, checkout_id = Stream(), telling()
    stream.failing = 1
    relay = RelayEvents(OUTBOX, stream)
    assert relay.deliver(checkout_id) == 0
    assert list(OUTBOX.unsent(10)) == [], "it rests"
    with shifted(PAUSE_SECONDS + 1):
        assert relay.deliver(checkout_id) == 3
    assert stream.batches == [3, 3]
    assert [int(event["sequence"]) for event in stream.events] == [1, 2, 3]


@pytest.mark.django_db
def test_what_consumers_have_heard_is_passed_on_though_the_next_is_refused() -> None:
    stream, refused = Stream(), {"0000000002"}

    def consume(event: Any) -> None:
        if event["sequence"] in refused:
            raise ValueError("not this one")

    relay = RelayEvents(OUTBOX, ConsumersFirstOfMany([consume], stream))
    checkout_id = telling()
    assert relay.deliver(checkout_id) == 1
    assert stream.batches == [1]
    refused.clear()
    with shifted(PAUSE_SECONDS + 1):
        assert relay.deliver(checkout_id) == 2
    assert [int(event["sequence"]) for event in stream.events] == [1, 2, 3]


@pytest.mark.django_db
def test_slow_consumers_do_not_outlast_the_lease() -> None:
    stream, receiver = Stream(), Receiver(takes=2.0)
    relay = RelayEvents(OUTBOX, ConsumersFirstOfMany([receiver.publish], stream, receiver.clock))
    assert relay.deliver(telling()) == 3
    assert stream.batches == [1, 1, 1]
    assert receiver.marked == [0, 1, 2]


HEARD: list[Any] = []
hear = HEARD.append


def test_consumers_are_named_in_the_settings(caplog: pytest.LogCaptureFixture) -> None:
    said = {"EVENT_CONSUMERS": [f"{__name__}.hear"]}
    with caplog.at_level(logging.INFO, "checkout.events"):
        chosen_publisher(said, "").publish({"id": "1", "type": "t", "subject": "s"})
    assert [event["id"] for event in HEARD] == ["1"]
    assert "t s 1" in caplog.text


class Receiver:
    """Takes its time for each event, and notes how many were marked as sent before it came."""

    def __init__(self, takes: float = 0.0, refuses: int = 0) -> None:
        self.takes, self.refuses = takes, refuses
        self.now = 0.0
        self.marked: list[int] = []

    def clock(self) -> float:
        """Seconds of its own."""
        return self.now

    def publish(self, event: Any) -> None:
        """Raises ValueError for the event with the number that it refuses."""
        self.marked.append(CheckoutOutbox.objects.filter(sent_at__isnull=False).count())
        self.now += self.takes
        if len(self.marked) == self.refuses:
            raise ValueError("not this one")


@pytest.mark.django_db
@pytest.mark.parametrize(("takes", "marked"), [(0.1, [0, 0, 0]), (2.0, [0, 1, 2])])
def test_a_slow_receiver_gets_each_event_under_a_lease_of_its_own(
    takes: float, marked: list[int]
) -> None:
    receiver = Receiver(takes)
    assert RelayEvents(OUTBOX, receiver, clock=receiver.clock).deliver(telling()) == 3
    assert receiver.marked == marked


@pytest.mark.django_db
def test_what_was_handed_over_before_a_refusal_is_sent_and_the_rest_waits() -> None:
    checkout_id, receiver = telling(), Receiver(refuses=2)
    relay = RelayEvents(OUTBOX, receiver, clock=receiver.clock)
    assert relay.deliver(checkout_id) == 1
    assert relay.deliver(checkout_id) == 0  # the second one rests, and the third waits for it
    assert list(CheckoutOutbox.objects.filter(sent_at=None).values_list("sequence", flat=True)) == [
        2,
        3,
    ]
    with shifted(PAUSE_SECONDS + 1):
        assert relay.deliver(checkout_id) == 2
