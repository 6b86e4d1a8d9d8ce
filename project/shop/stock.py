"""What can still be sold: on hand minus the live holds, worked out by the database each time."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from project.shop.models import Product, Reservation, ReservationLine, StockItem


def live_holds() -> QuerySet[ReservationLine]:
    """The lines of reservations that are held and have not lapsed."""
    return ReservationLine.objects.filter(
        reservation__status=Reservation.HELD, reservation__expires_at__gt=Now()
    )


def held(skus: Iterable[str], except_key: str = "") -> dict[str, int]:
    """How many of each product are held, not counting the reservation `except_key`."""
    rows = (
        live_holds()
        .filter(sku__in=list(skus))
        .exclude(reservation__key=except_key)
        .order_by()
        .values_list("sku")
        .annotate(units=Sum("quantity"))
    )
    return dict(rows)


def available(skus: Iterable[str]) -> dict[str, int]:
    """How many of each product can be sold now. A product without stock row has none."""
    wanted = list(skus)
    on_hand = dict(
        StockItem.objects.filter(product__sku__in=wanted).values_list("product__sku", "on_hand")
    )
    taken = held(wanted)
    return {sku: max(on_hand.get(sku, 0) - taken.get(sku, 0), 0) for sku in wanted}


def find_product(sku: str) -> Product | None:
    """The product with this sku if it is sold. Any text may be asked for, also what no sku is."""
    return Product.objects.filter(sku=sku, active=True).first() if sku.isprintable() else None
