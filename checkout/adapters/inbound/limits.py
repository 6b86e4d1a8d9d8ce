"""Limits against abuse: card testing, and stock that is held by checkouts which nobody means to pay.

An attempt is a payment that is begun: by a start, or by another try after a payment was closed.
Attempts are counted per browser session and per address, tries also per checkout; who has made too
many waits for `COOL_DOWN` seconds. All of it is the host's to set, in `settings.CHECKOUT`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checkout.adapters.inbound.access import Actor
from checkout.adapters.inbound.client_address import is_limited
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.repositories.attempt_counters import (
    Limit,
    LimitReached,
)
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId

DEFAULTS: dict[str, Any] = {
    "ATTEMPTS_PER_CHECKOUT": 4,
    "ATTEMPTS_PER_SESSION": 10,
    "ATTEMPTS_PER_ADDRESS": 30,
    "ATTEMPT_WINDOW": 600,  # seconds
    "COOL_DOWN": 300,  # seconds
    "MAX_LIVE_PER_OWNER": 5,  # at most 20, which is how many are looked at
    "MAX_LIVE_PER_ADDRESS": 20,
    "SOCKETS_PER_SESSION": 20,  # these two count in each web process
    "SOCKETS_PER_ADDRESS": 200,
    "LINKS_PER_CHECKOUT": 3,
    "LINK_LIFETIME": 604_800,  # seconds
}
security = logging.getLogger("checkout.security")


def said(name: str) -> Any:
    """A limit as the host set it, or its default."""
    return settings.CHECKOUT.get(name, DEFAULTS[name])


def address_hash(address: str) -> str:
    """How an address that is limited is kept: nobody can read it back without our secret."""
    if not is_limited(address):
        return ""
    return hmac.new(settings.SECRET_KEY.encode(), address.encode(), hashlib.sha256).hexdigest()


def begin(actor: Actor, address: str, checkout_id: CheckoutId | None = None) -> None:
    """Count an attempt: a start, or another try of this checkout. Raises Refused(`cool_down`)."""
    try:
        services().counters.take(_limits(actor, address))
    except LimitReached as reached:
        if checkout_id is not None:
            _note(checkout_id)
        raise _cool_down(reached, address) from None


def submit(command: Command, actor: Actor, address: str) -> None:
    """Hand a shopper's command in; another try is an attempt, if it may be made at all.

    Raises Refused, `cool_down` among others.
    """
    if command.kind == "link":
        ask_for_link(command.checkout_id, actor, address)
        return
    if command.kind == "retry":
        _check_checkout(services().desk.judged(command), address)
        begin(actor, address, command.checkout_id)
    services().desk.submit(command)


def ask_for_link(checkout_id: CheckoutId, actor: Actor, address: str, by: str = "page") -> None:
    """Have the shop mail a link to the checkout; two clicks within a minute are one.

    `by` is what it is asked by: the page, or the hash of an older link. Raises Refused:
    `no_mail_address`, or `cool_down` when it was asked for too often.
    """
    minute = int(read_now().timestamp() // 60)
    known_as = f"{checkout_id}:{by}:{minute}"
    command = Command(checkout_id, "link", actor.name, known_as, {"as_shopper": True})
    services().desk.judged(command)
    seconds = (said("ATTEMPT_WINDOW"), said("COOL_DOWN"))
    try:
        limit = Limit(f"link:{checkout_id}", said("LINKS_PER_CHECKOUT"), *seconds)
        services().counters.take([limit])
    except LimitReached as reached:
        raise _cool_down(reached, address) from None
    services().desk.submit(command)


def _limits(actor: Actor, address: str) -> list[Limit]:
    seconds = (said("ATTEMPT_WINDOW"), said("COOL_DOWN"))
    found = []
    if actor.owner_id:
        key = f"session:{hashed(actor.owner_id)}"
        found.append(Limit(key, said("ATTEMPTS_PER_SESSION"), *seconds))
    if mark := address_hash(address):
        found.append(Limit(f"address:{mark}", said("ATTEMPTS_PER_ADDRESS"), *seconds, address))
    return found


def _check_checkout(checkout: Checkout, address: str) -> None:
    """The attempts of a checkout are in its row, each with its time."""
    most, window = said("ATTEMPTS_PER_CHECKOUT"), timedelta(seconds=said("ATTEMPT_WINDOW"))
    begun = sorted(a.begun_at for a in checkout.payments.values() if a.begun_at)[-most:]
    if len(begun) < most or begun[-1] - begun[0] > window:
        return
    left = said("COOL_DOWN") - (read_now() - begun[-1]).total_seconds()
    if left > 0:
        _note(checkout.id)
        limit = Limit(f"checkout:{checkout.id}", most, window.total_seconds(), said("COOL_DOWN"))
        raise _cool_down(LimitReached(limit, left), address)


def _note(checkout_id: CheckoutId) -> None:
    """For staff: the checkout asks for attention, once."""
    text = "Too many payments were tried in a short time: another one was not begun yet."
    said_by = "system:limits"
    message = InboxMessage(said_by, str(checkout_id), "limit", said_by, {"reason": text})
    services().repository.receive(checkout_id, message)


def _cool_down(reached: LimitReached, address: str) -> Refused:
    seconds = max(ceil(reached.seconds), 1)
    kind = reached.limit.key.partition(":")[0]
    security.warning(
        "limit reached: %d attempts of one %s, from %s; next in %d s",
        *(reached.limit.most, kind, address or "an unknown address", seconds),
    )
    text = " ".join([_too_many(reached), _wait(ceil(seconds / 60))])
    return Refused("cool_down", text, retry_after=seconds)


def _too_many(reached: LimitReached) -> str:
    if reached.limit.key.startswith("link:"):
        return _("There were too many mails with a link in a short time.")
    return _("There were too many payment attempts in a short time.")


def _wait(minutes: int) -> str:
    text = ngettext(
        "Please try again in a minute.", "Please try again in %(minutes)s minutes.", minutes
    )
    return text % {"minutes": minutes}
