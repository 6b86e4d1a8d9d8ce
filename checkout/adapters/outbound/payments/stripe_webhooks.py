"""Stripe's webhooks: signed, then read just enough to know whose they are.

Of what Stripe sends only a few plain fields are kept. The rest holds names, addresses and the
secret of the payment, and nothing is decided from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stripe import SignatureVerificationError, WebhookSignature

from checkout.adapters.outbound.payments.stripe_facts import key_of
from checkout.application.ports.outbound.payments_port import ProviderMessage
from checkout.domain.exceptions import BadSignature, Refused

TOLERANCE = 300  # seconds since it was signed, as Stripe's own libraries have it
KEPT = ("id", "object", "status", "payment_status", "amount", "amount_total", "currency", "created")


def read_webhook(
    headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]
) -> ProviderMessage:
    """The message, when one of the secrets signed exactly this body; see `parse_webhook`."""
    signature = headers.get("stripe-signature", "")
    if not any(_signed(body, signature, secret) for secret in secrets):
        raise BadSignature("The message is not signed by Stripe with a secret that we know.")
    try:
        event = json.loads(body)
        about = event["data"]["object"]
        texts = event["id"], event["type"], about["object"], _payment_of(about)
        merchant = _merchant_reference(about)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise Refused("malformed", "The message is not an event of Stripe's API.") from None
    if not all(isinstance(text, str) for text in (*texts, merchant)):
        raise Refused("malformed", "The message names no payment.")
    return ProviderMessage(
        id=texts[0],
        kind=texts[1],
        merchant_reference=merchant,
        reference=texts[3],
        payload=_kept(event, about),
    )


def _signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
    except (SignatureVerificationError, UnicodeError, TypeError):
        return False
    return True


def _payment_of(about: dict[str, Any]) -> Any:
    """The id that the shop may know: of the session or the intent, whatever the event is about."""
    if about["object"] in ("checkout.session", "payment_intent"):
        return about["id"]
    return about.get("payment_intent") or about.get("id") or ""


def _merchant_reference(about: dict[str, Any]) -> Any:
    return about.get("client_reference_id") or key_of(about)


def _kept(event: dict[str, Any], about: dict[str, Any]) -> dict[str, object]:
    plain = {name: about[name] for name in KEPT if isinstance(about.get(name), str | int)}
    return {
        "id": event["id"],
        "type": event["type"],
        "livemode": event.get("livemode") is True,
        "data": {"object": plain},
    }
