"""Hand-written builders: a valid cart by default, and whatever a test wants different."""

from __future__ import annotations

from checkout.domain.value_objects.cart_snapshot import (
    CartSnapshot,
    SnapshotCharge,
    SnapshotDiscount,
    SnapshotLine,
)


def line(sku: str = "mug", quantity: int = 2, unit_price: int = 1250) -> SnapshotLine:
    """A snapshot line that adds up; prices in minor units."""
    return SnapshotLine(sku, sku.title(), quantity, unit_price, quantity * unit_price)


def snapshot(
    cart: str = "cart-1",
    *,
    lines: tuple[SnapshotLine, ...] | None = None,
    discounts: tuple[SnapshotDiscount, ...] = (),
    charges: tuple[SnapshotCharge, ...] = (SnapshotCharge("shipping", "Standard", 490),),
    currency: str = "EUR",
) -> CartSnapshot:
    """A frozen cart of two mugs with shipping, 29.90 EUR, unless told otherwise."""
    lines = (line(),) if lines is None else lines
    total = sum(item.total for item in lines) - sum(d.amount for d in discounts)
    total += sum(charge.amount for charge in charges if not charge.included)
    return CartSnapshot(
        cart=cart,
        currency=currency,
        lines=lines,
        total=total,
        discounts=discounts,
        charges=charges,
        buyer={"email": "ada@example.org", "name": "Ada"},
        delivery={"method": "standard"},
    )


def free_snapshot(cart: str = "cart-1") -> CartSnapshot:
    """A cart whose coupon takes the whole price: the total is zero."""
    lines = (line(quantity=1, unit_price=1000),)
    gift = SnapshotDiscount("GIFT", "A gift", 1000)
    return snapshot(cart, lines=lines, discounts=(gift,), charges=())
