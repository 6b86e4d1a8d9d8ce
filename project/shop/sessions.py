"""How long a browser is known: a shopper for months, so that a receipt stays; staff for a day."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

STAFF_SECONDS = 12 * 3600


def shorten_for_staff(sender: object, request: HttpRequest, user: Any, **_: Any) -> None:
    """Whoever may enter the admin logs in again the next morning."""
    if user.is_staff:
        request.session.set_expiry(STAFF_SECONDS)
