"""start_checkout: one row, due at once. Everything else happens in the engine."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from checkout.application.ports.inbound.start_checkout_port import StartCheckout, Started
from checkout.application.ports.outbound.checkout_queries_port import (
    CheckoutQueriesPort,
    Ownership,
)
from checkout.application.ports.outbound.checkout_repository_port import (
    CheckoutRepositoryPort,
    NewCheckout,
)
from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId, new_checkout_id


def hashed(secret: str) -> str:
    """What is stored of an owner id or a token (SEC-1); empty stays empty and matches nobody."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


def token_of(secret: str, checkout_id: CheckoutId, nonce: str) -> str:
    """The bearer token of a checkout: derived, so that a repeated start can answer it again."""
    text = f"checkout-token:{checkout_id}:{nonce}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class StartCheckoutUseCase:
    """StartCheckoutPort. `secret` signs the tokens."""

    def __init__(
        self,
        repository: CheckoutRepositoryPort,
        queries: CheckoutQueriesPort,
        scheduler: SchedulerPort,
        secret: str,
    ) -> None:
        self._repository = repository
        self._queries = queries
        self._scheduler = scheduler
        self._secret = secret

    def start(self, command: StartCheckout) -> Started:
        """Store the checkout and ring. A cart has one live checkout: a second start returns it."""
        earlier = self._queries.started_with(command.cart, command.idempotency_key)
        if earlier is not None:
            return self._known(command, earlier)  # a replay starts nothing, also after the end
        new = self._new(command)
        stored = self._repository.start(new, command.actor)
        if stored != new.id:
            return self._known(command, stored)
        self._scheduler.ring(stored)
        return Started(stored, token_of(self._secret, stored, new.nonce), True)

    def _known(self, command: StartCheckout, checkout_id: CheckoutId) -> Started:
        owner = self._queries.ownership(checkout_id)
        if owner is None:
            raise Refused("cart_busy", "This cart is being checked out. Try again in a moment.")
        self._same_request(command, owner, checkout_id)
        self._scheduler.ring(checkout_id)
        return Started(checkout_id, token_of(self._secret, checkout_id, owner.nonce), False)

    def _new(self, command: StartCheckout) -> NewCheckout:
        checkout_id, nonce = new_checkout_id(), secrets.token_urlsafe(24)
        return NewCheckout(
            id=checkout_id,
            cart=command.cart,
            nonce=nonce,
            owner_hash=hashed(command.owner_id),
            token_hash=hashed(token_of(self._secret, checkout_id, nonce)),
            user_id=command.user_id,
            return_url=command.return_url.replace("{id}", str(checkout_id)),
            idempotency_key=command.idempotency_key,
            address_hash=command.address_hash,
        )

    def _same_request(
        self, command: StartCheckout, known: Ownership, checkout_id: CheckoutId
    ) -> None:
        """Rule: one key, one request (Idempotency-Key draft: another payload is a 422)."""
        same_key = command.idempotency_key and command.idempotency_key == known.idempotency_key
        url = command.return_url.replace("{id}", str(checkout_id))
        if same_key and url != known.return_url:
            text = "This Idempotency-Key was used before for a different request."
            raise Refused("idempotency_key_reused", text)
