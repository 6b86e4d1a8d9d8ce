"""freeze_cart: from now on nothing that happens to the cart, its prices or coupons matters."""

from __future__ import annotations

from typing import Any

from checkout.application.port_call import Moment, PortCall, Ports
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.cart_snapshot import CartSnapshot


def _which_cart(checkout: Checkout, moment: Moment) -> dict[str, Any]:
    return {"cart": checkout.cart}


def _snapshot(ports: Ports, checkout: Checkout, effect: Effect) -> CartSnapshot:
    return ports.carts.snapshot(effect.key, effect.arguments["cart"])


def _keep_snapshot(
    checkout: Checkout, effect: Effect, answer: CartSnapshot, moment: Moment
) -> Outcome:
    if checkout.snapshot is None:  # frozen once; a second answer never replaces it
        checkout.snapshot = answer
    return Outcome.DONE


def _which_coupons(checkout: Checkout, moment: Moment) -> dict[str, Any] | None:
    codes = list(checkout.frozen.coupons)
    return {"codes": codes, "buyer": checkout.frozen.buyer.get("email", "")} if codes else None


def _claim(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.coupons.claim(effect.key, effect.arguments["codes"], effect.arguments["buyer"])


def _close(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.carts.close(effect.key, effect.arguments["cart"], checkout.frozen)


CALLS = {
    "carts.snapshot": PortCall(_snapshot, _which_cart, _keep_snapshot),
    "coupons.claim": PortCall(_claim, _which_coupons),
    "carts.close": PortCall(_close, _which_cart),
}
