"""The inventory port over the shop's own tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, Subquery, Value, When
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

    @transaction.atomic(savepoint=False)
    def reserve(self, key: str, lines: Sequence[SnapshotLine], until: datetime) -> None:
        """Hold every line, or none; see `InventoryPort.reserve`."""
        ours = Reservation(key=key, owner=owner_of(key), status=Reservation.HELD, expires_at=until)
        Reservation.objects.bulk_create([ours], ignore_conflicts=True)
        # Whatever had this key before is committed by now. One without lines is ours, and new.
        new = Reservation.objects.filter(key=key, status=Reservation.HELD, lines=None)
        wanted = _units(lines)
        stock = _locked_stock(wanted, hold=Subquery(new.values("pk")))
        if stock and stock[0]["hold"] is None:
            return
        _must_be_free(wanted, stock, key)
        ReservationLine.objects.bulk_create(
            ReservationLine(reservation_id=stock[0]["hold"], sku=sku, quantity=units)
            for sku, units in wanted.items()
        )

    @transaction.atomic(savepoint=False)
    def extend(self, key: str, reservation: str, until: datetime) -> None:
        """Hold on, or take the lapsed hold again; see `InventoryPort.extend`."""
        later = {"expires_at": Greatest("expires_at", until)}
        if not _live(reservation).update(**later) and _taken_again(reservation):
            Reservation.objects.filter(key=reservation).update(**later)

    @transaction.atomic(savepoint=False)
    def commit(self, key: str, reservation: str) -> None:
        """Take the units out of stock for good; see `InventoryPort.commit`."""
        committed = {"status": Reservation.COMMITTED}
        if not _live(reservation).update(**committed):
            if not _taken_again(reservation):
                return
            Reservation.objects.filter(key=reservation).update(**committed)
        wanted = _held_units(reservation)
        on_hand = {row["pk"]: row["on_hand"] for row in _locked_stock(wanted)}
        for sku, units in wanted.items():
            if on_hand.get(sku, 0) < units:
                raise _short(sku, 0)
        _move({sku: -units for sku, units in wanted.items()})

    @transaction.atomic(savepoint=False)
    def release(self, key: str, undoes: str) -> None:
        """Give back what is held or was committed; see `InventoryPort.release`."""
        _, unknown = Reservation.objects.get_or_create(
            key=undoes, defaults={"owner": owner_of(undoes), "status": Reservation.RELEASED}
        )
        if unknown:
            return
        row = _locked(undoes)
        if row.status == Reservation.COMMITTED:
            units = _held_units(undoes)
            _locked_stock(units)
            _move(units)
        Reservation.objects.filter(pk=row.pk).update(status=Reservation.RELEASED)


def _units(lines: Sequence[SnapshotLine]) -> dict[str, int]:
    """Units by sku, in order of sku: the order in which every caller takes the locks."""
    units: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: line.sku):
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return units


def _live(key: str) -> QuerySet[Reservation]:
    """The reservation while it holds: an UPDATE of it decides, and keeps others off its row."""
    return Reservation.objects.filter(key=key, status=Reservation.HELD, expires_at__gt=Now())


def _held_units(key: str) -> dict[str, int]:
    lines = ReservationLine.objects.filter(reservation__key=key)
    return dict(lines.order_by("sku").values_list("sku", "quantity"))


def _locked(key: str) -> Reservation:
    row = Reservation.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise Refused("out_of_stock", "Nothing is held for this order.")
    return row


def _taken_again(key: str) -> bool:
    """Lock a hold that lapsed, and its stock, if that is free; False when it holds no more at all."""
    if _locked(key).status != Reservation.HELD:
        return False
    wanted = _held_units(key)
    _must_be_free(wanted, _locked_stock(wanted), key)
    return True


def _locked_stock(wanted: Iterable[str], **more: Subquery) -> list[dict[str, Any]]:
    """Lock the stock of these skus, in their order, and read it."""
    rows: Any = StockItem.objects.select_for_update().filter(pk__in=list(wanted)).order_by("pk")
    return list(rows.values("pk", "on_hand", **more))


def _must_be_free(wanted: dict[str, int], stock: list[dict[str, Any]], key: str) -> None:
    """Refuse unless all of it is free in this locked stock, not counting what `key` holds."""
    on_hand = {row["pk"]: row["on_hand"] for row in stock}
    taken = held(wanted, except_key=key)
    for sku, units in wanted.items():
        free = max(on_hand.get(sku, 0) - taken.get(sku, 0), 0)
        if free < units:
            raise _short(sku, free)


def _move(change: dict[str, int]) -> None:
    """Add these units to the locked stock, in one statement."""
    units = Case(*(When(pk=sku, then=Value(units)) for sku, units in change.items()))
    StockItem.objects.filter(pk__in=list(change)).update(on_hand=F("on_hand") + units)


def _short(sku: str, free: int) -> Refused:
    name = Product.objects.filter(sku=sku).values_list("name", flat=True).first() or sku
    some = gettext_noop("Only %(available)s of %(name)s left.")
    none = gettext_noop("%(name)s is sold out.")
    sentence = Sentence(some if free else none, {"name": name, "available": free})
    return sentence.refusal("out_of_stock", sku=sku)
