"""What stands between "Place order" and the start: the host's limits, and one key for one request."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from checkout.adapters.inbound import limits
from checkout.adapters.inbound.access import Actor
from checkout.application.ports.inbound.start_checkout_port import StartCheckout, Started
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused


def canonical(cart: str) -> str:
    """One name per cart: a UUID can be written in many ways, and each would be another cart."""
    try:
        return str(UUID(cart))
    except ValueError:
        return cart


def start(actor: Actor, cart: str, return_url: str, key: str = "", address: str = "") -> Started:
    """Start a checkout of a cart that the actor has been proven to own, coming from `address`.

    A start that only leads to a checkout which is there already is never held up. Raises Refused:
    `idempotency_key_reused` when the key came with another request of the same client before,
    `too_many_checkouts` when this browser or this address has that many live ones of other carts,
    `cool_down` when either has begun too many payments in a short time.
    """
    mark = limits.address_hash(address)
    _check_key(hashed(actor.owner_id), cart, key, mark)
    if not services().queries.is_known(cart, key):
        _check_live(actor, mark)
        limits.begin(actor, address)
    return services().start.start(
        StartCheckout(
            cart=cart,
            owner_id=actor.owner_id,
            user_id=actor.user_id,
            return_url=return_url,
            idempotency_key=key,
            actor=actor.name,
            address_hash=mark,
        )
    )


def _check_key(owner: str, cart: str, key: str, mark: str) -> None:
    """Rule: one key, one request (Idempotency-Key draft); of one browser, else of one address."""
    if key and services().queries.has_other_cart(key, cart, owner, "" if owner else mark):
        text = "This Idempotency-Key was used before for a different cart."
        raise Refused("idempotency_key_reused", text)


def _check_live(actor: Actor, mark: str) -> None:
    queries = services().queries
    most, most_here = limits.said("MAX_LIVE_PER_OWNER"), limits.said("MAX_LIVE_PER_ADDRESS")
    owned = actor.owner_id and len(queries.live_of_owner(hashed(actor.owner_id))) >= most
    if owned or (mark and queries.live_from(mark, most_here) >= most_here):
        text = _("Too many orders are being placed at once. Finish or cancel one of them first.")
        raise Refused("too_many_checkouts", text)
