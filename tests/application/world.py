"""The world of an application test: real engine and database, fake neighbours, a clock to shift."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

from checkout import bootstrap
from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import CheckoutOutbox, CheckoutSession
from checkout.application.policy import Policy
from checkout.application.port_call import Ports
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.inbound.start_checkout_port import StartCheckout
from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.engine import Tick
from checkout.testing.fake_payments import FakePayments
from checkout.testing.fakes import FakeCarts, FakeCoupons, FakeInventory, FakeOrders
from checkout.testing.scripted import Crash, Scripted

A_LONG_WHILE = timedelta(hours=12)  # beyond this only the last look of a day later is due


class Bell:
    """SchedulerPort and ProgressPort that write down what they were told."""

    def __init__(self) -> None:
        self.rung: list[CheckoutId] = []
        self.pushed: list[int] = []

    def ring(self, checkout_id: CheckoutId) -> None:
        """Note the ring."""
        self.rung.append(checkout_id)

    def changed(self, checkout_id: CheckoutId, version: int) -> None:
        """Note the push."""
        self.pushed.append(version)


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


class World:
    """Fake neighbours, the real rest. `remote` puts every neighbour across the network.

    `crash_on` holds numbers of fault points: the process dies when it comes to one of them.
    """

    def __init__(
        self,
        remote: bool = False,
        outcome: str = "",
        scheduler: SchedulerPort | None = None,
        **policy: Any,
    ) -> None:
        self.carts, self.coupons = FakeCarts(remote), FakeCoupons(remote)
        self.inventory, self.orders = FakeInventory(remote), FakeOrders(remote)
        self.payments = FakePayments(outcome)
        self.bell, self.published = Bell(), Recorder()
        self.scheduler: SchedulerPort = scheduler or self.bell
        self.policy = replace(Policy(), **policy)
        self.faults: list[str] = []
        self.crash_at: str = ""
        self.crash_on: set[int] = set()
        self.crashes = 0
        self._stack = ExitStack()
        self.id: CheckoutId | None = None

    def __enter__(self) -> World:
        ports = Ports(self.carts, self.coupons, self.inventory, self.orders, self.payments)
        self.services = bootstrap.build(
            ports, self.policy, self.scheduler, self.bell, self.published, self._fault
        )
        bootstrap.use(self.services)
        self._stack.callback(bootstrap.use, None)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def neighbours(self) -> dict[str, Scripted]:
        """The fakes by the name of their port."""
        fakes: list[Scripted] = [
            self.carts,
            self.coupons,
            self.inventory,
            self.orders,
            self.payments,
        ]
        return {fake.name: fake for fake in fakes}

    def _fault(self, point: str) -> None:
        self.faults.append(point)
        if point == self.crash_at or len(self.faults) - 1 in self.crash_on:
            self.crash_at = ""
            self.crashes += 1
            raise Crash(point)

    def start(self, cart: str = "cart-1", **more: Any) -> CheckoutId:
        """Place the order."""
        self.id = self.services.start.start(StartCheckout(cart, owner_id="browser", **more)).id
        return self.id

    def tick(self, actor: str = "system:worker") -> Tick:
        """One tick, then the relay, as a worker does."""
        assert self.id is not None
        result = self.services.engine.tick(self.id, actor)
        self.services.relay.deliver(self.id)
        return result

    def shift(self, seconds: float) -> None:
        """Let the database's clock go on."""
        self._stack.enter_context(database_time.shifted(seconds))

    def later(self, seconds: float) -> Tick:
        """Let the database's clock go on, then tick."""
        self.shift(seconds)
        return self.tick()

    def run_until_quiet(self, most: int = 60, step: float = 31) -> Checkout:
        """Tick through all pauses until nothing is due within the day."""
        for _ in range(most):
            self.later(step)
            if self.row.due_at is None or self.checkout.state.is_final:
                break
        return self.checkout

    @property
    def quiet(self) -> bool:
        """True when nothing but the last look of a day later is due."""
        due = self.row.due_at
        return due is None or due - database_time.read_now() > A_LONG_WHILE

    @property
    def untold(self) -> list[CheckoutOutbox]:
        """Events that were not handed over yet."""
        return list(CheckoutOutbox.objects.filter(checkout=self.id, sent_at=None))

    def jump(self) -> None:
        """Let the clock go on to the next moment at which a worker could do something."""
        row, now = self.row, database_time.read_now()
        moments = [event.lease_until for event in self.untold if event.lease_until]
        if row.due_at is not None and not self.quiet:
            moments.append(max(row.due_at, row.lease_until or row.due_at))
        ahead = min(((moment - now).total_seconds() for moment in moments), default=0)
        if ahead > 0:
            self.shift(ahead + 0.01)

    def order(self, kind: str, **payload: Any) -> None:
        """Submit a command."""
        assert self.id is not None
        actor = payload.pop("actor", "shopper")
        self.services.desk.submit(Command(self.id, kind, actor, payload=payload))

    @property
    def row(self) -> CheckoutSession:
        """The stored row."""
        assert self.id is not None
        return CheckoutSession.objects.get(pk=self.id)

    @property
    def checkout(self) -> Checkout:
        """The stored checkout."""
        assert self.id is not None
        return self.services.repository.load(self.id)

    @property
    def body(self) -> dict[str, Any]:
        """The stored read model."""
        assert self.id is not None
        view = self.services.queries.progress(self.id)
        assert view is not None
        return dict(view.body)
