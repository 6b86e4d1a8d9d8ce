"""Editing a cart while it is open.

Every edit starts with one conditional UPDATE on the cart. It takes the row, so an edit and the
closing of the cart never interleave: the one that comes second sees what the first one did.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from project.shop.carts import secret_hash
from project.shop.discounts import MAX_COUPONS, normalised, unknown
from project.shop.models import Cart, CartLine, Coupon, Product
from project.shop.models.carts import MAX_QUANTITY
from project.shop.pricing import price
from project.shop.stock import available, find_product


@dataclass
class CartProblem(Exception):
    """A wish that cannot be met. `code` is for programs, `message` a sentence for people."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message


def make_cart(
    lines: Mapping[str, int], codes: Sequence[str], details: Mapping[str, str]
) -> tuple[Cart, str]:
    """A cart for whoever holds the token that is returned with it.

    Raises CartProblem when a line or a code is impossible; then nothing is stored.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        cart = Cart.objects.create(token_hash=secret_hash(token), **details)
        for sku, quantity in lines.items():
            put(cart, sku, quantity)
        for code in normalised(codes):
            add_coupon(cart, code)
    return cart, token


def put(cart: Cart, sku: str, quantity: int) -> None:
    """Set how many of a product are in the cart; 0 takes it out.

    Raises CartProblem (`unknown_sku`, `bad_quantity`, `sold_out`, `not_enough`, `cart_closed`).
    """
    with editing(cart):
        _put(cart, sku, quantity)


def add(cart: Cart, sku: str, quantity: int) -> None:
    """Put more of a product into the cart. Raises CartProblem as `put` does."""
    with editing(cart):
        line = cart.lines.filter(product=find_product(sku)).first()
        if quantity < 1:
            raise CartProblem("bad_quantity", _("Choose at least one."))
        _put(cart, sku, quantity + (line.quantity if line else 0))


def add_coupon(cart: Cart, code: str) -> None:
    """Put a code into the cart. Raises CartProblem (`unknown_coupon`, `coupon_invalid`)."""
    with editing(cart):
        code = "".join(normalised([code]))
        known = code.isprintable() and Coupon.objects.filter(code=code, active=True).exists()
        if not known:
            raise CartProblem("unknown_coupon", str(unknown(code[:24])))
        cart.coupons = normalised([*cart.coupons, code])
        if len(cart.coupons) > MAX_COUPONS:
            text = _("At most %(most)s codes go together.") % {"most": MAX_COUPONS}
            raise CartProblem("coupon_invalid", text)
        _must_apply(cart, code)
        cart.save(update_fields=["coupons"])


def remove_coupon(cart: Cart, code: str) -> None:
    """Take a code out of the cart."""
    with editing(cart):
        cart.coupons = [kept for kept in cart.coupons if kept != code]
        cart.save(update_fields=["coupons"])


def set_details(cart: Cart, details: Mapping[str, str]) -> None:
    """Keep e-mail, address and shipping method; the values have been validated."""
    with editing(cart):
        for field, value in details.items():
            setattr(cart, field, value)
        cart.save(update_fields=list(details))


@contextmanager
def editing(cart: Cart) -> Iterator[None]:
    """Hold the open cart for one edit. Raises CartProblem (`cart_closed`) when it is frozen."""
    with transaction.atomic():
        if not Cart.objects.filter(pk=cart.pk, status=Cart.OPEN).update(touched_at=Now()):
            text = _("This basket is being paid for and cannot be changed.")
            raise CartProblem("cart_closed", text)
        cart.refresh_from_db()
        yield


def _put(cart: Cart, sku: str, quantity: int) -> None:
    product = find_product(sku)
    if product is None:
        raise CartProblem("unknown_sku", _("We do not sell “%(sku)s”.") % {"sku": sku[:40]})
    if quantity == 0:
        cart.lines.filter(product=product).delete()
        return
    if not 0 < quantity <= MAX_QUANTITY:
        text = _("Choose between 1 and %(most)s of %(name)s.")
        gaps = {"most": MAX_QUANTITY, "name": product.shown_name}
        raise CartProblem("bad_quantity", text % gaps)
    left = available([sku])[sku]
    if quantity > left:
        raise _too_many(product, left)
    CartLine.objects.update_or_create(cart=cart, product=product, defaults={"quantity": quantity})


def _too_many(product: Product, left: int) -> CartProblem:
    gaps = {"left": left, "name": product.shown_name}
    if left == 0:
        return CartProblem("sold_out", _("%(name)s is sold out.") % gaps)
    return CartProblem("not_enough", _("There are only %(left)s of %(name)s left.") % gaps)


def _must_apply(cart: Cart, code: str) -> None:
    for problem in price(cart).problems:
        if problem.code == code:
            raise CartProblem("coupon_invalid", problem.message)
