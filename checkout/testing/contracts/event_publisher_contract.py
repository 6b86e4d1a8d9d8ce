"""The contract of event publishers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from checkout.application.ports.outbound.event_publisher_port import EventPublisherPort
from checkout.domain.exceptions import Unavailable
from checkout.testing.contracts.support import in_threads, missing


class EventPublisherPortContract:
    """What every EventPublisherPort promises.

    Give it, as fixtures or methods of your class:

    * fixture `port`: the adapter.
    * method `received()`: the ids of the events that are safe with the receiver, in their order.
    * fixture `silent`: the adapter, with a receiver that does not answer; None when there can be
      none, as for a log.
    """

    @pytest.fixture
    def port(self) -> EventPublisherPort:
        """The adapter."""
        missing("port")

    @pytest.fixture
    def silent(self) -> EventPublisherPort | None:
        """The adapter, and nobody answers it."""
        return None

    def received(self) -> list[str]:
        """The ids that arrived."""
        missing("received")

    def event(self, number: int) -> Mapping[str, Any]:
        """An envelope as the relay hands it over."""
        return {
            "specversion": "1.0",
            "id": f"7f1d2a52-0000-4000-8000-{number:012d}",
            "source": "/checkouts/1b671a64-40d5-491e-99b0-da01ff1f3341",
            "type": "cart_frozen.v1",
            "subject": "1b671a64-40d5-491e-99b0-da01ff1f3341",
            "time": "2026-01-05T12:00:00Z",
            "datacontenttype": "application/json",
            "sequence": f"{number:010d}",
            "data": {"checkout_id": "1b671a64-40d5-491e-99b0-da01ff1f3341", "total": 2990},
        }

    def test_events_arrive_in_their_order(self, port: EventPublisherPort) -> None:
        events = [self.event(number) for number in range(1, 6)]
        for event in events:
            port.publish(event)
        assert self.received()[-5:] == [event["id"] for event in events]

    def test_an_event_that_comes_again_has_its_id_again(self, port: EventPublisherPort) -> None:
        for _ in range(2):
            port.publish(self.event(1))
        assert set(self.received()[-2:]) == {self.event(1)["id"]}

    def test_it_may_be_used_from_many_threads(self, port: EventPublisherPort) -> None:
        results = in_threads(4, lambda number: port.publish(self.event(number)))
        assert results == [None] * 4
        wanted = {self.event(number)["id"] for number in range(4)}
        assert wanted <= set(self.received())

    def test_it_changes_nothing_in_the_event(self, port: EventPublisherPort) -> None:
        event = dict(self.event(1))
        port.publish(event)
        assert event == self.event(1)

    def test_a_receiver_that_does_not_answer_is_unavailable(
        self, silent: EventPublisherPort | None
    ) -> None:
        if silent is not None:
            with pytest.raises(Unavailable):
                silent.publish(self.event(1))
