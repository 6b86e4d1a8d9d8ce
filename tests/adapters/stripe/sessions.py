"""A strict fake of Stripe's Checkout Sessions, which the emulator does not know.

It takes exactly the requests that the adapter makes, in the shapes of Stripe's reference, and lets
the emulator make the PaymentIntent when the shopper pays, as Stripe does since 2022.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from tests.adapters.stripe.forms import leaves

Answer = tuple[int, dict[str, Any]]

PRICE = "line_items.0.price_data"
CREATE = {  # every parameter that may come, and how it must look
    "mode": r"payment",
    "client_reference_id": r".{1,200}",
    "line_items.0.quantity": r"1",
    f"{PRICE}.currency": r"[a-z]{3}",
    f"{PRICE}.unit_amount": r"[1-9]\d{0,7}",
    f"{PRICE}.product_data.name": r".{1,250}",
    "payment_intent_data.capture_method": r"manual",
    "payment_intent_data.metadata.checkout_key": r".{1,500}",
    "payment_intent_data.metadata.checkout_digest": r".{1,500}",
    "metadata.checkout_key": r".{1,500}",
    "metadata.checkout_digest": r".{1,500}",
    "adaptive_pricing.enabled": r"false",
    "success_url": r"https?://.+",
    "cancel_url": r"https?://.+",
}
ALLOWED = {"locale": r"[a-z-]{2,6}", "payment_method_types.0": r"card"}  # what a shop may add
SMALLEST = 50


def error(status: int, message: str, code: str = "", **more: Any) -> Answer:
    """An error as Stripe words it."""
    said = {"type": "invalid_request_error", "message": message, **more}
    return status, {"error": {**said, "code": code} if code else said}


class CheckoutSessions:
    """Sessions by id, newest last. `intent(id, expand)` reads an intent from the emulator."""

    def __init__(
        self,
        pages: str,
        intent: Callable[[str, bool], dict[str, Any]],
        cancel: Callable[[str], object],
    ) -> None:
        self.pages = pages
        self.sessions: dict[str, dict[str, Any]] = {}
        self._intent, self._cancel = intent, cancel
        self._numbers = itertools.count(1)

    def handle(self, method: str, path: str, said: dict[str, Any]) -> Answer:
        """One request below `/v1/checkout/sessions`."""
        if method == "POST" and not path:
            return self._create(said)
        if method == "GET" and not path:
            return self._list(said)
        session = self.sessions.get(path.split("/")[1])
        if session is None:
            return error(404, "No such checkout session", "resource_missing", param="session")
        if method == "GET" and path.count("/") == 1:
            return 200, self._shown(session, said)
        if method == "POST" and path.endswith("/expire"):
            return self._expire(session, said)
        return error(404, f"Unrecognized request URL ({method}: {path}).")

    def made(self, intent: str) -> bool:
        """Whether this intent belongs to a session: it is cancelled only while it holds money."""
        return any(one["payment_intent"] == intent for one in self.sessions.values())

    def _create(self, said: dict[str, Any]) -> Answer:
        given = leaves(said)
        for name in CREATE:
            if name not in given:
                return error(400, f"Missing required param: {name}.", "parameter_missing")
        for name, value in given.items():
            shape = {**CREATE, **ALLOWED}.get(name)
            if shape is None:
                return error(400, f"Received unknown parameter: {name}", "parameter_unknown")
            if not re.fullmatch(shape, value):
                return error(400, f"Invalid {name}: {value}", "parameter_invalid")
        amount = int(given[f"{PRICE}.unit_amount"])
        if amount < SMALLEST:
            return error(400, "The total amount due is too small.", "amount_too_small")
        name = f"cs_test_{next(self._numbers)}"
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "amount_total": amount,
            "client_reference_id": given["client_reference_id"],
            "created": int(time.time()),
            "currency": given[f"{PRICE}.currency"],
            "livemode": False,
            "metadata": said["metadata"],
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": given["success_url"],
            "url": f"{self.pages}/c/pay/{name}",
        }
        return 200, dict(self.sessions[name])

    def _list(self, said: dict[str, Any]) -> Answer:
        since = int(said.get("created", {}).get("gte", 0))
        found = [one for one in reversed(self.sessions.values()) if one["created"] >= since]
        return 200, page_of(found, said, "/v1/checkout/sessions")

    def _shown(self, session: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        expand = set(said.get("expand", {}).values())
        if not session["payment_intent"] or "payment_intent" not in " ".join(expand):
            return dict(session)
        with_charge = "payment_intent.latest_charge" in expand
        return {**session, "payment_intent": self._intent(session["payment_intent"], with_charge)}

    def _expire(self, session: dict[str, Any], said: dict[str, Any]) -> Answer:
        if session["status"] != "open":
            text = "Only Checkout Sessions with a status in ['open'] can be expired."
            return error(400, text)
        session.update(status="expired", url=None)
        if session["payment_intent"]:
            self._cancel(session["payment_intent"])
        return 200, self._shown(session, said)


def page_of(found: list[dict[str, Any]], said: dict[str, Any], url: str) -> dict[str, Any]:
    """One page of a list, newest first, as Stripe pages it."""
    after, limit = said.get("starting_after"), int(said.get("limit", 10))
    ids = [one["id"] for one in found]
    begin = ids.index(after) + 1 if after else 0
    return {
        "object": "list",
        "data": found[begin : begin + limit],
        "has_more": len(found) > begin + limit,
        "url": url,
    }
