"""The contract of carts."""

from __future__ import annotations

import pytest

from checkout.application.ports.outbound.carts_port import CartsPort
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from checkout.testing.contracts.support import Keys, in_threads, missing, refused


class CartsPortContract:
    """What every CartsPort promises.

    Give it, as fixtures or methods of your class:

    * fixture `port`: the adapter.
    * fixture `cart`: the id of a cart that can be bought; a new cart for every test.
    * method `change(cart)`: the shopper changes what is in this cart; raises, or does nothing, when
      the shop does not let them.
    * attribute `unknown_cart`: the id of a cart that never was.
    """

    unknown_cart = "no-such-cart"

    @pytest.fixture
    def port(self) -> CartsPort:
        """The adapter."""
        missing("port")

    @pytest.fixture
    def cart(self) -> str:
        """A cart that can be bought."""
        missing("cart")

    def change(self, cart: str) -> None:
        """The shopper changes the cart."""
        missing("change")

    @pytest.fixture
    def keys(self) -> Keys:
        """The keys of a checkout that nobody has seen before."""
        return Keys()

    def frozen(self, port: CartsPort, cart: str, keys: Keys) -> CartSnapshot:
        """The snapshot of the cart."""
        return port.snapshot(keys.of("carts.snapshot"), cart)

    def test_it_says_whether_it_is_transactional(self, port: CartsPort) -> None:
        assert port.transactional in (True, False)

    def test_a_snapshot_is_complete_and_always_the_same(
        self, port: CartsPort, cart: str, keys: Keys
    ) -> None:
        first = self.frozen(port, cart, keys)
        again = self.frozen(port, cart, keys)
        assert isinstance(first, CartSnapshot)
        assert first.cart == cart
        assert first.lines
        assert again.digest == first.digest
        assert CartSnapshot.from_json(first.to_json()).digest == first.digest

    def test_a_cart_that_never_was_is_refused(self, port: CartsPort, keys: Keys) -> None:
        with refused("cart_not_found"):
            self.frozen(port, self.unknown_cart, keys)

    def test_closing_twice_is_closing_once(self, port: CartsPort, cart: str, keys: Keys) -> None:
        snapshot = self.frozen(port, cart, keys)
        for _ in range(3):
            port.close(keys.of("carts.close"), cart, snapshot)
        with refused("cart_closed"):
            port.close(Keys().of("carts.close"), cart, snapshot)

    def test_a_cart_that_was_changed_is_not_closed(
        self, port: CartsPort, cart: str, keys: Keys
    ) -> None:
        snapshot = self.frozen(port, cart, keys)
        self.change(cart)
        with refused("cart_changed"):
            port.close(keys.of("carts.close"), cart, snapshot)

    def test_reopening_gives_it_back(self, port: CartsPort, cart: str, keys: Keys) -> None:
        snapshot = self.frozen(port, cart, keys)
        port.close(keys.of("carts.close"), cart, snapshot)
        for _ in range(3):
            port.reopen(keys.of("carts.reopen"), keys.of("carts.close"), cart)
        other = Keys()
        port.close(other.of("carts.close"), cart, self.frozen(port, cart, other))

    def test_after_it_was_reopened_the_late_close_does_nothing(
        self, port: CartsPort, cart: str, keys: Keys
    ) -> None:
        """The tombstone: the undo came before the call that it undoes."""
        snapshot = self.frozen(port, cart, keys)
        port.reopen(keys.of("carts.reopen"), keys.of("carts.close"), cart)
        port.close(keys.of("carts.close"), cart, snapshot)
        other = Keys()
        port.close(other.of("carts.close"), cart, self.frozen(port, cart, other))

    def test_nobody_reopens_what_another_closed(
        self, port: CartsPort, cart: str, keys: Keys
    ) -> None:
        snapshot = self.frozen(port, cart, keys)
        port.close(keys.of("carts.close"), cart, snapshot)
        other = Keys()
        port.reopen(other.of("carts.reopen"), other.of("carts.close"), cart)
        with refused("cart_closed"):
            port.close(Keys().of("carts.close"), cart, snapshot)

    def test_of_many_checkouts_at_once_one_closes_it(
        self, port: CartsPort, cart: str, keys: Keys
    ) -> None:
        snapshot = self.frozen(port, cart, keys)
        rivals = [Keys() for _ in range(6)]

        def close(number: int) -> None:
            port.close(rivals[number].of("carts.close"), cart, snapshot)

        results = in_threads(len(rivals), close)
        assert results.count(None) == 1, results
        assert sum(isinstance(each, Refused) for each in results) == len(rivals) - 1, results
