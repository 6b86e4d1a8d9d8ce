"""To whom a mail goes, and in which language: as it was ordered."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_supported_language_variant

from project.shop.carts import find_cart
from project.shop.models import Mail, Order


@dataclass(frozen=True, slots=True)
class Recipient:
    """An e-mail address and a language of ours."""

    email: str
    language: str

    @property
    def masked(self) -> str:
        """The address for the log: enough to recognise it, too little to write to it."""
        name, _, domain = self.email.rpartition("@")
        return f"{name[:1]}…@{domain}"


def recipient_of(mail: Mail) -> Recipient | None:
    """Whoever ordered: as the order says, else as the basket does; None without an address."""
    cart = find_cart(mail.data.get("cart", ""))
    order = Order.objects.filter(owner=mail.checkout).exclude(email="").first()
    email = order.email if order else (cart.email if cart else "")
    return Recipient(email, _language(cart.language if cart else "")) if email else None


def _language(code: str) -> str:
    try:
        return get_supported_language_variant(code or settings.LANGUAGE_CODE)
    except LookupError:
        return settings.LANGUAGE_CODE
