"""What the hosted page says and how it is protected: words and headers, no decisions."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

from babel.numbers import format_currency, get_currency_precision
from django.http import HttpResponse

from project.provider.conf import conf
from project.provider.models import Payment

# status → heading, what it means, the tone that the page takes
STATES = {
    "pending": (
        "Your bank is still deciding",
        "Do not pay again. The shop is told as soon as your bank has answered.",
        "wait",
    ),
    "authorised": (
        "Payment authorised",
        "The amount is reserved on your card. The shop takes it when your order is placed.",
        "good",
    ),
    "captured": ("Payment complete", "The shop has received the money.", "good"),
    "refunded": ("Payment refunded", "The money was given back to your card.", "calm"),
    "voided": ("Reservation released", "No money was taken from your card.", "calm"),
    "closed": ("This payment is closed", "No money was taken from your card.", "calm"),
    "open": ("This payment is waiting", "No money was taken from your card yet.", "wait"),
}


def money(amount: int, currency: str) -> str:
    """Minor units as people write them: 1600, "EUR" → €16.00."""
    digits = get_currency_precision(currency)
    return format_currency(Decimal(amount).scaleb(-digits), currency, locale="en")


def shown(payment: Payment) -> dict[str, object]:
    """What the templates show of a payment."""
    heading, meaning, tone = STATES[payment.status]
    return {
        "payment": payment,
        "merchant": conf().merchant_name,
        "amount": money(payment.authorised or payment.amount, payment.currency),
        "heading": heading,
        "meaning": meaning,
        "tone": tone,
        "back": payment.return_url,
    }


def page_headers(response: HttpResponse, payment: Payment | None) -> HttpResponse:
    """A strict Content-Security-Policy, and nothing kept in caches.

    A browser holds `form-action` against the redirect after a form too, so the shop is named there.
    """
    targets = "'self'"
    if payment is not None and "://" in payment.return_url:
        parts = urlsplit(payment.return_url)
        targets += f" {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {targets}"
    )
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
