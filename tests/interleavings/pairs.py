"""The pairs: how it begins, who acts at the same time, and how it may end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from checkout.testing.proof.world import World
from tests.interleavings import parts
from tests.interleavings.parts import Doing, works

COMPLETED, ABORTED = ("completed",), ("aborted",)
EITHER = COMPLETED + ABORTED


def starts(world: World) -> None:
    """Just started: everything up to the payment page is due."""
    world.start()


def waits(world: World) -> None:
    """The shopper is on the payment page, and the next lookup is due."""
    world.start()
    world.services.engine.tick(world.known)
    world.shift(2.1)


def paid(world: World) -> None:
    """The shopper has paid and is back: everything up to the end is due."""
    world.start()
    world.services.engine.tick(world.known)
    world.payments.pay()
    world.order("confirm")


def declined(world: World) -> None:
    """The card was declined for good, we know it, and a lookup is due."""
    world.start()
    world.services.engine.tick(world.known)
    world.payments.decline(final=True)
    world.order("confirm")
    world.services.engine.tick(world.known)
    world.order("confirm")


def cancelled(world: World) -> None:
    """The shopper has paid and cancelled: everything is to be given back."""
    world.start()
    world.services.engine.tick(world.known)
    world.payments.pay()
    world.order("abort")


@dataclass(frozen=True)
class Pair:
    """Two actors that meet. `calls`: how often a neighbour may be called with one key at the most.

    `pays`: the shopper pays afterwards, if that is still possible.
    """

    name: str
    begins: Doing
    first: Doing
    second: Doing
    ends: tuple[str, ...]
    pays: bool = True
    calls: int = 1
    remote: bool = True

    @property
    def label(self) -> str:
        """The name, and where the neighbours live."""
        return f"{self.name} ({'remote' if self.remote else 'local'})"

    @property
    def kind(self) -> str:
        """Who meets."""
        return self.name.split(":", maxsplit=1)[0]


def _remote_and_local(*pairs: Pair) -> tuple[Pair, ...]:
    """Also with neighbours in our own database, whose calls share a transaction with our rows."""
    return tuple(replace(pair, remote=remote) for pair in pairs for remote in (True, False))


PAIRS = (
    *_remote_and_local(
        Pair("worker + worker: start", starts, works, works, COMPLETED),
        Pair("worker + worker: paid", paid, works, works, COMPLETED),
        Pair("worker + webhook: waiting", waits, works, parts.pays_and_tells, COMPLETED),
        Pair("worker + webhook: early", starts, works, parts.pays_and_tells, COMPLETED),
        Pair("worker + staff: start", starts, works, parts.staff_aborts, ABORTED),
        Pair("worker + staff: paid", paid, works, parts.staff_forces, EITHER),
        Pair("worker + shopper: declined", declined, works, parts.retries, COMPLETED),
        Pair("worker + shopper: extends", waits, works, parts.extends, COMPLETED),
        Pair("worker + sweep: start", starts, works, parts.sweeps, COMPLETED),
        Pair("worker + sweep: paid", paid, works, parts.sweeps, COMPLETED),
        Pair("zombie: start", starts, works, parts.takes_over, COMPLETED, calls=2),
        Pair("zombie: paid", paid, works, parts.takes_over, COMPLETED, calls=2),
        Pair("zombie: cancelled", cancelled, works, parts.takes_over, ABORTED, calls=2),
    ),
    Pair("zombie: undone", starts, works, parts.cancels_and_takes_over, ABORTED, False, 2),
    Pair("worker + sweep: events", waits, parts.relays, parts.sweeps, COMPLETED),
    Pair("zombie: events", waits, parts.relays, parts.relays_after_a_stall, COMPLETED),
)
