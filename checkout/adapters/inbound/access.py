"""Who may see a checkout. The one rule for pages, REST and WebSocket.

A checkout belongs to the browser that started it (a random id in its session data, or a start that
it took part in), to the user who was logged in then, and to whoever holds its bearer token.
Everybody else is told that it does not exist, before anything else is looked at.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from checkout.application.ports.outbound.checkout_queries_port import Ownership
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services
from checkout.domain.exceptions import UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId, parse_checkout_id

OWNER = "checkout_owner_id"
STARTED = "checkouts_started"  # hashes of the tokens that this browser was given
MOST_REMEMBERED = 20
_NOBODY = Ownership("", "", "", None, "", "", "")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `token` is None without a Bearer header; with one, the cookies say nothing.

    `owner_id` is the browser's random id (empty when it has none), `user_id` the logged-in user,
    `started` the hashes of tokens that its starts were answered with.
    """

    token: str | None = None
    owner_id: str = ""
    user_id: int | None = None
    started: tuple[str, ...] = ()

    @property
    def by_cookie(self) -> bool:
        """True when only cookies speak for the asker, so that CSRF must be checked."""
        return self.token is None

    @property
    def name(self) -> str:
        """How history calls them: `shopper` or `user:7`."""
        return "shopper" if self.user_id is None else f"user:{self.user_id}"


def bearer(authorization: str) -> str | None:
    """The token of an Authorization header; None when it is no Bearer header."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def owner_id_of(session: SessionBase, *, create: bool = False) -> str:
    """The browser's random id, kept in the session's data (the session key changes at login)."""
    owner_id = str(session.get(OWNER) or "")
    if not owner_id and create:
        owner_id = secrets.token_urlsafe(32)
        session[OWNER] = owner_id
    return owner_id


def actor_of(request: HttpRequest) -> Actor:
    """Who sends this request. Reads the session, so not on an event loop."""
    token = bearer(request.headers.get("Authorization", ""))
    return _by_cookie(request.session, request.user) if token is None else Actor(token)


def actor_of_scope(scope: Mapping[str, Any]) -> Actor:
    """Who opens this socket: the same, from an ASGI scope. Reads the session, so not on a loop."""
    headers = {name.lower(): value for name, value in scope.get("headers", ())}
    token = bearer(headers.get(b"authorization", b"").decode("latin-1"))
    if token is not None:
        return Actor(token)
    return _by_cookie(scope.get("session"), scope.get("user"))


def actor_by_now(scope: Mapping[str, Any]) -> Actor:
    """Whom this open socket speaks for by now: session and user are read anew."""
    opened = actor_of_scope({"headers": scope.get("headers", ())})
    if opened.token is not None or scope.get("session") is None:
        return opened
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key_of_scope(scope))
    return _by_cookie(request.session, get_user(request))


def key_of_scope(scope: Mapping[str, Any]) -> str:
    """The session key that the cookie of this socket named; empty without one. Reads nothing."""
    session = scope.get("session")
    return "" if session is None else session.session_key or ""


def _by_cookie(session: SessionBase | None, user: Any) -> Actor:
    known = user is not None and user.is_authenticated
    owner_id = "" if session is None else owner_id_of(session)
    started = () if session is None else tuple(session.get(STARTED, ()))
    return Actor(None, owner_id, user.pk if known else None, started)


def remember(session: SessionBase, token: str) -> None:
    """This browser took part in the start of the checkout with this token.

    Two forms that arrive together save the session over each other, each with an owner id of its
    own. The token is the same for both, so whichever is kept leads to the checkout.
    """
    admit(session, hashed(token))


def admit(session: SessionBase, token_hash: str) -> None:
    """This browser may see the checkout whose token has this hash, as if it had started it."""
    others = [known for known in session.get(STARTED, ()) if known != token_hash]
    session[STARTED] = [*others, token_hash][-MOST_REMEMBERED:]


def may_see(actor: Actor, ownership: Ownership) -> bool:
    """Whether the checkout is the actor's. Hashes are compared in constant time."""
    if actor.token is not None:
        return _same(actor.token, ownership.token_hash)
    mine = _same(actor.owner_id, ownership.owner_hash) or any(
        hmac.compare_digest(known, ownership.token_hash) for known in actor.started
    )
    return mine or (actor.user_id is not None and actor.user_id == ownership.user_id)


def authorised(actor: Actor, checkout_id: str) -> CheckoutId:
    """The id, when it names a checkout of the actor's.

    Raises UnknownCheckout, alike for a malformed id, an unknown checkout and somebody else's.
    """
    try:
        found = parse_checkout_id(checkout_id)
    except ValueError as error:
        raise UnknownCheckout("There is no such checkout.") from error
    ownership = services().queries.ownership(found)
    if not may_see(actor, ownership or _NOBODY):
        raise UnknownCheckout("There is no such checkout.")
    return found


def allowed(asked: Sequence[tuple[Actor | None, CheckoutId]]) -> list[bool]:
    """For each of these askers, whether this checkout is theirs; by one query for all."""
    found = services().queries.ownerships([checkout_id for _, checkout_id in asked])
    return [
        actor is not None and may_see(actor, found.get(checkout_id, _NOBODY))
        for actor, checkout_id in asked
    ]


def _same(secret: str, stored: str) -> bool:
    same = hmac.compare_digest(hashed(secret), stored)
    return same and bool(secret)
