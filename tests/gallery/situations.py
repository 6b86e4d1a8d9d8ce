"""How a checkout comes into each situation: the real engine, with neighbours that play along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from checkout.adapters.inbound.limits import DEFAULTS
from checkout.domain.exceptions import Refused, StorageUnavailable
from checkout.domain.value_objects.cart_snapshot import SnapshotCharge, SnapshotLine
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World

Situation = Callable[[World], None]
FOR_EVER = 99


def furnish(world: World) -> None:
    """A basket as shoppers have one, and stock for it."""
    lines = (
        SnapshotLine("Tide mug", "Tide mug", 2, 1600, 3200),
        SnapshotLine("Dune bowl", "Dune bowl", 1, 2400, 2400),
    )
    charges = (SnapshotCharge("shipping", "Standard delivery", 490),)
    delivery = {"name": "Mara Quist", "street": "Kaistrasse 4", "postcode": "20457"}
    world.carts.carts["cart-1"] = replace(
        snapshot(lines=lines, charges=charges),
        buyer={"email": "mara@example.com", "name": "Mara Quist"},
        delivery={**delivery, "city": "Hamburg", "country": "DE"},
    )
    world.inventory.stock = {"Tide mug": 10, "Dune bowl": 10}


def back(world: World) -> None:
    """The shopper comes back, and the provider is asked."""
    world.order("confirm")
    world.tick()


def begun(world: World) -> None:
    world.start()


def waiting(world: World) -> None:
    world.start()
    world.tick()


def holding(world: World) -> None:
    world.inventory.trouble("reserve", "unavailable", FOR_EVER)
    waiting(world)


def preparing(world: World) -> None:
    world.payments.trouble("initiate", "unavailable", FOR_EVER)
    waiting(world)


def checking(world: World) -> None:
    waiting(world)
    world.payments.trouble("lookup", "unavailable", FOR_EVER)
    back(world)


def declined(error: str, final: bool = False) -> Situation:
    """A bank that says no, with this reason."""

    def begin(world: World) -> None:
        waiting(world)
        world.payments.decline(error, final=final)
        back(world)

    return begin


def closed_unpaid(world: World) -> None:
    waiting(world)
    world.payments.decline("", final=True)
    back(world)


def asked(kind: str) -> Situation:
    """What the shopper has asked for, before a worker has come to it."""

    def begin(world: World) -> None:
        (closed_unpaid if kind == "retry" else waiting)(world)
        world.order(kind)

    return begin


def paid(world: World) -> None:
    waiting(world)
    world.payments.pay()
    back(world)


def creating(world: World) -> None:
    world.orders.trouble("place", "unavailable", FOR_EVER)
    paid(world)


def undoing(world: World) -> None:
    waiting(world)
    world.payments.trouble("close", "unavailable", FOR_EVER)
    world.order("abort")
    world.tick()


def ended(begin: Situation) -> Situation:
    """The same, seen to its end."""

    def whole(world: World) -> None:
        begin(world)
        world.run_until_quiet()

    return whole


def out_of_stock(world: World) -> None:
    world.inventory.stock["Tide mug"] = 1
    world.start()


def refusing(port: str, method: str, code: str, message: str) -> Situation:
    """A neighbour that refuses with a code and a sentence of the shop."""

    def begin(world: World) -> None:
        def refuse(called: str) -> None:
            if called == method:
                raise Refused(code, message)

        world.neighbours[port].meanwhile = refuse
        world.start()
        world.tick()

    return begin


def cancelled(actor: str = "shopper") -> Situation:
    """Somebody cancels what waits for its payment."""

    def begin(world: World) -> None:
        waiting(world)
        world.order("abort", actor=actor)

    return begin


def cancelled_after_the_money(pending: bool) -> Situation:
    """The money was taken when the shopper cancelled; it is on its way back, or there."""

    def begin(world: World) -> None:
        waiting(world)
        world.payments.sale, world.payments.pending_refunds = True, True
        world.payments.pay()
        world.order("abort")
        world.run_until_quiet()
        world.payments.pending_refunds = pending
        for _ in range(4):
            world.later(600)

    return begin


def order_refused(world: World) -> None:
    world.payments.sale, world.payments.pending_refunds = True, True
    refuse = refusing("orders", "place", "order_refused", "We cannot deliver this any more.")
    refuse(world)
    world.payments.pay()
    back(world)


def another_amount(world: World) -> None:
    waiting(world)
    world.payments.pay(amount=1)
    back(world)


def found_after_weeks(world: World) -> None:
    waiting(world)
    world.payments.last.pending = True
    world.shift(28 * 86_400)
    world.payments.pay()


def too_often(world: World) -> None:
    """Another payment is asked for when there were as many as there may be."""
    closed_unpaid(world)
    for _ in range(DEFAULTS["ATTEMPTS_PER_CHECKOUT"] - 1):
        world.order("retry")
        world.tick()
        world.payments.decline("", final=True)
        back(world)


def no_database(world: World) -> None:
    waiting(world)

    def away(_: object) -> None:
        raise StorageUnavailable("The database does not answer.")

    vars(world.services.queries)["progress"] = away
