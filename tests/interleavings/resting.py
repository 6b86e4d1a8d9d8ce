"""After a schedule: bring the world to rest and look at everything that must hold."""

from __future__ import annotations

from django.db import connection

from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutOutbox
from checkout.domain.exceptions import Refused
from checkout.testing.proof.invariants import check, check_always
from checkout.testing.proof.world import World
from tests.interleavings.pairs import Pair
from tests.interleavings.parts import sweeps

TABLES = ("inbox", "outbox", "progress", "summary", "history", "effect", "session")
MOST_ROUNDS = 60


def check_at_once(world: World) -> None:
    """What must hold as soon as both actors are done."""
    check_always(world)
    row, now = world.row, database_time.read_now()
    waiting = CheckoutInbox.objects.filter(checkout=world.id, applied_at=None)
    slept_over = row.due_at is None or row.due_at > now
    assert not (slept_over and waiting.exists()), "W25: a message is slept over"


def check_at_rest(world: World, pair: Pair) -> None:
    """Bring it to rest, as the sweep and the shopper do, and check what must hold then."""
    _come_to_rest(world, pair)
    state = world.checkout.state
    assert state in pair.ends, f"Q1: it ended {state}, not {' or '.join(pair.ends)}"
    assert not world.checkout.needs_attention, f"L1: {world.checkout.needs_attention}"
    check(world, most_calls=pair.calls)


def _come_to_rest(world: World, pair: Pair) -> None:
    world.bell.lose_everything()
    for _ in range(MOST_ROUNDS):
        if pair.pays:
            _pay(world)
        sweeps(world)
        if world.at_rest and world.checkout.state.is_final:
            return
        world.bell.lose_everything()
        world.jump()
    raise AssertionError(f"L1: it never came to rest: {world.state}, {world.row.due_at}")


def _pay(world: World) -> None:
    """The shopper pays on a page that is open, and comes back."""
    if world.state != "awaiting_payment":
        return
    facts = world.payments.last.facts
    if facts.closed and not facts.paid:
        try:
            world.order("retry")
        except Refused:
            return
    elif not facts.paid:
        world.payments.pay()
        world.order("confirm")


def future(world: World) -> str:
    """All that decides what can still happen, without ids and times.

    Two schedules that end alike have one future, and it is looked at once.
    """
    checkout, row, now = world.checkout, world.row, database_time.read_now()
    moments = [row.due_at, row.lease_until, *(a.ask_at for a in checkout.payments.values())]
    messages = CheckoutInbox.objects.order_by("id").values_list("kind", "outcome", "checkout")
    events = CheckoutOutbox.objects.order_by("id").values_list("name", "sent_at", "lease_until")
    seen = (
        [(moment is None, moment is not None and moment <= now) for moment in moments],
        [(passage.edge, passage.actor) for passage in checkout.history],
        sorted((e.key, e.outcome, e.tries, bool(e.retry_at)) for e in checkout.effects.values()),
        list(messages),
        [(name, bool(sent), bool(leased)) for name, sent, leased in events],
        _ledgers(world),
    )
    return repr(seen).replace(str(world.id), "").replace(repr(world.id), "")


def _ledgers(world: World) -> list[object]:
    inventory, coupons, carts, orders = world.inventory, world.coupons, world.carts, world.orders
    return [
        [sorted(fake.calls) for fake in world.neighbours.values()],
        [payment.facts for payment in world.payments.payments.values()],
        [inventory.held, inventory.committed, sorted(inventory.released)],
        [coupons.claims, coupons.redeemed, sorted(coupons.released)],
        [carts.closed_by, sorted(carts.tombstones), list(orders.placed), sorted(orders.cancelled)],
        [event["sequence"] for event in world.published.events],
    ]


def clean() -> None:
    """Leave nothing for the next schedule."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM checkout_checkout{table}")
