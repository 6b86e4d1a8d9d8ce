"""The contract of orders."""

from __future__ import annotations

import pytest

from checkout.application.ports.outbound.orders_port import OrdersPort
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from checkout.testing.builders import snapshot
from checkout.testing.contracts.support import Keys, in_threads, missing, refused


class OrdersPortContract:
    """What every OrdersPort promises.

    Give it, as fixtures or methods of your class:

    * fixture `port`: the adapter.
    * fixture `frozen`: a CartSnapshot that the shop can make an order of; ours unless you say so.
    * method `live_totals()`: the totals, in minor units, of all orders that are not cancelled.
    """

    @pytest.fixture
    def port(self) -> OrdersPort:
        """The adapter."""
        missing("port")

    @pytest.fixture
    def frozen(self) -> CartSnapshot:
        """What is ordered."""
        return snapshot()

    def live_totals(self) -> list[int]:
        """Totals of the orders that stand."""
        missing("live_totals")

    @pytest.fixture
    def keys(self) -> Keys:
        """The keys of a checkout that nobody has seen before."""
        return Keys()

    def test_placing_twice_is_one_order_with_one_reference(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        references = {port.place(keys.of("orders.place"), frozen, "pay_1") for _ in range(3)}
        assert len(references) == 1
        assert references != {""}
        assert self.live_totals() == [frozen.total]

    def test_two_checkouts_are_two_orders(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        first = port.place(keys.of("orders.place"), frozen, "pay_1")
        second = port.place(Keys().of("orders.place"), frozen, "pay_2")
        assert first != second
        assert self.live_totals() == [frozen.total] * 2

    def test_an_order_needs_no_payment_when_nothing_is_to_be_paid(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        assert port.place(keys.of("orders.place"), frozen, "")

    def test_cancelling_twice_is_cancelling_once(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        port.place(keys.of("orders.place"), frozen, "pay_1")
        for _ in range(3):
            port.cancel(keys.of("orders.cancel"), keys.of("orders.place"), "capture_refused")
        assert self.live_totals() == []

    def test_after_the_cancel_the_late_order_is_refused(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        """The tombstone: the undo came before the call that it undoes."""
        port.cancel(keys.of("orders.cancel"), keys.of("orders.place"), "capture_refused")
        with refused("order_refused"):
            port.place(keys.of("orders.place"), frozen, "pay_1")
        assert self.live_totals() == []

    def test_cancelling_one_order_leaves_the_others(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        other = Keys()
        port.place(keys.of("orders.place"), frozen, "pay_1")
        port.place(other.of("orders.place"), frozen, "pay_2")
        port.cancel(keys.of("orders.cancel"), keys.of("orders.place"), "capture_refused")
        assert self.live_totals() == [frozen.total]

    def test_many_workers_at_once_place_one_order(
        self, port: OrdersPort, frozen: CartSnapshot, keys: Keys
    ) -> None:
        results = in_threads(6, lambda _: port.place(keys.of("orders.place"), frozen, "pay_1"))
        assert len(set(results)) == 1, results
        assert isinstance(results[0], str), results
        assert self.live_totals() == [frozen.total]
