"""The carts port over the shop's own tables."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext_noop

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from project.shop import pricing
from project.shop.carts import find_cart, owner_of
from project.shop.delivery import ADDRESS, METHODS
from project.shop.models import Cart, CartClosure
from project.shop.words import Sentence

NEED_ADDRESS = [method.code for method in METHODS.values() if method.needs_address]


class ShopCarts:
    """Prices, closes and reopens carts inside the caller's transaction."""

    transactional = True

    def snapshot(self, key: str, cart: str) -> CartSnapshot:
        """Price the cart as it is now; see `CartsPort.snapshot`."""
        row = _known(cart)
        if not row.is_open:
            raise _closed()
        # A worker has no language: the names and labels of an order are those of its shopper.
        with translation.override(row.language or settings.LANGUAGE_CODE):
            return self._priced(row, owner_of(key))

    def _priced(self, row: Cart, owner: str) -> CartSnapshot:
        if row.shipping in NEED_ADDRESS and not all(getattr(row, name) for name in ADDRESS):
            raise Refused("delivery_incomplete", "Please say where the parcel should go.")
        gone = row.lines.filter(product__active=False).select_related("product").first()
        if gone:
            text = gettext_noop("%(name)s is no longer sold.")
            gone_for = Sentence(text, {"name": gone.product.name})
            raise gone_for.refusal("price_unavailable")
        quote = pricing.price(row, owner)
        if not quote.lines:
            raise Refused("cart_empty", "There is nothing in the basket.")
        for problem in quote.problems:
            new = {"amount": quote.total, "currency": quote.currency}
            raise problem.sentence.refusal("coupon_invalid", coupon=problem.code, new=new)
        return pricing.snapshot(row, quote)

    @transaction.atomic
    def close(self, key: str, cart: str, snapshot: CartSnapshot) -> None:
        """Take no more changes; see `CartsPort.close`."""
        _, first = CartClosure.objects.get_or_create(
            key=key, defaults={"cart": cart, "status": CartClosure.CLOSED}
        )
        if not first:
            return
        row = _known(cart)
        if not Cart.objects.filter(pk=row.pk, status=Cart.OPEN).update(
            status=Cart.CLOSED, closed_by=key
        ):
            raise _closed()
        # The row is ours now, so nobody can change the cart between this look and the commit.
        row.refresh_from_db()
        if not pricing.same_wish(row, snapshot):
            raise Refused("cart_changed", "The basket was changed. Please look at it again.")

    @transaction.atomic
    def reopen(self, key: str, undoes: str, cart: str) -> None:
        """Give the cart back; see `CartsPort.reopen`."""
        CartClosure.objects.get_or_create(
            key=undoes, defaults={"cart": cart, "status": CartClosure.REOPENED}
        )
        CartClosure.objects.filter(key=undoes).update(status=CartClosure.REOPENED)
        Cart.objects.filter(closed_by=undoes, status=Cart.CLOSED).update(
            status=Cart.OPEN, closed_by="", touched_at=Now()
        )


def _known(cart: str) -> Cart:
    row = find_cart(cart)
    if row is None:
        raise Refused("cart_not_found", "We do not know this basket.")
    return row


def _closed() -> Refused:
    return Refused("cart_closed", "This basket is part of another order already.")
