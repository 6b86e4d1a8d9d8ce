"""A day in the shop as staff meets it: many checkouts, most of them well, some of them not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from checkout.adapters.outbound.persistence.database_time import read_now, shifted
from checkout.adapters.outbound.persistence.models import CheckoutHistory, WorkerHeartbeat
from checkout.adapters.outbound.persistence.repositories.tallies import Tallies
from checkout.application.ports.outbound.bulk_port import NewJob
from checkout.domain.value_objects.cart_snapshot import SnapshotCharge, SnapshotLine
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests.adapters.persistence.histories import Move, completed, write
from tests.gallery import situations as s

GOODS = (("Tide mug", 1600), ("Dune bowl", 2400), ("Fjord teapot", 5400), ("Linen towel", 1900))
PEOPLE = ("Mara Quist", "Jonas Weber", "Aylin Demir", "Tom Harte", "Ines Rocha", "Kofi Mensah")
A_DAY = (4, 3, 2, 1, 1, 2, 5, 8, 11, 9, 12, 16, 14, 11, 13, 17, 15, 19, 24, 21, 14, 10, 8, 6)
CASHIER = "user:1"


class Day(World):
    """Every order comes from a basket and a person of its own."""

    number = 0

    def start(self, cart: str = "", **more: Any) -> CheckoutId:
        """Place the order of the next basket."""
        self.number += 1
        name = f"cart-{self.number}"
        self._fill(name)
        return super().start(name, **more)

    def _fill(self, cart: str) -> None:
        person, count = PEOPLE[self.number % len(PEOPLE)], 1 + self.number % 2
        (first, price), (second, other) = (GOODS[(self.number + n) % len(GOODS)] for n in (0, 1))
        lines = (
            SnapshotLine(first, first, count, price, count * price),
            SnapshotLine(second, second, 1, other, other),
        )
        charges = (SnapshotCharge("shipping", "Standard delivery", 490),)
        buyer = {"email": f"{person.split()[0].lower()}@example.com", "name": person}
        self.carts.carts[cart] = replace(snapshot(cart, lines=lines, charges=charges), buyer=buyer)
        self.inventory.stock = {name: 99 for name, _ in GOODS}


def a_long_story(world: World) -> None:
    """Declined, more time, paid by another card, and later a part of it given back."""
    s.declined("insufficient_funds")(world)
    world.shift(41)
    world.order("extend")
    world.tick()
    world.shift(65)
    world.payments.pay()
    s.back(world)
    world.shift(1260)
    world.order("annotate", actor=CASHIER, reason="The bowl came with a crack; photo by mail.")
    world.tick()
    world.order("refund", actor=CASHIER, amount=1200, reason="Half the price of the bowl.")
    world.tick()
    world.later(2)


def hanging(world: World) -> None:
    """The order cannot be placed, however often it is tried."""
    s.creating(world)
    for _ in range(9):
        world.later(21)


TODAY: dict[str, s.Situation] = {
    "paid early": s.ended(s.paid),
    "cancelled": s.ended(s.cancelled()),
    "told": a_long_story,
    "sold out": s.ended(s.refusing("inventory", "reserve", "out_of_stock", "Sold out.")),
    "paid": s.ended(s.paid),
    "another amount": s.ended(s.another_amount),
    "paid too": s.ended(s.paid),
    "declined": s.declined("insufficient_funds"),
    "hanging": hanging,
}
ONES_TO_RECOVER = ("hanging", "preparing", "declined", "waits", "another amount", "sold out")
NOW: dict[str, s.Situation] = {
    "waits": s.waiting,
    "preparing": s.preparing,
    "just begun": s.begun,
}


def today(world: Day) -> dict[str, str]:
    """The ids of all checkouts of the day by the name of their situation."""
    found = {name: _of(world, begin, 140) for name, begin in TODAY.items()}
    world.sweep()
    return found | {name: _of(world, begin, 3) for name, begin in NOW.items()}


def tried_out(world: Day, ids: dict[str, str]) -> UUID:
    """A bulk recovery whose dry run is over."""
    job, chosen = uuid4(), tuple(UUID(ids[name]) for name in ONES_TO_RECOVER)
    world.services.bulk.choose(NewJob(job, "retry_now", "chosen by hand", 1, chosen))
    while world.services.recovery.work():
        pass
    return job


def _of(world: Day, begin: Callable[[World], None], seconds: float) -> str:
    for fake in world.neighbours.values():
        fake.meanwhile = lambda method: None
    begin(world)
    made = str(world.id)
    world.shift(seconds)
    return made


def since_yesterday() -> None:
    """Many more, of which only the dashboard tells; and two workers."""
    now = read_now()
    for ago, count in enumerate(reversed(A_DAY)):
        for number in range(count):
            began = now - timedelta(hours=ago, minutes=7 + 50 * number / count)
            way = completed(0.3, 0.2, 0.6, 20 + 13 * (number % 9), 0.9)
            if number % 7 == 5:
                way = [*way[:4], Move("aborting", 900), Move("aborted", 2)]
            ends = "payment_expired" if way[-1].target == "aborted" else ""
            CheckoutHistory.objects.bulk_create(write(began, way, ends))
    for name in ("web-1:worker-1", "web-2:worker-1"):
        WorkerHeartbeat.objects.create(worker=name, at=now)
    for number in range(4):  # what is counted has to be a little old
        with shifted(31 * number):
            Tallies().count(60)
