"""The carts port over the shop's own tables."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext_noop

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from project.shop import pricing, sql
from project.shop.carts import Wish, as_found, as_uuid, find_cart_with_lines, owner_of, with_lines
from project.shop.delivery import ADDRESS, METHODS
from project.shop.models import Cart, CartClosure
from project.shop.words import Sentence

NEED_ADDRESS = [method.code for method in METHODS.values() if method.needs_address]
CLOSING = """
    INSERT INTO shop_cartclosure (key, cart, status, created_at)
    VALUES (%s, %s, 'closed', {now})
    ON CONFLICT DO NOTHING
"""
# Only an open cart is taken, and only if this closing was not undone before it came.
TAKE = """
    UPDATE shop_cart SET status = 'closed', closed_by = %s
    WHERE id = %s AND status = 'open'
        AND EXISTS (SELECT 1 FROM shop_cartclosure WHERE key = %s AND status = 'closed')
"""


class ShopCarts:
    """Prices, closes and reopens carts inside the caller's transaction."""

    transactional = True

    def snapshot(self, key: str, cart: str) -> CartSnapshot:
        """Price the cart as it is now; see `CartsPort.snapshot`."""
        row, lines = _known(cart)
        if not row.is_open:
            raise _closed()
        # A worker has no language: the names and labels of an order are those of its shopper.
        with translation.override(row.language or settings.LANGUAGE_CODE):
            return self._priced(row, lines, owner_of(key))

    def _priced(self, row: Cart, lines: list[Wish], owner: str) -> CartSnapshot:
        if row.shipping in NEED_ADDRESS and not all(getattr(row, name) for name in ADDRESS):
            raise Refused("delivery_incomplete", "Please say where the parcel should go.")
        gone = next((line for line in lines if not line.active), None)
        if gone:
            text = gettext_noop("%(name)s is no longer sold.")
            gone_for = Sentence(text, {"name": gone.name})
            raise gone_for.refusal("price_unavailable")
        quote = pricing.price(row, owner, lines)
        if not quote.lines:
            raise Refused("cart_empty", "There is nothing in the basket.")
        for problem in quote.problems:
            new = {"amount": quote.total, "currency": quote.currency}
            raise problem.sentence.refusal("coupon_invalid", coupon=problem.code, new=new)
        return pricing.snapshot(row, quote)

    @transaction.atomic(savepoint=False)
    def close(self, key: str, cart: str, snapshot: CartSnapshot) -> None:
        """Take no more changes; see `CartsPort.close`."""
        # Once the row is ours nobody can change the cart between this look and the commit.
        _, taken, look = sql.together(
            sql.statement(CLOSING, key, cart),
            sql.statement(TAKE, key, as_uuid(cart).hex, key),
            with_lines(cart),
        )
        row, lines = as_found(cart, look.rows)
        if not taken.count or row is None:
            _must_be_done(cart, key)
        elif not pricing.same_wish(row, lines, snapshot):
            raise Refused("cart_changed", "The basket was changed. Please look at it again.")

    @transaction.atomic(savepoint=False)
    def reopen(self, key: str, undoes: str, cart: str) -> None:
        """Give the cart back; see `CartsPort.reopen`."""
        CartClosure.objects.get_or_create(
            key=undoes, defaults={"cart": cart, "status": CartClosure.REOPENED}
        )
        CartClosure.objects.filter(key=undoes).update(status=CartClosure.REOPENED)
        Cart.objects.filter(closed_by=undoes, status=Cart.CLOSED).update(
            status=Cart.OPEN, closed_by="", touched_at=Now()
        )


def _known(cart: str) -> tuple[Cart, list[Wish]]:
    row, lines = find_cart_with_lines(cart)
    if row is None:
        raise Refused("cart_not_found", "We do not know this basket.")
    return row, lines


def _must_be_done(cart: str, key: str) -> None:
    """Refuse, unless this very closing was made, or undone, before."""
    if not CartClosure.objects.filter(key=key, status=CartClosure.REOPENED).exists():
        row, _ = _known(cart)
        if row.closed_by != key:
            raise _closed()


def _closed() -> Refused:
    return Refused("cart_closed", "This basket is part of another order already.")
