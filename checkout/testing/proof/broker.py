"""Fakes of what only carries hints: the queue, the pushes, and the receiver of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.value_objects.checkout_id import CheckoutId


class Bell:
    """SchedulerPort and ProgressPort: a queue that can lose everything, and what was pushed."""

    def __init__(self, fault: Callable[[str], None] = lambda point: None) -> None:
        self.rung: list[CheckoutId] = []
        self.pushed: list[int] = []
        self.moved = 0
        self._fault = fault

    def ring(self, checkout_id: CheckoutId) -> None:
        """Put a task into the queue."""
        self._fault("enqueue:before")
        self.rung.append(checkout_id)
        self.moved += 1
        self._fault("enqueue:after")

    def take(self) -> CheckoutId | None:
        """Take the oldest task out, for good: whoever dies with it has lost it."""
        self.moved += bool(self.rung)
        return self.rung.pop(0) if self.rung else None

    def lose_everything(self) -> None:
        """The broker comes back empty."""
        self.moved += bool(self.rung)
        self.rung.clear()

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        """Push to the open pages."""
        self.pushed.append(version)
        self._fault("push:after")


class Recorder:
    """EventPublisherPort that keeps every envelope, unless it is told to fail."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.failing = 0

    def publish(self, event: Any) -> None:
        """Keep it."""
        if self.failing:
            self.failing -= 1
            raise ConnectionError("The receiver does not answer.")
        self.events.append(dict(event))

    @property
    def types(self) -> list[str]:
        """The types in the order they came."""
        return [event["type"].removesuffix(".v1") for event in self.events]
