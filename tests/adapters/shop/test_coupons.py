"""Codes: which apply, and that the last use goes to one checkout only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.domain.exceptions import Refused
from project.shop.adapters.coupons import ShopCoupons
from project.shop.cart_edits import CartProblem, add_coupon, remove_coupon
from project.shop.discounts import normalised, times_used
from project.shop.fill import fill_shop
from project.shop.models import Coupon, CouponClaim
from project.shop.pricing import price
from tests.adapters.shop.conftest import a_cart, at_once, new_key, refused

coupons = ShopCoupons()


def claimed(*codes: str) -> str:
    key = new_key("coupons.claim")
    coupons.claim(key, codes, "a@example.com")
    return key


def used(code: str = "ONCE") -> int:
    return times_used(Coupon.objects.get(code=code))


@pytest.mark.usefixtures("shop")
class TestRules:
    @pytest.mark.parametrize(
        ("code", "lines", "amount"),
        [
            ("WELCOME10", {"MUG-TIDE": 2}, 360),
            ("FIVER", {"MUG-TIDE": 2}, 500),
            ("ONCE", {"MUG-TIDE": 1}, 270),
            ("BIG20", {"THROW-WOOL": 1}, 2380),
            ("FRIENDS100", {"MUG-TIDE": 1}, 1800),
        ],
    )
    def test_what_a_code_is_worth(self, code: str, lines: dict[str, int], amount: int) -> None:
        assert price(a_cart(lines, code)).discounts[0].amount == amount

    @pytest.mark.parametrize(
        ("code", "problem", "words"),
        [
            ("OLD", "coupon_invalid", "expired"),
            ("BIG20", "coupon_invalid", "€100.00"),
            ("NOSUCH", "unknown_coupon", "do not know"),
            ("", "unknown_coupon", "do not know"),
        ],
    )
    def test_why_a_code_does_not_apply(self, code: str, problem: str, words: str) -> None:
        cart = a_cart()
        with pytest.raises(CartProblem) as no:
            add_coupon(cart, code)
        assert (no.value.code, words in no.value.message) == (problem, True)
        cart.refresh_from_db()
        assert cart.coupons == []

    def test_a_code_of_tomorrow_is_not_valid_yet(self) -> None:
        Coupon.objects.filter(code="FIVER").update(starts_at=timezone.now() + timedelta(days=1))
        with pytest.raises(CartProblem, match="not valid yet"):
            add_coupon(a_cart(), "FIVER")

    def test_an_inactive_code_is_unknown(self) -> None:
        Coupon.objects.filter(code="FIVER").update(active=False)
        with pytest.raises(CartProblem, match="do not know"):
            add_coupon(a_cart(), "FIVER")

    def test_small_letters_and_blanks_are_forgiven_and_twice_is_once(self) -> None:
        cart = a_cart(None, " welcome10 ")
        add_coupon(cart, "Welcome10")
        assert cart.coupons == ["WELCOME10"]
        remove_coupon(cart, "WELCOME10")
        assert price(cart).discounts == ()

    def test_a_code_that_lapses_in_the_cart_is_named_and_gives_nothing(self) -> None:
        cart = a_cart(None, "WELCOME10")
        Coupon.objects.update(ends_at=timezone.now())
        quote = price(cart)
        assert (quote.discounts, quote.problems[0].code) == ((), "WELCOME10")

    def test_codes_are_normalised_in_their_order(self) -> None:
        assert normalised(["b", " A", "B", "", "  "]) == ["B", "A"]


@pytest.mark.usefixtures("shop")
class TestClaims:
    def test_a_use_is_taken_once_by_one_key(self) -> None:
        key = claimed("ONCE")
        coupons.claim(key, ["ONCE"], "")
        assert used() == 1

    def test_all_codes_or_none(self) -> None:
        claimed("ONCE")
        with refused() as no:
            claimed("WELCOME10", "ONCE")
        assert (no.value.code, no.value.detail["coupon"]) == ("coupon_invalid", "ONCE")
        assert used("WELCOME10") == 0

    @pytest.mark.parametrize("code", ["OLD", "NOSUCH"])
    def test_a_bad_code_is_refused(self, code: str) -> None:
        with refused():
            claimed(code)

    def test_a_released_use_is_free_at_once(self) -> None:
        coupons.release(new_key("coupons.release"), claimed("ONCE"))
        claimed("ONCE")
        assert used() == 1

    def test_a_redeemed_use_stays_used_until_it_is_released(self) -> None:
        key = claimed("ONCE")
        coupons.redeem(new_key("coupons.redeem"), key, "HP-1")
        coupons.redeem(new_key("coupons.redeem"), key, "HP-1")
        assert used() == 1
        coupons.release(new_key("coupons.release"), key)
        assert used() == 0

    def test_nothing_can_be_redeemed_after_release_or_without_a_claim(self) -> None:
        key = claimed("ONCE")
        coupons.release(new_key("coupons.release"), key)
        for claim in (key, new_key("coupons.claim")):
            with refused():
                coupons.redeem(new_key("coupons.redeem"), claim, "HP-1")

    def test_release_before_the_claim_makes_the_late_claim_do_nothing(self) -> None:
        key = new_key("coupons.claim")
        coupons.release(new_key("coupons.release"), key)
        coupons.claim(key, ["ONCE"], "")
        assert (used(), CouponClaim.objects.get(key=key).status) == (0, CouponClaim.RELEASED)


@pytest.mark.django_db(transaction=True)
def test_one_use_and_twenty_checkouts() -> None:
    """F1: one of twenty gets the one use."""
    fill_shop()
    answers = at_once([lambda: claimed("ONCE")] * 20)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 19
    assert used() == 1
