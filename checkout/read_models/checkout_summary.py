"""checkout_summary: the receipt of a finished checkout, for the page that is kept and printed."""

from __future__ import annotations

from typing import Any

from checkout.domain.checkout import Checkout
from checkout.read_models.checkout_progress import money


def summarise(checkout: Checkout) -> dict[str, Any] | None:
    """The summary of a final checkout as plain JSON values; None while it is not final.

    Amounts are in minor units of `currency`. A checkout that ended before its cart was frozen has
    no lines and no currency.
    """
    if not checkout.state.is_final:
        return None
    snapshot = checkout.snapshot.to_json() if checkout.snapshot else {}
    failure = checkout.failure
    return {
        "state": checkout.state.value,
        "order": checkout.order or None,
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
        "money": money(checkout),
        "currency": snapshot.get("currency"),
        "total": snapshot.get("total", 0),
        "lines": snapshot.get("lines", []),
        "discounts": snapshot.get("discounts", []),
        "charges": snapshot.get("charges", []),
        "buyer": snapshot.get("buyer", {}),
        "delivery": snapshot.get("delivery", {}),
        "finished_at": checkout.finished_at.isoformat() if checkout.finished_at else None,
    }
