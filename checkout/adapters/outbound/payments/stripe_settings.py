"""`CHECKOUT["STRIPE"]`: read once, refused with a sentence when it cannot work."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from checkout.application.policy import Policy

REQUESTS_OF_A_CALL = 4  # look, look at refunds, act, look again
CALLS = ("initiate", "lookup", "close", "capture", "void", "refund")
# What the adapter says itself about a Checkout Session; a shop may add, never replace.
OURS = (
    *("adaptive_pricing", "cancel_url", "client_reference_id", "currency", "expand", "line_items"),
    *("metadata", "mode", "payment_intent_data", "success_url"),
)


@dataclass(frozen=True)
class StripeSettings:
    """The upper-case names of `CHECKOUT["STRIPE"]`.

    `webhook_secrets` all count, so that one can be replaced. `timeout` is seconds for one request;
    a port call makes at most four. `payment_page` is empty for Stripe's own page, or the address
    of the shop's, with `{reference}` in it. `session` is added to each Checkout Session. `line` is
    what its only line is called. `api_url` is another address than Stripe's.
    """

    api_key: str
    webhook_secrets: tuple[str, ...]
    timeout: float = 2.0
    payment_page: str = ""
    session: dict[str, Any] = field(default_factory=dict)
    line: str = "Your order"
    api_url: str = ""


def stripe_settings() -> StripeSettings:
    """What the host says. Raises ImproperlyConfigured, with what is wrong and where."""
    said = settings.CHECKOUT.get("STRIPE")
    if not isinstance(said, dict):
        raise ImproperlyConfigured('CHECKOUT["STRIPE"] is missing: see docs/stripe.md.')
    names = {field.name.upper(): field.name for field in fields(StripeSettings)}
    for name in said:
        if name not in names:
            raise ImproperlyConfigured(f'CHECKOUT["STRIPE"] has {name!r}, which nothing reads.')
    for name, what, fits in _RULES:
        value = said.get(name)
        if (name in said or name in _NEEDED) and not fits(value):
            raise ImproperlyConfigured(f'CHECKOUT["STRIPE"]["{name}"] must be {what}.')
    _fits_the_lease(float(said.get("TIMEOUT", StripeSettings.timeout)))
    given = {names[name]: value for name, value in said.items()}
    given["webhook_secrets"] = tuple(said["WEBHOOK_SECRETS"])
    return StripeSettings(**given)


def _fits_the_lease(timeout: float) -> None:
    """Nobody else may take a checkout over while one of its calls is still under way."""
    needed = timeout * REQUESTS_OF_A_CALL
    timeouts = Policy(call_timeouts=settings.CHECKOUT.get("CALL_TIMEOUTS", {}))
    short = [name for name in CALLS if timeouts.call_timeout(f"payments.{name}") < needed]
    if short:
        raise ImproperlyConfigured(
            f'CHECKOUT["CALL_TIMEOUTS"] gives payments.{short[0]} less than {needed:g} s, but it may'
            f' make {REQUESTS_OF_A_CALL} requests of CHECKOUT["STRIPE"]["TIMEOUT"] seconds.'
        )


def _key(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("sk_", "rk_"))


def _secrets(value: Any) -> bool:
    known = isinstance(value, list | tuple) and len(value) > 0
    return known and all(isinstance(one, str) and one.startswith("whsec_") for one in value)


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 60


def _page(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and "{reference}" in value)


def _session(value: Any) -> bool:
    return isinstance(value, dict) and not set(OURS) & set(value)


def _line(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 250


def _address(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https")


_NEEDED = ("API_KEY", "WEBHOOK_SECRETS")
_RULES = (
    ("API_KEY", "a secret or restricted key (sk_… or rk_…)", _key),
    ("WEBHOOK_SECRETS", "a list of signing secrets (whsec_…)", _secrets),
    ("TIMEOUT", "seconds above 0 and below 60", _seconds),
    ("PAYMENT_PAGE", "empty, or an address with {reference} in it", _page),
    ("SESSION", f"a dict without any of {', '.join(OURS)}", _session),
    ("LINE", "a few words", _line),
    ("API_URL", "an http(s) address", _address),
)
