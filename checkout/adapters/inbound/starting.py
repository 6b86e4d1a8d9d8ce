"""What stands between "Place order" and the start: the host's limit, and one key for one request."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from checkout.adapters.inbound.access import Actor
from checkout.application.ports.inbound.start_checkout_port import StartCheckout, Started
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused

MAX_LIVE_PER_OWNER = 5  # at most 20, which is how many are looked at


def canonical(cart: str) -> str:
    """One name per cart: a UUID can be written in many ways, and each would be another cart."""
    try:
        return str(UUID(cart))
    except ValueError:
        return cart


def start(actor: Actor, cart: str, return_url: str, key: str = "") -> Started:
    """Start a checkout of a cart that the actor has been proven to own.

    Raises Refused: `too_many_checkouts` when this browser has that many live ones of other carts,
    `idempotency_key_reused` when the key came with another request before.
    """
    if actor.owner_id:
        _check(actor.owner_id, cart, key)
    return services().start.start(
        StartCheckout(
            cart=cart,
            owner_id=actor.owner_id,
            user_id=actor.user_id,
            return_url=return_url,
            idempotency_key=key,
            actor=actor.name,
        )
    )


def _check(owner_id: str, cart: str, key: str) -> None:
    queries = services().queries
    ids = queries.live_of_owner(hashed(owner_id))
    live = [found for found in map(queries.ownership, ids) if found is not None]
    if any(key and known.idempotency_key == key and known.cart != cart for known in live):
        text = "This Idempotency-Key was used before for a different cart."
        raise Refused("idempotency_key_reused", text)
    most = settings.CHECKOUT.get("MAX_LIVE_PER_OWNER", MAX_LIVE_PER_OWNER)
    if len(live) >= most and cart not in {known.cart for known in live}:
        text = "Too many orders are being placed at once. Finish or cancel one of them first."
        raise Refused("too_many_checkouts", text)
