"""A small world around one checkout: the real engine and database, fake neighbours, a clock to move.

One process plays everybody: the shopper, the web process, the workers, the broker, the provider.
Where a real process can die, stall or be doubled, the world is told the name of the point.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection

from checkout import bootstrap
from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import (
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
)
from checkout.application.policy import Policy
from checkout.application.port_call import Ports
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.inbound.confirm_checkout_port import ProviderCall
from checkout.application.ports.inbound.start_checkout_port import StartCheckout
from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.bootstrap import Parts
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId, effect_key
from checkout.sagas.engine import Tick
from checkout.sagas.working_copy import Telling
from checkout.testing.fake_payments import FakePayments
from checkout.testing.fakes import FakeCarts, FakeCoupons, FakeInventory, FakeOrders
from checkout.testing.proof.broker import Bell, Recorder
from checkout.testing.scripted import Scripted

A_LONG_WHILE = timedelta(hours=12)  # beyond this only the last look of a day later is due
AS_BUILT = Parts()
OVERDUE_SECONDS = 1.0  # the sweep's
TAKEN_OVER_SECONDS = 5.0  # the longest lease (2.5), overdue (1), a round of the sweep (1), a margin


class SteadyPolicy(Policy):
    """The numbers of the flow without jitter, so that a story told again is the same story."""

    def pause(self, tries: int, longest: float | None = None) -> timedelta:
        """Exponential backoff without jitter."""
        cap = self.longest_pause if longest is None else longest
        return timedelta(seconds=min(cap, self.first_pause * 2 ** min(max(tries - 1, 0), 20)))


class World:
    """Fake neighbours, the real rest. `remote` puts every neighbour across the network.

    `at_point` is called with the number and the name of every fault point that is passed.
    """

    def __init__(
        self,
        remote: bool = False,
        outcome: str = "",
        scheduler: SchedulerPort | None = None,
        parts: Parts = AS_BUILT,
        **policy: Any,
    ) -> None:
        self.carts, self.coupons = FakeCarts(remote), FakeCoupons(remote)
        self.inventory, self.orders = FakeInventory(remote), FakeOrders(remote)
        self.payments = FakePayments(outcome)
        self.bell, self.published = Bell(self.fault), Recorder()
        self.scheduler: SchedulerPort = scheduler or self.bell
        self.policy: Policy = replace(SteadyPolicy(), **policy)
        self.parts = parts
        self.faults: list[str] = []
        self.stamps: list[int] = []
        self.open: list[bool] = []
        self.at_point: Callable[[int, str], object] = lambda number, point: None
        self.crashes = 0
        self.mail: list[dict[str, str]] = []
        self.delivered: set[str] = set()
        self.wrong: list[str] = []
        self.staff_refunds: dict[CheckoutId, int] = {}
        self._changes = 0
        self._died_at: datetime | None = None
        self._stack = ExitStack()
        self.id: CheckoutId | None = None

    @property
    def ports(self) -> Ports:
        """The neighbours as the engine calls them."""
        return Ports(self.carts, self.coupons, self.inventory, self.orders, self.payments)

    def __enter__(self) -> Self:
        given = (self.policy, self.scheduler, self.bell, self.published, self.fault, self.parts)
        self.services = bootstrap.build(self.ports, *given)
        bootstrap.use(self.services)
        self._stack.callback(bootstrap.use, None)
        self._stack.enter_context(connection.execute_wrapper(self._count))
        self._depth = len(connection.savepoint_ids)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _count(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self._changes += not sql.startswith(("SELECT", "SAVEPOINT"))
        return execute(sql, params, many, context)

    # Points ----------------------------------------------------------------------------------

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

    @property
    def stamp(self) -> int:
        """Counts everything that outlives the process: a crash at two points of one stamp is one."""
        calls = sum(len(fake.calls) for fake in self.neighbours.values())
        heard = len(self.published.events) + len(self.bell.pushed) + self.bell.moved
        return self._changes + calls + heard + len(self.delivered)

    @property
    def in_transaction(self) -> bool:
        """True while a transaction of the product is open."""
        return len(connection.savepoint_ids) > self._depth

    def fault(self, point: str) -> None:
        """A point at which the process can die, stall or be doubled."""
        number = len(self.faults)
        self.faults.append(point)
        self.stamps.append(self.stamp)
        self.open.append(self.in_transaction)
        self._judge_call(point)
        self.at_point(number, point)

    def _judge_call(self, point: str) -> None:
        """What must be true at the moment of a call, whoever makes it and however often."""
        payments = self.payments.payments.values()
        if point == "inventory.release:before":
            may_come = [p.reference for p in payments if not p.facts.closed and not p.facts.paid]
            if may_come:
                self.wrong.append(f"stock is released while {may_come[0]} may still be paid")
        first = not self.payments.called("capture")  # later ones are known by their key
        if point == "payments.capture:before" and first and not self.orders.live:
            self.wrong.append("money is captured without an order")
        if point == "claimed" and self._died_at is not None:
            waited = (database_time.read_now() - self._died_at).total_seconds()
            self._died_at = None
            if waited > TAKEN_OVER_SECONDS:
                self.wrong.append(f"Q3: taken over only after {waited:.1f} s")

    def died(self) -> None:
        """A process is gone: from now on it counts how long a due checkout waits for another."""
        self.crashes += 1
        row = CheckoutSession.objects.filter(pk=self.id).first() if self.id else None
        now = database_time.read_now()
        due = row is not None and row.due_at is not None and row.due_at <= now
        self._died_at = now if due else None

    # The web process -------------------------------------------------------------------------

    def start(self, cart: str = "cart-1", **more: Any) -> CheckoutId:
        """Place the order."""
        self.id = self.services.start.start(StartCheckout(cart, owner_id="browser", **more)).id
        return self.id

    def order(self, kind: str, **payload: Any) -> None:
        """Submit a command. Raises Refused as at the door."""
        actor = payload.pop("actor", "shopper")
        self.services.desk.submit(Command(self.known, kind, actor, payload=payload))

    def post(self, event: str, kind: str = "payment.changed", **said: str) -> None:
        """The provider sends a message; it comes until it was taken, and then once more."""
        key = effect_key(self.known, "payments.initiate", 1)
        message = {"id": event, "kind": kind, "merchant_reference": key, "reference": "pay_1"}
        if event not in self.delivered:
            self.mail.append({**message, **said})

    def receive(self, message: dict[str, str]) -> None:
        """One delivery of a message."""
        headers = {"x-signature": "valid"}
        body = json.dumps(message).encode()
        self.services.desk.receive(ProviderCall("fake", headers, body))

    def deliver(self) -> None:
        """Everything that the provider has sent, each of it twice."""
        for message in list(self.mail):
            self.receive(message)
            self.delivered.add(message["id"])
            self.receive(message)
        self.mail = [message for message in self.mail if message["id"] not in self.delivered]

    # The workers -----------------------------------------------------------------------------

    def tick(self, actor: str = "system:worker") -> Tick:
        """One tick, then the relay, as a task does."""
        return self._look_at(self.known, actor)

    def work(self) -> None:
        """Take everything from the queue, each task twice."""
        while (task := self.bell.take()) is not None:
            for _ in range(2):
                self._look_at(task, "system:worker")

    def _look_at(self, checkout_id: CheckoutId, actor: str) -> Tick:
        telling: Telling = []
        result = self.services.engine.tick(checkout_id, actor, telling)
        self.services.relay.deliver(checkout_id, *telling)
        return result

    def sweep(self) -> None:
        """One round of the sweep."""
        for checkout_id in self.services.repository.due(OVERDUE_SECONDS, 100):
            self.services.engine.tick(checkout_id, "system:sweep")
        self.services.repository.adopt_all_parked()
        self.services.relay.deliver_waiting()

    # Time and what is stored -----------------------------------------------------------------

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

    def jump(self) -> None:
        """Let the clock go on to the next moment at which a sweep could do something."""
        row, now = self.row, database_time.read_now()
        moments = [event.lease_until for event in self.untold if event.lease_until]
        if row.due_at is not None and not self.quiet:
            overdue = row.due_at + timedelta(seconds=OVERDUE_SECONDS)
            moments.append(max(overdue, row.lease_until or overdue))
        ahead = min(((moment - now).total_seconds() for moment in moments), default=0)
        if ahead > 0:
            self.shift(ahead + 0.01)

    @property
    def quiet(self) -> bool:
        """True when nothing but the last look of a day later is due."""
        due = self.row.due_at
        return due is None or due - database_time.read_now() > A_LONG_WHILE

    @property
    def at_rest(self) -> bool:
        """Nobody has anything to do any more."""
        return not self.mail and not self.bell.rung and self.quiet and not self.untold

    @property
    def known(self) -> CheckoutId:
        """The checkout's id. Raises LookupError before it was started."""
        if self.id is None:
            raise LookupError("No order was placed yet.")
        return self.id

    @property
    def untold(self) -> list[CheckoutOutbox]:
        """Events that were not handed over yet."""
        return list(CheckoutOutbox.objects.filter(checkout=self.id, sent_at=None))

    @property
    def row(self) -> CheckoutSession:
        """The stored row."""
        return CheckoutSession.objects.get(pk=self.known)

    @property
    def state(self) -> str:
        """The state that is stored."""
        return str(CheckoutSession.objects.values_list("state", flat=True).get(pk=self.known))

    @property
    def checkout(self) -> Checkout:
        """The stored checkout."""
        return self.services.repository.load(self.known)

    @property
    def body(self) -> dict[str, Any]:
        """The stored read model."""
        return dict(CheckoutProgress.objects.get(pk=self.known).body)
