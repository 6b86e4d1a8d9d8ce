"""The world of an application test: real engine and database, fake neighbours, a clock to shift."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from checkout import bootstrap
from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.application.policy import Policy
from checkout.application.port_call import Ports
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.inbound.start_checkout_port import StartCheckout
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.engine import Tick
from checkout.testing.fake_payments import FakePayments
from checkout.testing.fakes import FakeCarts, FakeCoupons, FakeInventory, FakeOrders
from checkout.testing.scripted import Crash


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
    """EventPublisherPort that keeps every envelope."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def publish(self, event: Any) -> None:
        """Keep it."""
        self.events.append(dict(event))

    @property
    def types(self) -> list[str]:
        """The types in the order they came."""
        return [event["type"].removesuffix(".v1") for event in self.events]


class World:
    """Fake neighbours, the real rest. `remote` puts every neighbour across the network."""

    def __init__(self, remote: bool = False, outcome: str = "", **policy: Any) -> None:
        self.carts, self.coupons = FakeCarts(remote), FakeCoupons(remote)
        self.inventory, self.orders = FakeInventory(remote), FakeOrders(remote)
        self.payments = FakePayments(outcome)
        self.bell, self.published = Bell(), Recorder()
        self.policy = replace(Policy(), **policy)
        self.faults: list[str] = []
        self.crash_at: str = ""
        self._stack = ExitStack()
        self.id: CheckoutId | None = None

    def __enter__(self) -> World:
        ports = Ports(self.carts, self.coupons, self.inventory, self.orders, self.payments)
        self.services = bootstrap.build(
            ports, self.policy, self.bell, self.bell, self.published, self._fault
        )
        bootstrap.use(self.services)
        self._stack.callback(bootstrap.use, None)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _fault(self, point: str) -> None:
        self.faults.append(point)
        if point == self.crash_at:
            self.crash_at = ""
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

    def later(self, seconds: float) -> Tick:
        """Let the database's clock go on, then tick."""
        self._stack.enter_context(database_time.shifted(seconds))
        return self.tick()

    def run_until_quiet(self, most: int = 60, step: float = 31) -> Checkout:
        """Tick through all pauses until nothing is due within the day."""
        for _ in range(most):
            self.later(step)
            if self.row.due_at is None or self.checkout.state.is_final:
                break
        return self.checkout

    def order(self, kind: str, **payload: Any) -> None:
        """Submit a command."""
        assert self.id is not None
        actor = payload.pop("actor", "shopper")
        self.services.desk.submit(Command(self.id, kind, actor, payload=payload))

    @property
    def row(self) -> CheckoutSession:
        """The stored row."""
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
