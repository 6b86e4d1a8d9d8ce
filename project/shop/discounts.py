"""Which coupons apply to a basket, and what each of them is worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from checkout.domain.value_objects.cart_snapshot import SnapshotDiscount, SnapshotLine
from project.shop.arithmetic import in_words, share
from project.shop.models import Coupon, CouponClaim, CouponUse
from project.shop.models.catalog import CURRENCY

MAX_COUPONS = 5


@dataclass(frozen=True)
class CouponProblem:
    """Why a code does not count: a sentence for the shopper."""

    code: str
    message: str


def normalised(codes: Iterable[str]) -> list[str]:
    """Codes as they are stored: capitals, without blanks around them, each once, in their order."""
    return list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))


def times_used(coupon: Coupon, except_owner: str = "") -> int:
    """How many uses count against the limit, not counting those of the checkout `except_owner`."""
    uses = CouponUse.objects.filter(coupon=coupon).exclude(claim__owner=except_owner)
    return uses.exclude(claim__status=CouponClaim.RELEASED).count()


def why_not(coupon: Coupon | None, code: str, basket: int, now: datetime) -> str:
    """The sentence that says why the coupon does not apply to this basket, or nothing.

    `basket` is the value of the lines in minor units. The usage limit is not looked at here.
    """
    if coupon is None or not coupon.active:
        return f"We do not know the code {code}."
    if coupon.starts_at and now < coupon.starts_at:
        return f"The code {code} is not valid yet."
    if coupon.ends_at and now >= coupon.ends_at:
        return f"The code {code} has expired."
    if basket < coupon.minimum:
        return f"The code {code} needs a basket of {in_words(coupon.minimum, CURRENCY)} or more."
    return ""


def used_up(coupon: Coupon, except_owner: str = "") -> bool:
    """Whether every allowed use has been claimed by other checkouts."""
    return coupon.uses is not None and times_used(coupon, except_owner) >= coupon.uses


def worth(coupon: Coupon, lines: Iterable[SnapshotLine]) -> int:
    """The discount in minor units; a percentage is rounded half up on each line."""
    if coupon.kind == Coupon.PERCENTAGE:
        return sum(share(line.total, coupon.value) for line in lines)
    return coupon.value


def judge(
    codes: Iterable[str], lines: tuple[SnapshotLine, ...], owner: str = ""
) -> tuple[tuple[SnapshotDiscount, ...], tuple[CouponProblem, ...]]:
    """The discounts that these codes give on these lines, and what is wrong with the others.

    All discounts together never exceed the basket. What the checkout `owner` has claimed does not
    count against itself.
    """
    basket = left = sum(line.total for line in lines)
    coupons = Coupon.objects.in_bulk(list(codes), field_name="code")
    now, discounts, problems = timezone.now(), [], []
    for code in codes:
        coupon = coupons.get(code)
        reason = why_not(coupon, code, basket, now)
        if coupon and not reason and used_up(coupon, owner):
            reason = f"The code {code} has been used already."
        if coupon is None or reason:
            problems.append(CouponProblem(code, reason))
            continue
        amount = min(worth(coupon, lines), left)
        left -= amount
        discounts.append(SnapshotDiscount(code, coupon.label, amount))
    return tuple(discounts), tuple(problems)
