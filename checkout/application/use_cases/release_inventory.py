"""release_inventory: give back stock, coupons and cart, independently of each other."""

from __future__ import annotations

from checkout.application.port_call import PortCall, Ports
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect

RELEASE = "inventory.release"
INDEPENDENT = (RELEASE, "coupons.release", "carts.reopen")


def _release(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.inventory.release(effect.key, effect.arguments["undoes"])


def _release_coupons(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.coupons.release(effect.key, effect.arguments["undoes"])


def _reopen(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.carts.reopen(effect.key, effect.arguments["undoes"], checkout.cart)


def undo_was_refused(checkout: Checkout, effect: Effect) -> None:
    """Recorded, flagged, passed over: a refused undo must not keep the rest from being undone."""
    checkout.needs_attention = "undo_refused"  # more urgent than why it was undone


CALLS = {
    RELEASE: PortCall(_release, refused=undo_was_refused),
    "coupons.release": PortCall(_release_coupons, refused=undo_was_refused),
    "carts.reopen": PortCall(_reopen, refused=undo_was_refused),
}
