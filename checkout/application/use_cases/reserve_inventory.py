"""reserve_inventory: hold the frozen lines for as long as the shopper may take to pay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from checkout.application.port_call import Moment, PortCall, Ports
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.checkout_id import effect_key

RESERVE = "inventory.reserve"
EXTEND = "inventory.extend"
EXTEND_FOR_SHOPPER = "inventory.extend:shopper"


def reservation_key(checkout: Checkout) -> str:
    """The key under which the stock of this checkout is held."""
    return effect_key(checkout.id, RESERVE, 1)


def extension(checkout: Checkout, until: datetime) -> dict[str, Any]:
    """Arguments of an `inventory.extend`: whose hold, and until when."""
    return {"reservation": reservation_key(checkout), "until": until.isoformat()}


def _until(checkout: Checkout, moment: Moment) -> dict[str, Any]:
    return {"until": (moment.now + moment.policy.seconds("hold")).isoformat()}


def _reserve(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    until = datetime.fromisoformat(effect.arguments["until"])
    ports.inventory.reserve(effect.key, checkout.frozen.lines, until)


def _until_paid(checkout: Checkout, moment: Moment) -> dict[str, Any]:
    """Rule: the hold outlasts the payment window by the grace (failures.md G5, crash-windows W28)."""
    deadline = checkout.deadline_at or moment.now + moment.policy.seconds("payment_window")
    return extension(checkout, deadline + moment.policy.seconds("grace"))


def _extend(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    until = datetime.fromisoformat(effect.arguments["until"])
    ports.inventory.extend(effect.key, effect.arguments["reservation"], until)


def _held(checkout: Checkout, effect: Effect, answer: None, moment: Moment) -> Outcome:
    until = datetime.fromisoformat(effect.arguments["until"])
    checkout.held_until = max(until, checkout.held_until or until)
    if effect.name == EXTEND_FOR_SHOPPER:
        checkout.deadline_at = datetime.fromisoformat(effect.arguments["deadline"])
        checkout.extensions += 1
    return Outcome.DONE


CALLS = {
    RESERVE: PortCall(_reserve, _until, _held),
    EXTEND: PortCall(_extend, _until_paid, _held),
}
