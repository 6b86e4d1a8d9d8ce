"""Answers for requests that cannot be met, as RFC 9457 problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import JsonResponse

TYPE = "urn:harbour-pine:problem:"
CONFLICTS = frozenset({"not_enough", "sold_out", "cart_closed"})


class BadRequest(Exception):
    """A request that makes no sense. `field` names the part of the body, as a path."""

    def __init__(self, code: str, detail: str, status: int = 422, field: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.field = field


def status_of(code: str) -> int:
    """409 for a wish that the state of the shop forbids, 422 for one that is wrong in itself."""
    return 409 if code in CONFLICTS else 422


def problem(code: str, detail: str, status: int, **more: Any) -> JsonResponse:
    """`application/problem+json` with a stable `type`, the `code` in it and a sentence."""
    body: Mapping[str, Any] = {
        "type": TYPE + code.replace("_", "-"),
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        **{key: value for key, value in more.items() if value},
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
