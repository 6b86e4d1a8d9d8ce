"""What the emulator has in its books, asked behind the adapter's back."""

from __future__ import annotations

from dataclasses import dataclass

from tests.adapters.stripe.proxy import INTENTS, StripeProxy


@dataclass(frozen=True)
class Books:
    """Sums over all payments, in Stripe's minor units; how many were made and could be paid yet."""

    payments: int
    open: int
    held: int
    charged: int
    returned: int


def books(proxy: StripeProxy) -> Books:
    """The books as they are now."""
    listed = proxy.client.get(INTENTS, params={"limit": "1000"}).json()["data"]
    intents = [proxy.intent(one["id"], True) for one in listed]
    charges = [intent["latest_charge"] for intent in intents if intent["latest_charge"]]
    paid = [charge for charge in charges if charge["status"] == "succeeded"]
    holding = [one["latest_charge"] for one in intents if one["status"] == "requires_capture"]
    refunds = proxy.client.get("/v1/refunds", params={"limit": "1000"}).json()["data"]
    sessions = proxy.sessions.sessions.values()
    unpaid = [one for one in intents if one["status"].startswith("requires_")]
    return Books(
        payments=len(sessions) or len(intents),
        open=sum(one["status"] == "open" for one in sessions) + len(unpaid) - len(holding),
        held=sum(charge["amount"] for charge in holding),
        charged=sum(charge["amount_captured"] for charge in paid),
        returned=sum(one["amount"] for one in refunds if one["payment_intent"]),
    )
