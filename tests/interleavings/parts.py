"""What one actor does: a worker, a relay, a sweep, a webhook, a command, a worker that takes over."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

from checkout.application.ports.inbound.confirm_checkout_port import ProviderCall
from checkout.domain.exceptions import Refused
from checkout.sagas.engine import Tick
from checkout.testing.proof.world import World
from tests.interleavings.actors import pause

Doing = Callable[[World], None]
BEYOND_ANY_LEASE = 15.0  # seconds


def works(world: World) -> None:
    """A worker that was rung for: one tick."""
    result = world.services.engine.tick(world.known)
    assert result not in (Tick.PARKED, Tick.STORAGE), f"the tick ended {result}"


def relays(world: World) -> None:
    """A worker's second half: it hands over what there is to tell."""
    world.services.relay.deliver(world.known)


def sweeps(world: World) -> None:
    """One round of a sweep that looks at everything which is due, one after another."""
    for checkout_id in world.services.repository.due(0.0, 100):
        world.services.engine.tick(checkout_id, "system:sweep")
    world.services.repository.adopt_all_parked()
    world.services.relay.deliver_waiting()


def takes_over(world: World) -> None:
    """The lease of whoever drives lapses, and another worker goes on."""
    world.shift(BEYOND_ANY_LEASE)
    works(world)


def relays_after_a_stall(world: World) -> None:
    """The same for the lease on an event."""
    world.shift(BEYOND_ANY_LEASE)
    relays(world)


def cancels_and_takes_over(world: World) -> None:
    """Staff cancels while the lease lapses."""
    staff_aborts(world)
    takes_over(world)


def pays_and_tells(world: World) -> None:
    """The shopper pays, and the provider's message comes, with the provider's own id only."""
    if not world.payments.payments:
        return
    world.payments.pay()
    pause("paid")
    said = {"id": f"evt_{world.known}", "kind": "paid", "merchant_reference": ""}
    body = json.dumps({**said, "reference": world.payments.last.reference}).encode()
    world.services.desk.receive(ProviderCall("simulated", {"x-signature": "valid"}, body))


def staff_aborts(world: World) -> None:
    """Staff cancels, if they still may."""
    with suppress(Refused):
        world.order("abort", actor="user:7", reason="on the phone")


def staff_forces(world: World) -> None:
    """Staff forces the way back, if that is still possible."""
    with suppress(Refused):
        world.order("force", edge="force_abort", actor="user:7", reason="on the phone")


def retries(world: World) -> None:
    """The shopper wants to try another card, if that may be tried."""
    with suppress(Refused):
        world.order("retry")


def extends(world: World) -> None:
    """The shopper asks for more time, if they may."""
    with suppress(Refused):
        world.order("extend")
