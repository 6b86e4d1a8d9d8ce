"""What a cart costs now. Nothing here is stored: the frozen snapshot is what counts later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext

from checkout.domain.value_objects.cart_snapshot import (
    CartSnapshot,
    SnapshotCharge,
    SnapshotDiscount,
    SnapshotLine,
)
from project.shop.arithmetic import VAT_PERCENT, included_vat
from project.shop.carts import Wish, wishes
from project.shop.delivery import ADDRESS, METHODS, STANDARD
from project.shop.discounts import CouponProblem, judge
from project.shop.models import Cart
from project.shop.models.catalog import currency


@dataclass(frozen=True)
class Quote:
    """The cart priced at this moment, in minor units. `problems` are codes that do not count."""

    lines: tuple[SnapshotLine, ...]
    discounts: tuple[SnapshotDiscount, ...]
    charges: tuple[SnapshotCharge, ...]
    problems: tuple[CouponProblem, ...]
    currency: str = field(default_factory=currency)

    @property
    def subtotal(self) -> int:
        """The lines, before discounts."""
        return sum(line.total for line in self.lines)

    @property
    def goods(self) -> int:
        """The lines after discounts: what free delivery is judged by."""
        return self.subtotal - sum(discount.amount for discount in self.discounts)

    @property
    def total(self) -> int:
        """What is to pay."""
        return self.goods + sum(charge.amount for charge in self.charges if not charge.included)

    @property
    def units(self) -> int:
        """How many things are in the cart."""
        return sum(line.quantity for line in self.lines)


def price(cart: Cart, owner: str = "", rows: Iterable[Wish] | None = None) -> Quote:
    """Price a cart from the catalogue as it is now.

    Coupon uses that the checkout `owner` has claimed do not count against the limits. `rows` are
    the lines, where somebody has read them already.
    """
    rows = wishes(cart) if rows is None else rows
    lines = tuple(_line(row) for row in rows if row.active)
    discounts, problems = judge(cart.coupons, lines, owner)
    goods = sum(line.total for line in lines) - sum(d.amount for d in discounts)
    return Quote(lines, discounts, _charges(cart, goods) if lines else (), problems)


def snapshot(cart: Cart, quote: Quote) -> CartSnapshot:
    """The quote as the value that a checkout freezes.

    Raises ValueError when the cart has no line.
    """
    return CartSnapshot(
        cart=str(cart.pk),
        currency=quote.currency,
        lines=quote.lines,
        discounts=quote.discounts,
        charges=quote.charges,
        total=quote.total,
        buyer=_buyer(cart),
        delivery=_delivery(cart),
    )


def same_wish(cart: Cart, rows: Iterable[Wish], frozen: CartSnapshot) -> bool:
    """Whether cart and lines still ask for what was frozen. Prices may have moved: they are frozen."""
    lines = sorted((row.sku, row.quantity) for row in rows)
    return (
        lines == sorted((line.sku, line.quantity) for line in frozen.lines)
        and cart.coupons == list(frozen.coupons)
        and _buyer(cart) == frozen.buyer
        and _delivery(cart) == frozen.delivery
    )


def _buyer(cart: Cart) -> dict[str, str]:
    said = {"language": cart.language} if cart.language else {}
    return {"email": cart.email, "name": cart.name, **said}


def _delivery(cart: Cart) -> dict[str, str]:
    return {"shipping": cart.shipping, **{key: getattr(cart, key) for key in ADDRESS}}


def _line(row: Wish) -> SnapshotLine:
    return SnapshotLine(
        sku=row.sku,
        name=gettext(row.name),
        quantity=row.quantity,
        unit_price=row.price,
        total=row.price * row.quantity,
    )


def _charges(cart: Cart, goods: int) -> tuple[SnapshotCharge, ...]:
    method = METHODS.get(cart.shipping, METHODS[STANDARD])
    shipping = SnapshotCharge("shipping", method.charge_label, method.cost(goods))
    vat = included_vat(goods + shipping.amount)
    label = gettext("Includes %(percent)s %% VAT") % {"percent": VAT_PERCENT}
    return shipping, SnapshotCharge("vat", label, vat, included=True)
