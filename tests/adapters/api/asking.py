"""Callers of the API. Every answer is held against the contract on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.test import Client

from checkout.adapters.inbound.access import OWNER
from tests.contracts.documents import check

START = "/api/v1/checkouts"
CSRF = "c" * 32


def proven(request: HttpRequest, cart_id: str, cart_token: str = "") -> bool:
    """The proof of a made-up shop: a token, or a list of carts in the session."""
    if cart_token:
        return cart_token == f"proof of {cart_id}"
    return cart_id in request.session.get("carts", [])


@dataclass
class Caller:
    """Somebody who calls the API: with a browser's session, a bearer token, both or neither."""

    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))
    token: str = ""
    csrf: bool = True

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send it. A `body` that is not bytes is sent as JSON; header names have underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.csrf and "sessionid" in self.client.cookies:
            self.client.cookies["csrftoken"] = CSRF
            sent["X-CSRFToken"] = CSRF
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        kind = sent.pop("Content-Type", "application/json")
        answer = self.client.generic(method, path, data, kind, headers=sent)
        if method != "HEAD":
            check(method, path, answer)
        assert answer["Cache-Control"] == "no-store"
        return answer

    def start(self, cart: str = "cart-1", key: str = "key-1", **body: Any) -> Any:
        """Place the order."""
        return self.call("POST", START, {"cart_id": cart, **body}, Idempotency_Key=key)


def browser(*carts: str, owner: str = "") -> Caller:
    """A browser with a session: its carts, and its owner id if it has one already."""
    client = Client(enforce_csrf_checks=True)
    session = client.session
    session["carts"] = list(carts)
    if owner:
        session[OWNER] = owner
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    return Caller(client)


def body_of(answer: Any) -> Any:
    """What the answer says."""
    return json.loads(answer.content)


def code_of(answer: Any) -> str:
    """The problem's word."""
    assert answer["Content-Type"] == "application/problem+json"
    body = body_of(answer)
    assert body["status"] == answer.status_code
    assert body["type"] == "urn:checkout:problem:" + body["code"].replace("_", "-")
    return str(body["code"])
