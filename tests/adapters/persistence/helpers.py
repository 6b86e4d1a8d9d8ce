"""A repository, new checkouts, and threads that begin together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from checkout.adapters.outbound.persistence.repositories.django_checkout_repository import (
    DjangoCheckoutRepository,
)
from checkout.application.ports.outbound.checkout_repository_port import (
    InboxMessage,
    Lease,
    NewCheckout,
)
from checkout.domain.value_objects.checkout_id import CheckoutId, new_checkout_id
from tests import patience

REPOSITORY = DjangoCheckoutRepository()
AT_ONCE = 8


def new(cart: str = "cart-1") -> NewCheckout:
    """What a start stores."""
    return NewCheckout(new_checkout_id(), cart, "nonce", "owner", "token", None, "/", "")


def started(cart: str = "cart-1") -> CheckoutId:
    """A new checkout, due at once."""
    return REPOSITORY.start(new(cart), "shopper")


def claimed(checkout_id: CheckoutId, seconds: float = 5) -> Lease:
    """A lease that must be had."""
    lease = REPOSITORY.claim(checkout_id, seconds)
    assert lease is not None
    return lease


def message(message_id: str = "m-1", source: str = "command") -> InboxMessage:
    """A message that nobody has seen."""
    return InboxMessage(source, message_id, "confirm", "shopper", {})


def in_threads(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Run it in threads that begin together; answers or errors."""
    together = Barrier(count)

    def one(number: int) -> Any:
        try:
            together.wait(patience.SECONDS)
            return call(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
