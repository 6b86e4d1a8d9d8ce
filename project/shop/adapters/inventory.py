"""The inventory port over the shop's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils.translation import gettext_noop

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import SnapshotLine
from project.shop.carts import owner_of
from project.shop.models import Product, Reservation, ReservationLine, StockItem
from project.shop.stock import held
from project.shop.words import Sentence


class ShopInventory:
    """Holds stock as rows. Always the reservation first, then the stock rows in order of sku.

    The stock rows are locked before anything is counted, so that two shoppers never both see the
    last unit as free; where the database has no row locks, its single writer does the same.
    """

    transactional = True

    @transaction.atomic
    def reserve(self, key: str, lines: Sequence[SnapshotLine], until: datetime) -> None:
        """Hold every line, or none; see `InventoryPort.reserve`."""
        row, first = Reservation.objects.get_or_create(
            key=key,
            defaults={"owner": owner_of(key), "status": Reservation.HELD, "expires_at": until},
        )
        if not first:
            return
        wanted = _units(lines)
        _must_be_free(wanted, key)
        ReservationLine.objects.bulk_create(
            ReservationLine(reservation=row, sku=sku, quantity=units)
            for sku, units in wanted.items()
        )

    @transaction.atomic
    def extend(self, key: str, reservation: str, until: datetime) -> None:
        """Hold on, or take the lapsed hold again; see `InventoryPort.extend`."""
        row = _locked(reservation)
        if row.status != Reservation.HELD:
            return
        if _lapsed(row):
            _must_be_free(_held_units(row), row.key)
        Reservation.objects.filter(pk=row.pk).update(expires_at=Greatest("expires_at", until))

    @transaction.atomic
    def commit(self, key: str, reservation: str) -> None:
        """Take the units out of stock for good; see `InventoryPort.commit`."""
        row = _locked(reservation)
        if row.status != Reservation.HELD:
            return
        wanted = _held_units(row)
        if _lapsed(row):
            _must_be_free(wanted, row.key)
        for sku, units in wanted.items():
            left = StockItem.objects.filter(product__sku=sku, on_hand__gte=units)
            if not left.update(on_hand=F("on_hand") - units):
                raise _short(sku, 0)
        Reservation.objects.filter(pk=row.pk).update(status=Reservation.COMMITTED)

    @transaction.atomic
    def release(self, key: str, undoes: str) -> None:
        """Give back what is held or was committed; see `InventoryPort.release`."""
        _, unknown = Reservation.objects.get_or_create(
            key=undoes, defaults={"owner": owner_of(undoes), "status": Reservation.RELEASED}
        )
        if unknown:
            return
        row = _locked(undoes)
        if row.status == Reservation.COMMITTED:
            for sku, units in _held_units(row).items():
                StockItem.objects.filter(product__sku=sku).update(on_hand=F("on_hand") + units)
        Reservation.objects.filter(pk=row.pk).update(status=Reservation.RELEASED)


def _units(lines: Sequence[SnapshotLine]) -> dict[str, int]:
    """Units by sku, in order of sku: the order in which every caller takes the locks."""
    units: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: line.sku):
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return units


def _held_units(row: Reservation) -> dict[str, int]:
    return dict(row.lines.order_by("sku").values_list("sku", "quantity"))


def _locked(key: str) -> Reservation:
    row = Reservation.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise Refused("out_of_stock", "Nothing is held for this order.")
    return row


def _lapsed(row: Reservation) -> bool:
    return not Reservation.objects.filter(pk=row.pk, expires_at__gt=Now()).exists()


def _must_be_free(wanted: dict[str, int], key: str) -> None:
    """Lock the stock of these skus and refuse unless all of it is free, not counting `key`."""
    rows = StockItem.objects.select_for_update().filter(product__sku__in=list(wanted))
    on_hand = dict(rows.order_by("product__sku").values_list("product__sku", "on_hand"))
    taken = held(wanted, except_key=key)
    for sku, units in wanted.items():
        free = max(on_hand.get(sku, 0) - taken.get(sku, 0), 0)
        if free < units:
            raise _short(sku, free)


def _short(sku: str, free: int) -> Refused:
    name = Product.objects.filter(sku=sku).values_list("name", flat=True).first() or sku
    some = gettext_noop("Only %(available)s of %(name)s left.")
    none = gettext_noop("%(name)s is sold out.")
    sentence = Sentence(some if free else none, {"name": name, "available": free})
    return sentence.refusal("out_of_stock", sku=sku)
