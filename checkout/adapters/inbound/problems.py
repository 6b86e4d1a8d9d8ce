"""What is answered when it cannot be done: RFC 9457 problems, the same for REST and webhooks.

`code` is the word to program against, `type` the same as a URI, `detail` a sentence for a person.
"""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from checkout.adapters.inbound.sentences import told
from checkout.domain.exceptions import (
    BadSignature,
    CheckoutError,
    Refused,
    StorageUnavailable,
    UnknownCheckout,
)

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:checkout:problem:"
RETRY_SECONDS = 2  # our own database is away: ask again that soon

# Every other refusal is a conflict with how things stand: 409.
STATUS_OF_REFUSAL = {
    "malformed": 400,
    "cart_not_found": 404,
    "not_finished": 404,
    "too_large": 413,
    "idempotency_key_reused": 422,
    "too_many_checkouts": 429,
    "cool_down": 429,
}
TOO_MANY_SECONDS = 60  # before a live checkout may have ended


def problem(code: str, status: int, detail: str, **more: Any) -> dict[str, Any]:
    """The body of a problem; `more` are further members, left out when empty."""
    return {
        "type": TYPE + code.replace("_", "-"),
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        **{name: value for name, value in more.items() if value},
    }


def problem_of(error: CheckoutError) -> dict[str, Any]:
    """The problem of an error of the flow. Says nothing of what went wrong inside."""
    if isinstance(error, Refused):
        status = STATUS_OF_REFUSAL.get(error.code, 409)
        return problem(error.code, status, told(error), retry_after=retry_after(error))
    if isinstance(error, UnknownCheckout):
        return problem("checkout_not_found", 404, "There is no such checkout.")
    if isinstance(error, BadSignature):
        return problem("bad_signature", 401, "The signature is missing, wrong or too old.")
    if isinstance(error, StorageUnavailable):
        return problem("unavailable", 503, "We cannot store anything right now. Try again.")
    return problem("unavailable", 503, "This cannot be answered right now. Try again.")


def retry_after(refusal: Refused) -> int:
    """In how many seconds it makes sense to ask again; 0 when asking again will not help."""
    if STATUS_OF_REFUSAL.get(refusal.code) != 429:
        return 0
    seconds = refusal.detail.get("retry_after")
    return seconds if isinstance(seconds, int) else TOO_MANY_SECONDS


def headers_of(body: dict[str, Any]) -> dict[str, str]:
    """The headers that go with a problem."""
    waits = {"Retry-After": str(RETRY_SECONDS)} if body["status"] == 503 else {}
    if body["status"] == 429:
        waits = {"Retry-After": str(body.get("retry_after", TOO_MANY_SECONDS))}
    return {"Cache-Control": "no-store", **waits}


def problem_response(body: dict[str, Any], **headers: str) -> JsonResponse:
    """A problem as an answer of plain Django."""
    return JsonResponse(
        body,
        status=body["status"],
        content_type=CONTENT_TYPE,
        headers={**headers_of(body), **headers},
    )
