"""Reading API requests: who asks, and is what they ask well formed? Raises ApiError if not."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest

from project.provider.conf import conf
from project.provider.errors import ApiError

MAX_BODY = 64 * 1024
MAX_AMOUNT = 10**12
MAX_EXPIRY = 7 * 24 * 3600
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A create request. `expires_in` is seconds, None for a payment that stays open."""

    amount: int
    currency: str
    reference: str
    digest: str
    return_url: str
    expires_in: float | None


def check_key(request: HttpRequest) -> None:
    """The caller must send our API key as a bearer token. Raises ApiError 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = conf().api_key
    same = hmac.compare_digest(token.strip().encode(), expected.encode())
    if scheme.lower() != "bearer" or not expected or not same:
        raise ApiError(401, "unauthorised", "Send your API key as a bearer token.")


def body_of(request: HttpRequest) -> dict[str, object]:
    """The JSON object of a request, {} when it has no body."""
    declared = request.headers.get("Content-Length") or "0"
    if not declared.isdigit() or int(declared) > MAX_BODY or len(request.body) > MAX_BODY:
        raise ApiError(413, "too_large", f"A request may have at most {MAX_BODY} bytes.")
    if not request.body.strip():
        return {}
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError):
        raise ApiError(400, "malformed", "The body must be JSON.") from None
    if not isinstance(content, dict):
        raise ApiError(400, "malformed", "The body must be a JSON object.")
    return content


def idempotency_key(request: HttpRequest) -> str:
    """The Idempotency-Key, quoted or not; empty when there is none."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if len(key) > 255 or not key.isprintable():
        raise ApiError(400, "malformed", "An Idempotency-Key has at most 255 printable characters.")
    return key


def fingerprint(request: HttpRequest, content: dict[str, object]) -> str:
    """The same for two requests that ask for the same thing."""
    asked = json.dumps([request.method, request.path, content], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def amount_of(content: dict[str, object]) -> int:
    """The amount in minor units: a whole number above zero."""
    amount = content.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= MAX_AMOUNT:
        raise ApiError(400, "malformed", "amount must be a whole number of minor units above 0.")
    return amount


def new_payment(content: dict[str, object]) -> NewPayment:
    """Read a create request."""
    currency = _text(content, "currency", 3)
    if not CURRENCY.fullmatch(currency):
        raise ApiError(400, "malformed", "currency must be an ISO 4217 code such as EUR.")
    return NewPayment(
        amount=amount_of(content),
        currency=currency,
        reference=_text(content, "reference", 200),
        digest=_text(content, "digest", 200, required=False),
        return_url=_return_url(content),
        expires_in=_expires_in(content),
    )


def _text(content: dict[str, object], name: str, longest: int, *, required: bool = True) -> str:
    value = content.get(name, "")
    if not isinstance(value, str) or not value.isprintable() or (required and not value):
        raise ApiError(400, "malformed", f"{name} must be a text.")
    if len(value) > longest:
        raise ApiError(400, "malformed", f"{name} may have at most {longest} characters.")
    return value


def _return_url(content: dict[str, object]) -> str:
    """Where the shopper goes back to: http(s), or a path on the same site."""
    url = _text(content, "return_url", 2000)
    wrong = ApiError(400, "malformed", "return_url must be an http(s) address or an absolute path.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise wrong from None
    is_path = not parts.scheme and not parts.netloc and url.startswith("/") and "\\" not in url
    if not is_path and not (parts.scheme in ("http", "https") and parts.netloc):
        raise wrong
    return url


def _expires_in(content: dict[str, object]) -> float | None:
    seconds = content.get("expires_in")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ApiError(400, "malformed", "expires_in must be a number of seconds.")
    if not 0 < seconds <= MAX_EXPIRY:
        raise ApiError(400, "malformed", f"expires_in must be above 0 and at most {MAX_EXPIRY}.")
    return float(seconds)


def seconds_from(text: str, name: str) -> float:
    """Read a waiting time in seconds from a form field. Raises ApiError 400."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 24 * 3600:
        raise ApiError(400, "malformed", f"{name} must be a number of seconds, at most a day.")
    return seconds
