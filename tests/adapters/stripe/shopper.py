"""What the shopper does in the browser: on Stripe's page, or on the shop's own with Stripe's scripts.

It talks to the emulator directly, as the browser does: nothing of it passes through the adapter.
"""

from __future__ import annotations

from typing import Any

from tests.adapters.stripe.proxy import INTENTS, StripeProxy

GOOD, DECLINED = "4242424242424242", "4000000000000341"
ASKS, ASKS_THEN_DECLINES = "4000002500003155", "4000008260003178"  # for 3-D Secure


class NotPossible(Exception):
    """The page takes no payment any more."""


class Shopper:
    """Pays the payment that a reference names, whichever page it has."""

    def __init__(self, proxy: StripeProxy) -> None:
        self._proxy = proxy

    def pay(self, reference: str, card: str = GOOD, amount: int | None = None) -> str:
        """Type in a card. Answers the status of the intent. Raises NotPossible on a shut page."""
        method = self._post("/v1/payment_methods", **_card(card))["id"]
        if reference.startswith("cs_"):
            session = self._open_session(reference)
            asked = {"amount": amount or session["amount_total"], "currency": session["currency"]}
            ours = {f"metadata[{name}]": value for name, value in session["metadata"].items()}
            more = {"capture_method": "manual", "payment_method": method}
            session["payment_intent"] = self._post(INTENTS, **asked, **ours, **more)["id"]
        else:
            changed = {"amount": amount} if amount else {}
            self._post(f"{INTENTS}/{reference}", payment_method=method, **changed)
        self._post(f"{INTENTS}/{self._intent(reference)}/confirm")
        return self._after(reference)

    def authenticate(self, reference: str, success: bool) -> str:
        """Answer the bank's question."""
        name = self._intent(reference)
        secret = self._proxy.intent(name, False)["client_secret"]
        said = {"key": "pk_test_browser", "client_secret": secret, "success": str(success).lower()}
        self._post(f"{INTENTS}/{name}/_authenticate", **said)
        return self._after(reference)

    def _intent(self, reference: str) -> str:
        session = self._proxy.sessions.sessions.get(reference)
        return session["payment_intent"] if session else reference

    def _after(self, reference: str) -> str:
        """The page is done once the money is held."""
        status: str = self._proxy.intent(self._intent(reference), False)["status"]
        session = self._proxy.sessions.sessions.get(reference)
        if session and status in ("requires_capture", "succeeded"):
            session.update(status="complete", url=None)
        return status

    def _open_session(self, reference: str) -> dict[str, Any]:
        session = self._proxy.sessions.sessions[reference]
        if session["status"] != "open":
            raise NotPossible(f"The page of {reference} is {session['status']}.")
        return session

    def _post(self, path: str, **said: Any) -> dict[str, Any]:
        answer = self._proxy.client.post(path, data={name: str(v) for name, v in said.items()})
        content: dict[str, Any] = answer.json()
        if answer.status_code == 400:
            raise NotPossible(str(content))
        return content


def _card(number: str) -> dict[str, str]:
    card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    return {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
