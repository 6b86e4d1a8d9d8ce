"""What Stripe's objects say about one payment, as cumulative facts. All of them are plain JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from checkout.adapters.outbound.payments.stripe_amounts import from_stripe
from checkout.domain.exceptions import Unavailable
from checkout.domain.value_objects.payment_facts import PaymentFacts

KEY, DIGEST = "checkout_key", "checkout_digest"  # our names in Stripe's metadata
FAILED_REFUNDS = ("failed", "canceled")
PAID, OVER = ("requires_capture", "succeeded"), ("succeeded", "canceled")
DECIDING, FAILED = "processing", "requires_payment_method"

# Stripe's code → the word that chooses the shopper's sentence. Everything else, stolen and
# fraudulent cards among it, is one word: who holds the card must not learn why.
DECLINED = "card_declined"
DECLINES = {
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "invalid_expiry_month": "expired_card",
    "invalid_expiry_year": "expired_card",
    "incorrect_cvc": "incorrect_cvc",
    "invalid_cvc": "incorrect_cvc",
    "incorrect_number": "incorrect_number",
    "invalid_number": "incorrect_number",
    "processing_error": "processing_error",
    "issuer_not_available": "processing_error",
    "reenter_transaction": "processing_error",
    "try_again_later": "processing_error",
    "authentication_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
}


@dataclass
class StripePayment:
    """A payment as it was read: its intent, the Checkout Session around it, all of its refunds.

    The intent is empty until the shopper first tries to pay: Stripe makes it then.
    """

    intent: dict[str, Any] = field(default_factory=dict)
    session: dict[str, Any] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of_session(cls, session: dict[str, Any]) -> StripePayment:
        """A Checkout Session with its intent expanded."""
        return cls(intent=session.get("payment_intent") or {}, session=session)

    @property
    def reference(self) -> str:
        """The id that the shop keeps."""
        return text(self.session or self.intent, "id")

    @property
    def charge(self) -> dict[str, Any]:
        """The newest try of a card; empty before the first."""
        return self.intent.get("latest_charge") or {}

    @property
    def key(self) -> str:
        """The key of the `initiate` that made it."""
        return key_of(self.session or self.intent)


def facts_of(payment: StripePayment) -> PaymentFacts:
    """The facts. Raises Unavailable when they are not all there.

    What was authorised and is neither captured nor capturable any more was let go: an
    authorisation that lapsed, was cancelled, or was captured only in part.
    """
    outer = payment.session or payment.intent
    currency = text(outer, "currency").upper()
    authorised, captured = _authorised(payment.charge), _captured(payment.charge)
    status = payment.intent.get("status", "")
    let_go = authorised - captured if status in OVER else 0
    refunded, failed = _refunded(payment, let_go) if captured else (0, 0)
    amounts = {
        "authorised": authorised,
        "captured": captured,
        "refunded": refunded,
        "refund_failed": failed,
        "voided": let_go,
    }
    return PaymentFacts(
        currency=currency,
        digest=str((outer.get("metadata") or {}).get(DIGEST, "")),
        closed=_closed(payment),
        error=decline(payment.intent.get("last_payment_error")),
        **{name: from_stripe(amount, currency) for name, amount in amounts.items()},
    )


def key_of(thing: dict[str, Any]) -> str:
    """Our key in the metadata of an object of Stripe's; empty for what is not ours."""
    said = thing.get("metadata")
    key = said.get(KEY, "") if isinstance(said, dict) else ""
    return key if isinstance(key, str) else ""


def decline(error: dict[str, Any] | None) -> str:
    """The word for why a card was not taken: the bank's code first, then Stripe's."""
    if not error:
        return ""
    codes = (error.get("decline_code"), error.get("code"))
    return next((DECLINES[code] for code in codes if code in DECLINES), DECLINED)


def text(thing: dict[str, Any], name: str) -> str:
    """A word of the answer. Raises Unavailable when it is not there."""
    value = thing.get(name)
    if not isinstance(value, str):
        raise Unavailable(f"Stripe answered without {name}.")
    return value


def _number(thing: dict[str, Any], name: str) -> int:
    value = thing.get(name)
    if type(value) is not int:
        raise Unavailable(f"Stripe answered without {name}.")
    return value


def _authorised(charge: dict[str, Any]) -> int:
    """A charge that only holds money has succeeded too, as Stripe counts."""
    return _number(charge, "amount") if charge.get("status") == "succeeded" else 0


def _captured(charge: dict[str, Any]) -> int:
    taken = charge.get("status") == "succeeded" and charge.get("captured")
    return _number(charge, "amount_captured") if taken else 0


def _closed(payment: StripePayment) -> bool:
    """Can no more money come, or is all of it there?

    A page is shut when it has expired or is complete, also when the bank said no in the end. A bank
    that still decides may say yes, though the page has expired meanwhile.
    """
    status, page = payment.intent.get("status", ""), payment.session.get("status")
    if page == "expired":
        return status != DECIDING
    if page == "open":
        return status in PAID
    return status in (*PAID, *OVER) or (page == "complete" and status == FAILED)


def _refunded(payment: StripePayment, let_go: int) -> tuple[int, int]:
    """Refunds that were decided, and those of them that failed. A pending one is in neither.

    Stripe books what a partial capture left behind as a refund. That money was never taken.
    """
    decided = failed = 0
    for refund in payment.refunds:
        amount, status = _number(refund, "amount"), refund.get("status")
        if let_go and amount == let_go and not key_of(refund):
            let_go = 0
        elif status in FAILED_REFUNDS:
            decided, failed = decided + amount, failed + amount
        elif status == "succeeded":
            decided += amount
    return decided, failed
