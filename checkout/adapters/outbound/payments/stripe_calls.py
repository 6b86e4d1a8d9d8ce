"""Talking to Stripe: one client, no retries of its own, and every error in the words of the ports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import stripe
from stripe import RequestsClient, StripeClient

from checkout.adapters.outbound.payments.stripe_facts import StripePayment
from checkout.adapters.outbound.payments.stripe_settings import StripeSettings
from checkout.domain.exceptions import Refused, Unavailable

if TYPE_CHECKING:
    from stripe._base_address import BaseAddresses

IN_BETWEEN = (408, 409, 429)  # too slow, the key is under way elsewhere, too fast
TRIES_OF_A_KEY = 3


class Spoilt(Unavailable):
    """Stripe has kept an error of its own under our key, and gives it as the answer for a day."""


class OtherRequest(Refused):
    """Stripe knows the key with another request than this one."""


def connect(said: StripeSettings) -> StripeClient:
    """A client for all threads. Retries are the checkout's, which keeps count of them."""
    http = RequestsClient(timeout=(said.timeout * 0.3, said.timeout * 0.7))
    where: BaseAddresses = {"api": said.api_url.rstrip("/")} if said.api_url else {}
    return StripeClient(said.api_key, http_client=http, max_network_retries=0, base_addresses=where)


def answer(code: str, send: Callable[[], Any]) -> dict[str, Any]:
    """What `send` brings, as plain JSON.

    Raises Unavailable for silence and for everything that leaves open what happened, Refused(`code`)
    for a definite no, RuntimeError when Stripe does not accept who we are.
    """
    try:
        said = send()
    except stripe.StripeError as error:
        raise _understood(error, code) from None
    if not isinstance(said, stripe.StripeObject):
        raise Unavailable("Stripe answered without sense.")
    return said.to_dict()


def everything(send: Callable[[], Any], most: int, seconds: float) -> Iterator[dict[str, Any]]:
    """All objects of a list, page after page.

    Raises Unavailable beyond `most` of them, or when they take longer than `seconds`.
    """
    until = time.monotonic() + seconds
    try:
        pages = send()
        listed = isinstance(pages, stripe.ListObject) and getattr(pages, "data", None)
        if not isinstance(listed, list):
            raise Unavailable("Stripe answered without a list.")
        for number, one in enumerate(pages.auto_paging_iter()):
            if number >= most or time.monotonic() > until:
                raise Unavailable("Stripe has more of them than can be looked through now.")
            yield one.to_dict()
    except stripe.StripeError as error:
        raise _understood(error, "lookup_refused") from None


def once(
    key: str,
    send: Callable[[str], StripePayment],
    find: Callable[[], StripePayment | None],
) -> StripePayment:
    """Do it once, however often it is asked for under this key.

    A 500 stays under its key, so that asking again brings nothing new. The request is over by then:
    what it did can be found, and if there is nothing, the next key is as good as a first.
    """
    for number in range(1, TRIES_OF_A_KEY + 1):
        try:
            return send(key if number == 1 else f"{key}:{number}")
        except Spoilt:
            found = find()
            if found is not None:
                return found
    raise Unavailable("Stripe has an error of its own under each of our keys.")


def _understood(error: stripe.StripeError, code: str) -> Exception:
    status = error.http_status or 0
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        text = 'Stripe does not accept our key for this: see CHECKOUT["STRIPE"]["API_KEY"].'
        return RuntimeError(text)
    slower = isinstance(error, stripe.RateLimitError)
    if slower or not 400 <= status < 500 or status in IN_BETWEEN:
        replayed = (error.headers or {}).get("idempotent-replayed") == "true"
        kind = Spoilt if replayed and status >= 500 else Unavailable
        return kind(f"Stripe gave no answer: {type(error).__name__} {status or ''}".rstrip() + ".")
    refusal = OtherRequest if isinstance(error, stripe.IdempotencyError) else Refused
    text = error.user_message or "Stripe said no."
    return refusal(code, text, reason=error.code or "", status=status)
