"""How a port call of the flow table is made: its arguments, its sending, its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkout.application.policy import Policy
from checkout.application.ports.outbound.carts_port import CartsPort
from checkout.application.ports.outbound.coupons_port import CouponsPort
from checkout.application.ports.outbound.inventory_port import InventoryPort
from checkout.application.ports.outbound.orders_port import OrdersPort
from checkout.application.ports.outbound.payments_port import PaymentsPort
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect, Outcome


@dataclass(frozen=True)
class Ports:
    """The neighbours of one shop, as bootstrap chose them."""

    carts: CartsPort
    coupons: CouponsPort
    inventory: InventoryPort
    orders: OrdersPort
    payments: PaymentsPort

    def transactional(self, call: str) -> bool:
        """Does this `port.method` write through our own database connection?"""
        return bool(getattr(self, call.split(".", 1)[0]).transactional)


@dataclass(frozen=True)
class Moment:
    """What a decision or an answer may know of the world: the numbers and the database's time."""

    policy: Policy
    now: datetime


def no_arguments(checkout: Checkout, moment: Moment) -> dict[str, Any] | None:
    """For calls whose arguments are given by whoever decides on them."""
    return {}


def simply_done(checkout: Checkout, effect: Effect, answer: Any, moment: Moment) -> Outcome:
    """For calls whose answer is just "done"."""
    return Outcome.DONE


def nothing_more(checkout: Checkout, effect: Effect) -> None:
    """For refusals that say all there is to say."""


@dataclass(frozen=True)
class PortCall:
    """One call of the flow table.

    `arguments` gives the JSON values that the journal keeps before the call, or None when the call
    is not needed for this checkout. `send` makes the call from exactly those. `receive` takes the
    answer into the checkout and says whether it was final. `refused` notes what a refusal means
    beyond itself. `event` is published when the call is done.
    """

    send: Callable[[Ports, Checkout, Effect], Any]
    arguments: Callable[[Checkout, Moment], dict[str, Any] | None] = no_arguments
    receive: Callable[[Checkout, Effect, Any, Moment], Outcome] = simply_done
    refused: Callable[[Checkout, Effect], None] = nothing_more
    event: str = ""
