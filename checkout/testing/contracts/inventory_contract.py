"""The contract of inventory."""

from __future__ import annotations

import pytest

from checkout.application.ports.outbound.inventory_port import InventoryPort
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import SnapshotLine
from checkout.testing.builders import line
from checkout.testing.contracts.support import Keys, in_a_while, in_threads, missing, refused


class InventoryPortContract:
    """What every InventoryPort promises.

    Give it, as fixtures or methods of your class:

    * fixture `port`: the adapter, over a shop that has 5 units of `plenty` and 1 unit of `scarce`.
    * attributes `plenty`, `scarce`: these two skus; `unknown_sku`: one that never was.
    * method `available(sku)`: units that a shopper could reserve now.
    * method `lapse(reservation)`: the hold under this key has expired.
    """

    plenty = "mug"
    scarce = "bowl"
    unknown_sku = "no-such-thing"

    @pytest.fixture
    def port(self) -> InventoryPort:
        """The adapter."""
        missing("port")

    def available(self, sku: str) -> int:
        """Units that could be reserved now."""
        missing("available")

    def lapse(self, reservation: str) -> None:
        """Let a hold expire."""
        missing("lapse")

    @pytest.fixture
    def keys(self) -> Keys:
        """The keys of a checkout that nobody has seen before."""
        return Keys()

    def hold(self, port: InventoryPort, keys: Keys, *lines: SnapshotLine) -> str:
        """Reserve; the key of the reservation."""
        port.reserve(keys.of("inventory.reserve"), lines, in_a_while())
        return keys.of("inventory.reserve")

    def test_reserving_twice_is_reserving_once(self, port: InventoryPort, keys: Keys) -> None:
        for _ in range(3):
            self.hold(port, keys, line(self.plenty, 2))
        assert self.available(self.plenty) == 3

    def test_what_is_short_is_refused(self, port: InventoryPort, keys: Keys) -> None:
        with refused("out_of_stock"):
            self.hold(port, keys, line(self.plenty, 6))
        assert self.available(self.plenty) == 5

    def test_a_refusal_names_the_sku_and_what_there_is(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        with pytest.raises(Refused) as said:
            self.hold(port, keys, line(self.scarce, 2))
        assert said.value.detail["sku"] == self.scarce
        assert said.value.detail["available"] == 1

    def test_an_unknown_sku_is_out_of_stock(self, port: InventoryPort, keys: Keys) -> None:
        with refused("out_of_stock"):
            self.hold(port, keys, line(self.unknown_sku, 1))

    def test_all_lines_or_none(self, port: InventoryPort, keys: Keys) -> None:
        with refused("out_of_stock"):
            self.hold(port, keys, line(self.plenty, 2), line(self.scarce, 2))
        assert (self.available(self.plenty), self.available(self.scarce)) == (5, 1)

    def test_released_units_are_free_at_once(self, port: InventoryPort, keys: Keys) -> None:
        held = self.hold(port, keys, line(self.plenty, 5))
        for _ in range(3):
            port.release(keys.of("inventory.release"), held)
        assert self.available(self.plenty) == 5

    def test_after_the_release_the_late_reserve_does_nothing(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        """The tombstone: the undo came before the call that it undoes."""
        port.release(keys.of("inventory.release"), keys.of("inventory.reserve"))
        self.hold(port, keys, line(self.plenty, 2))
        assert self.available(self.plenty) == 5

    def test_after_the_release_nothing_moves_any_more(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        held = self.hold(port, keys, line(self.plenty, 2))
        port.release(keys.of("inventory.release"), held)
        port.extend(keys.of("inventory.extend"), held, in_a_while())
        port.commit(keys.of("inventory.commit"), held)
        assert self.available(self.plenty) == 5

    def test_committed_units_are_gone_once(self, port: InventoryPort, keys: Keys) -> None:
        held = self.hold(port, keys, line(self.plenty, 2))
        for _ in range(3):
            port.commit(keys.of("inventory.commit"), held)
        assert self.available(self.plenty) == 3

    def test_committed_units_come_back_when_the_order_fell(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        held = self.hold(port, keys, line(self.plenty, 2))
        port.commit(keys.of("inventory.commit"), held)
        for _ in range(3):
            port.release(keys.of("inventory.release"), held)
        assert self.available(self.plenty) == 5

    def test_a_lapsed_hold_is_free_for_others(self, port: InventoryPort, keys: Keys) -> None:
        self.lapse(self.hold(port, keys, line(self.scarce, 1)))
        assert self.available(self.scarce) == 1
        self.hold(port, Keys(), line(self.scarce, 1))
        assert self.available(self.scarce) == 0

    def test_a_lapsed_hold_is_taken_again_when_there_is_stock(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        held = self.hold(port, keys, line(self.scarce, 1))
        self.lapse(held)
        port.extend(keys.of("inventory.extend"), held, in_a_while())
        assert self.available(self.scarce) == 0
        self.lapse(held)
        port.commit(keys.of("inventory.commit"), held)
        assert self.available(self.scarce) == 0

    def test_a_lapsed_hold_that_another_has_is_refused(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        held = self.hold(port, keys, line(self.scarce, 1))
        self.lapse(held)
        self.hold(port, Keys(), line(self.scarce, 1))
        with refused("out_of_stock"):
            port.extend(keys.of("inventory.extend"), held, in_a_while())
        with refused("out_of_stock"):
            port.commit(keys.of("inventory.commit"), held)
        assert self.available(self.scarce) == 0

    def test_what_was_never_held_cannot_be_committed(self, port: InventoryPort, keys: Keys) -> None:
        with refused("out_of_stock"):
            port.commit(keys.of("inventory.commit"), keys.of("inventory.reserve"))

    def test_the_last_unit_is_held_once_however_many_want_it(self, port: InventoryPort) -> None:
        rivals = [Keys() for _ in range(8)]
        results = in_threads(
            len(rivals), lambda number: self.hold(port, rivals[number], line(self.scarce, 1))
        )
        assert sum(isinstance(each, str) for each in results) == 1, results
        assert sum(isinstance(each, Refused) for each in results) == len(rivals) - 1, results
        assert self.available(self.scarce) == 0

    def test_one_reservation_at_once_from_many_workers_is_one(
        self, port: InventoryPort, keys: Keys
    ) -> None:
        results = in_threads(4, lambda _: self.hold(port, keys, line(self.plenty, 2)))
        assert all(isinstance(each, str) for each in results), results
        assert self.available(self.plenty) == 3
