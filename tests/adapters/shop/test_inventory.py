"""Holds are rows: all or nothing, never more than there is, and gone for good when released."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import SnapshotLine
from project.shop.adapters import inventory as adapter
from project.shop.adapters.inventory import ShopInventory
from project.shop.fill import fill_shop
from project.shop.models import Product, Reservation, StockItem
from project.shop.stock import available
from tests.adapters.shop.conftest import at_once, new_key, refused, stock, wish
from tests.patience import eventually

SKU = "VASE-REED"  # three in the house
inventory = ShopInventory()


def soon() -> datetime:
    return timezone.now() + timedelta(minutes=15)


def held_by_someone(units: int, lines: list[SnapshotLine] | None = None) -> str:
    key = new_key("inventory.reserve")
    inventory.reserve(key, lines or [wish(SKU, units)], soon())
    return key


def lapse(key: str) -> None:
    Reservation.objects.filter(key=key).update(expires_at=timezone.now() - timedelta(seconds=1))


def left(sku: str = SKU) -> int:
    return available([sku])[sku]


def on_hand(sku: str = SKU) -> int:
    return StockItem.objects.get(product__sku=sku).on_hand


def somebody_waits() -> bool:
    """Whether a transaction waits for this one; where one writes at a time, the second waits."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.usefixtures("shop")
class TestHolds:
    def test_a_hold_takes_from_what_is_available_and_leaves_what_is_there(self) -> None:
        held_by_someone(2)
        assert (left(), on_hand()) == (1, 3)

    def test_the_same_key_holds_once(self) -> None:
        key = held_by_someone(2)
        inventory.reserve(key, [wish(SKU, 2)], soon())
        assert left() == 1

    def test_too_many_are_refused_with_what_is_left(self) -> None:
        held_by_someone(2)
        with refused() as no:
            held_by_someone(2)
        assert (no.value.code, no.value.detail["sku"], no.value.detail["available"]) == (
            "out_of_stock",
            SKU,
            1,
        )
        assert left() == 1

    def test_one_short_line_holds_nothing_of_the_others(self) -> None:
        with refused():
            held_by_someone(0, [wish("MUG-TIDE", 5), wish(SKU, 4)])
        assert left("MUG-TIDE") == 120

    def test_the_same_product_on_two_lines_counts_together(self) -> None:
        with refused():
            held_by_someone(0, [wish(SKU, 2), wish(SKU, 2)])

    def test_an_unknown_product_is_out_of_stock(self) -> None:
        with refused() as no:
            held_by_someone(0, [wish("NO-SUCH")])
        assert no.value.code == "out_of_stock"

    def test_a_lapsed_hold_is_free_for_others(self) -> None:
        lapse(held_by_someone(3))
        assert left() == 3
        held_by_someone(3)
        assert left() == 0

    def test_what_lapses_between_two_looks_is_free(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing was free when the database counted; asked for the number left, it finds enough."""
        in_the_way, look = held_by_someone(2), adapter._must_be_free

        def later(wanted: dict[str, int], key: str) -> None:
            lapse(in_the_way)
            look(wanted, key)

        monkeypatch.setattr(adapter, "_must_be_free", later)
        key = held_by_someone(0, [wish("MUG-TIDE", 2), wish(SKU, 3)])
        lines = Reservation.objects.get(key=key).lines.values_list("sku", "quantity")
        assert list(lines) == [("MUG-TIDE", 2), (SKU, 3)]


@pytest.mark.usefixtures("shop")
class TestExtend:
    def test_it_never_shortens(self) -> None:
        key = held_by_someone(1)
        before = Reservation.objects.get(key=key).expires_at
        inventory.extend(new_key("inventory.extend"), key, timezone.now())
        assert Reservation.objects.get(key=key).expires_at == before

    def test_a_lapsed_hold_is_taken_again(self) -> None:
        key = held_by_someone(3)
        lapse(key)
        inventory.extend(new_key("inventory.extend"), key, soon())
        assert left() == 0

    def test_a_lapsed_hold_that_somebody_else_has_now_is_refused(self) -> None:
        key = held_by_someone(3)
        lapse(key)
        held_by_someone(1)
        with refused():
            inventory.extend(new_key("inventory.extend"), key, soon())
        assert left() == 2


@pytest.mark.usefixtures("shop")
class TestCommit:
    def test_units_leave_the_house_once(self) -> None:
        key = held_by_someone(2)
        inventory.commit(new_key("inventory.commit"), key)
        inventory.commit(new_key("inventory.commit"), key)
        assert (left(), on_hand()) == (1, 1)

    def test_a_lapsed_hold_is_taken_again_or_refused(self) -> None:
        lapsed, gone = held_by_someone(1), held_by_someone(2)
        lapse(lapsed)
        lapse(gone)
        inventory.commit(new_key("inventory.commit"), lapsed)
        held_by_someone(1)
        with refused():
            inventory.commit(new_key("inventory.commit"), gone)
        assert (left(), on_hand()) == (1, 2)

    def test_stock_that_staff_took_away_is_refused_and_nothing_moves(self) -> None:
        key = held_by_someone(0, [wish("MUG-TIDE", 2), wish(SKU, 2)])
        stock(SKU, 1)
        with refused():
            inventory.commit(new_key("inventory.commit"), key)
        assert (on_hand("MUG-TIDE"), on_hand()) == (120, 1)

    def test_an_article_that_staff_deleted_is_refused_and_nothing_moves(self) -> None:
        key = held_by_someone(0, [wish("MUG-TIDE", 2), wish(SKU, 2)])
        Product.objects.get(sku=SKU).delete()
        with refused() as no:
            inventory.commit(new_key("inventory.commit"), key)
        assert no.value.detail["sku"] == SKU
        assert on_hand("MUG-TIDE") == 120

    def test_a_reservation_that_never_was_is_refused(self) -> None:
        with refused():
            inventory.commit(new_key("inventory.commit"), new_key("inventory.reserve"))


@pytest.mark.usefixtures("shop")
class TestRelease:
    def test_a_hold_is_given_back(self) -> None:
        inventory.release(new_key("inventory.release"), held_by_someone(3))
        assert left() == 3

    def test_committed_units_come_back_once(self) -> None:
        key = held_by_someone(3)
        inventory.commit(new_key("inventory.commit"), key)
        for _ in range(2):
            inventory.release(new_key("inventory.release"), key)
        assert (left(), on_hand()) == (3, 3)

    def test_everything_after_it_does_nothing(self) -> None:
        key = held_by_someone(3)
        inventory.release(new_key("inventory.release"), key)
        inventory.reserve(key, [wish(SKU, 3)], soon())
        inventory.extend(new_key("inventory.extend"), key, soon())
        inventory.commit(new_key("inventory.commit"), key)
        assert (left(), on_hand()) == (3, 3)

    def test_before_the_hold_it_makes_the_late_hold_do_nothing(self) -> None:
        key = new_key("inventory.reserve")
        inventory.release(new_key("inventory.release"), key)
        inventory.reserve(key, [wish(SKU, 3)], soon())
        assert left() == 3


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def stocked(self) -> None:
        fill_shop()

    def test_forty_shoppers_and_ten_units(self) -> None:
        stock(SKU, 10)
        answers = at_once([lambda: held_by_someone(1)] * 40)
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert len(refused) == 30
        assert sum(isinstance(answer, str) for answer in answers) == 10
        assert left() == 0

    def test_what_comes_while_a_commit_waits_for_the_stock_counts(self) -> None:
        """Rule: it is judged by what is there once the stock is locked, not when it began to wait."""
        key = held_by_someone(2)
        stock(SKU, 1)
        with ThreadPoolExecutor(1) as another:
            with transaction.atomic():
                stock(SKU, 3)
                answer = another.submit(at_once, [lambda: inventory.commit(new_key("c"), key)])
                eventually(lambda: somebody_waits() or answer.done())
            assert answer.result() == [None]
        assert on_hand() == 1

    def test_two_baskets_in_opposite_order_do_not_deadlock(self) -> None:
        one, two = [wish("MUG-TIDE"), wish(SKU)], [wish(SKU), wish("MUG-TIDE")]
        answers = at_once([lambda: held_by_someone(0, one), lambda: held_by_someone(0, two)] * 4)
        assert sum(isinstance(answer, str) for answer in answers) == 3
        assert (left(), left("MUG-TIDE")) == (0, 117)

    def test_the_same_key_at_the_same_moment_holds_once(self) -> None:
        key = new_key("inventory.reserve")
        answers = at_once([lambda: inventory.reserve(key, [wish(SKU, 2)], soon())] * 8)
        assert answers == [None] * 8
        assert left() == 1

    def test_commit_and_release_at_the_same_moment_lose_nothing(self) -> None:
        keys = [held_by_someone(1) for _ in range(3)]
        calls = [
            call
            for key in keys
            for call in (
                lambda key=key: inventory.commit(new_key("inventory.commit"), key),
                lambda key=key: inventory.release(new_key("inventory.release"), key),
            )
        ]
        assert at_once(calls) == [None] * 6
        assert (left(), on_hand()) == (3, 3)

    def test_under_a_savepoint_a_refusal_rolls_back_only_itself(self) -> None:
        """The caller's transaction goes on and commits what it has written around the refusal."""
        with transaction.atomic():
            first = held_by_someone(2)
            with refused():
                held_by_someone(2)
        assert Reservation.objects.filter(key=first).exists()
        assert left() == 1

    def test_without_one_it_rolls_back_the_whole_transaction(self) -> None:
        """Nobody commits the half of a refused call by catching the refusal."""
        with transaction.atomic():
            held_by_someone(2)
            with pytest.raises(Refused):
                held_by_someone(2)
        assert not Reservation.objects.exists()
        assert left() == 3
