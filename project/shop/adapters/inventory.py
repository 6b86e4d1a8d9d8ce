"""The inventory port over the shop's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext_noop

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import SnapshotLine
from project.shop import sql
from project.shop.carts import owner_of
from project.shop.models import Product, Reservation, ReservationLine, StockItem
from project.shop.stock import held
from project.shop.words import Sentence

HOLD = """
    INSERT INTO shop_reservation (key, owner, status, expires_at, created_at)
    VALUES (%s, %s, 'held', %s, {now})
    ON CONFLICT DO NOTHING
    RETURNING id
"""
# Each by its index, in the database's order, as all others lock them: Python's is another one.
LOCK = """
    WITH wanted (sku) AS (VALUES {many})
    SELECT (SELECT on_hand FROM shop_stockitem WHERE sku = wanted.sku {locked})
    FROM (SELECT sku FROM wanted ORDER BY sku) AS wanted
"""
# Nobody else counts these articles while their stock is locked, so what is free here stays free.
# Whatever had this key before is committed by now, has its lines, and stays as it is.
HOLD_WHAT_IS_FREE = """
    WITH wanted (sku, quantity) AS (VALUES {many})
    INSERT INTO shop_reservationline (reservation_id, sku, quantity)
    SELECT new.id, wanted.sku, wanted.quantity
    FROM wanted
    JOIN shop_reservation AS new ON new.key = %s AND new.status = 'held'
    WHERE wanted.quantity <= (
            SELECT on_hand FROM shop_stockitem WHERE sku = wanted.sku
        ) - (
            SELECT COALESCE(SUM(line.quantity), 0)
            FROM shop_reservationline AS line
            JOIN shop_reservation AS hold ON hold.id = line.reservation_id
            WHERE line.sku = wanted.sku AND hold.status = 'held' AND hold.expires_at > {now}
        )
        AND NOT EXISTS (SELECT 1 FROM shop_reservationline WHERE reservation_id = new.id)
    RETURNING sku
"""
# An UPDATE of a reservation decides while it holds, and keeps others off its row.
EXTEND = """
    UPDATE shop_reservation
    SET expires_at = CASE WHEN expires_at < %s THEN %s ELSE expires_at END
    WHERE key = %s AND status = 'held' AND expires_at > {now}
"""
COMMIT = """
    UPDATE shop_reservation SET status = 'committed'
    WHERE key = %s AND status = 'held' AND expires_at > {now}
    RETURNING (
        SELECT COUNT(*) FROM shop_reservationline AS line
        WHERE line.reservation_id = shop_reservation.id
    )
"""
# The stock is locked in order; what is there once it is locked is what counts and what is moved.
MOVE = """
    WITH held AS (
        SELECT line.sku, line.quantity, stock.on_hand
        FROM shop_reservation AS hold
        JOIN shop_reservationline AS line ON line.reservation_id = hold.id
        JOIN shop_stockitem AS stock ON stock.sku = line.sku
        WHERE hold.key = %s
        ORDER BY line.sku
        {stock_locked}
    )
    UPDATE shop_stockitem SET on_hand = held.on_hand - held.quantity
    FROM held
    WHERE held.sku = shop_stockitem.sku AND held.on_hand >= held.quantity
    RETURNING shop_stockitem.sku
"""


class ShopInventory:
    """Holds stock as rows. Always the reservation first, then the stock rows in order of sku.

    The stock rows are locked before anything is counted, so that two shoppers never both see the
    last unit as free; where the database has no row locks, its single writer does the same.
    """

    transactional = True

    @transaction.atomic(savepoint=False)
    def reserve(self, key: str, lines: Sequence[SnapshotLine], until: datetime) -> None:
        """Hold every line, or none; see `InventoryPort.reserve`."""
        wanted = _units(lines)
        pairs = sql.flat(wanted.items())
        new, _, free = sql.together(
            sql.statement(HOLD, key, owner_of(key), sql.moment(until)),
            sql.statement(LOCK, *wanted, many=sql.places(len(wanted), 1)),
            sql.statement(HOLD_WHAT_IS_FREE, *pairs, key, many=sql.places(len(wanted), 2)),
        )
        if new.rows and len(free.rows) < len(wanted):
            _must_be_free(wanted, key)
            # A hold that was in the way has lapsed between these two looks.
            for (sku,) in free.rows:
                del wanted[sku]
            ReservationLine.objects.bulk_create(
                ReservationLine(reservation_id=new.rows[0][0], sku=sku, quantity=units)
                for sku, units in wanted.items()
            )

    @transaction.atomic(savepoint=False)
    def extend(self, key: str, reservation: str, until: datetime) -> None:
        """Hold on, or take the lapsed hold again; see `InventoryPort.extend`."""
        end = sql.moment(until)
        if not sql.change(EXTEND, end, end, reservation) and _taken_again(reservation):
            later = Greatest("expires_at", until)
            Reservation.objects.filter(key=reservation).update(expires_at=later)

    @transaction.atomic(savepoint=False)
    def commit(self, key: str, reservation: str) -> None:
        """Take the units out of stock for good; see `InventoryPort.commit`."""
        held = sql.rows(COMMIT, reservation)
        if not held:
            if not _taken_again(reservation):
                return
            Reservation.objects.filter(key=reservation).update(status=Reservation.COMMITTED)
        moved = {sku for (sku,) in sql.rows(MOVE, reservation)}
        if not held or len(moved) < held[0][0]:
            for sku in _held_units(reservation):
                if sku not in moved:
                    raise _short(sku, 0)

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
            for sku, back in units.items():
                StockItem.objects.filter(product__sku=sku).update(on_hand=F("on_hand") + back)
        Reservation.objects.filter(pk=row.pk).update(status=Reservation.RELEASED)


def _units(lines: Sequence[SnapshotLine]) -> dict[str, int]:
    """Units by sku, in order of sku: the order in which every caller takes the locks."""
    units: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: line.sku):
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return units


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
    _must_be_free(wanted, key)
    return True


def _locked_stock(wanted: dict[str, int]) -> dict[str, int]:
    """Lock the stock of these skus, in their order, and read it."""
    rows = StockItem.objects.select_for_update().filter(pk__in=list(wanted)).order_by("pk")
    return dict(rows.values_list("pk", "on_hand"))


def _must_be_free(wanted: dict[str, int], key: str) -> None:
    """Lock the stock, and refuse unless all of it is free, not counting what `key` holds."""
    on_hand = _locked_stock(wanted)
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
