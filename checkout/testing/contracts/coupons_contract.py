"""The contract of coupons."""

from __future__ import annotations

import pytest

from checkout.application.ports.outbound.coupons_port import CouponsPort
from checkout.domain.exceptions import Refused
from checkout.testing.contracts.support import Keys, in_threads, missing, refused

BUYER = "ada@example.org"


class CouponsPortContract:
    """What every CouponsPort promises.

    Give it, as fixtures or methods of your class:

    * fixture `port`: the adapter.
    * fixture `single`: a code that may be used once, and was not used yet.
    * fixture `other`: another such code.
    * method `uses(code)`: how many uses of this code are claimed or spent.
    * attribute `unknown_code`: a code that never was.
    """

    unknown_code = "NO-SUCH-CODE"

    @pytest.fixture
    def port(self) -> CouponsPort:
        """The adapter."""
        missing("port")

    @pytest.fixture
    def single(self) -> str:
        """A code that may be used once."""
        missing("single")

    @pytest.fixture
    def other(self) -> str:
        """Another code that may be used once."""
        missing("other")

    def uses(self, code: str) -> int:
        """How many uses are claimed or spent."""
        missing("uses")

    @pytest.fixture
    def keys(self) -> Keys:
        """The keys of a checkout that nobody has seen before."""
        return Keys()

    def test_claiming_twice_is_claiming_once(
        self, port: CouponsPort, single: str, keys: Keys
    ) -> None:
        for _ in range(3):
            port.claim(keys.of("coupons.claim"), [single], BUYER)
        assert self.uses(single) == 1

    def test_a_used_up_code_is_refused(self, port: CouponsPort, single: str, keys: Keys) -> None:
        port.claim(keys.of("coupons.claim"), [single], BUYER)
        with refused("coupon_invalid"):
            port.claim(Keys().of("coupons.claim"), [single], "eve@example.org")
        assert self.uses(single) == 1

    def test_an_unknown_code_is_refused(self, port: CouponsPort, keys: Keys) -> None:
        with refused("coupon_invalid"):
            port.claim(keys.of("coupons.claim"), [self.unknown_code], BUYER)

    def test_all_codes_or_none(
        self, port: CouponsPort, single: str, other: str, keys: Keys
    ) -> None:
        port.claim(Keys().of("coupons.claim"), [other], BUYER)
        with refused("coupon_invalid"):
            port.claim(keys.of("coupons.claim"), [single, other], BUYER)
        assert (self.uses(single), self.uses(other)) == (0, 1)

    def test_released_uses_are_free_at_once(
        self, port: CouponsPort, single: str, keys: Keys
    ) -> None:
        port.claim(keys.of("coupons.claim"), [single], BUYER)
        for _ in range(3):
            port.release(keys.of("coupons.release"), keys.of("coupons.claim"))
        assert self.uses(single) == 0
        port.claim(Keys().of("coupons.claim"), [single], BUYER)
        assert self.uses(single) == 1

    def test_after_the_release_the_late_claim_does_nothing(
        self, port: CouponsPort, single: str, keys: Keys
    ) -> None:
        """The tombstone: the undo came before the call that it undoes."""
        port.release(keys.of("coupons.release"), keys.of("coupons.claim"))
        port.claim(keys.of("coupons.claim"), [single], BUYER)
        assert self.uses(single) == 0

    def test_redeemed_uses_are_spent_once(self, port: CouponsPort, single: str, keys: Keys) -> None:
        port.claim(keys.of("coupons.claim"), [single], BUYER)
        for _ in range(3):
            port.redeem(keys.of("coupons.redeem"), keys.of("coupons.claim"), "order-1")
        assert self.uses(single) == 1
        with refused("coupon_invalid"):
            port.claim(Keys().of("coupons.claim"), [single], BUYER)

    def test_a_claim_that_is_not_held_cannot_be_redeemed(
        self, port: CouponsPort, single: str, keys: Keys
    ) -> None:
        with refused("coupon_invalid"):
            port.redeem(keys.of("coupons.redeem"), keys.of("coupons.claim"), "order-1")
        port.claim(keys.of("coupons.claim"), [single], BUYER)
        port.release(keys.of("coupons.release"), keys.of("coupons.claim"))
        with refused("coupon_invalid"):
            port.redeem(keys.of("coupons.redeem"), keys.of("coupons.claim"), "order-1")
        assert self.uses(single) == 0

    def test_spent_uses_come_back_when_the_order_fell(
        self, port: CouponsPort, single: str, keys: Keys
    ) -> None:
        port.claim(keys.of("coupons.claim"), [single], BUYER)
        port.redeem(keys.of("coupons.redeem"), keys.of("coupons.claim"), "order-1")
        port.release(keys.of("coupons.release"), keys.of("coupons.claim"))
        assert self.uses(single) == 0

    def test_of_many_checkouts_at_once_one_has_the_last_use(
        self, port: CouponsPort, single: str
    ) -> None:
        rivals = [Keys() for _ in range(6)]

        def claim(number: int) -> None:
            port.claim(rivals[number].of("coupons.claim"), [single], BUYER)

        results = in_threads(len(rivals), claim)
        assert results.count(None) == 1, results
        assert sum(isinstance(each, Refused) for each in results) == len(rivals) - 1, results
        assert self.uses(single) == 1
