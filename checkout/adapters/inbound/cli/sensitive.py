"""S12: nothing that is secret in what staff, consumers or a log may read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from checkout.adapters.inbound.cli.findings import Said
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.application.use_cases.start_checkout import token_of
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId

# A whole number of 13 to 19 digits, or groups of four with one sign between them. A card's number
# never begins with 0 or 1, as a time in milliseconds does.
CARD = re.compile(
    r"(?<![\w-])(?<!\d\.)"
    r"([2-9]\d{12,18}|[2-9]\d{3}([ -])\d{4}\2\d{4}\2\d{1,7}|3\d{3}([ -])\d{6}\3\d{5})"
    r"(?![\w-]|\.\d)"
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:sk|rk)_(?:live|test)_\w{8}"
    r"|\bwhsec_\w{8}|\bBearer +[\w.~+/-]{16}"
)


def judge(dossier: Dossier, checkout: Checkout) -> Said:
    """Where something is stored that must not be. What it is, is not repeated here."""
    made = ours(checkout.id, dossier.nonce)
    for place, value in _papers(dossier, checkout):
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if holds_a_card(text):
            yield "sensitive", f"{place} holds what looks like the number of a card."
        if holds_a_secret(text, made):
            yield "sensitive", f"{place} holds a token or a secret."


def ours(checkout_id: CheckoutId, nonce: str) -> tuple[str, ...]:
    """The secrets that we made ourselves: the site's key, and the token of this checkout."""
    return settings.SECRET_KEY, token_of(settings.SECRET_KEY, checkout_id, nonce)


def holds_a_card(text: str) -> bool:
    """Whether something in it looks like the number of a card."""
    return any(looks_like_a_card(found.group(1)) for found in CARD.finditer(text))


def holds_a_secret(text: str, made: tuple[str, ...]) -> bool:
    """Whether something in it looks like a key or a token, or is one of those that we made."""
    return bool(SECRET.search(text)) or any(secret in text for secret in made if secret)


def looks_like_a_card(text: str) -> bool:
    """Luhn's check of the digits."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _papers(dossier: Dossier, checkout: Checkout) -> Iterator[tuple[str, Any]]:
    """Everything in words or JSON that is kept about a checkout, by the place where it lies."""
    for passage in checkout.history:
        yield f"the reason of version {passage.version}", f"{passage.actor} {passage.reason}"
    for effect in checkout.effects.values():
        yield f"the effect {effect.name}", [effect.arguments, effect.result, effect.error]
    for event in dossier.events:
        yield f"the event {event.sequence}", event.data
    for number, payload in dossier.payloads:
        yield f"the message {number}", payload
    if checkout.failure is not None:
        yield "the failure", checkout.failure.to_json()
