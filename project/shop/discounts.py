"""Which coupons apply to a basket, and what each of them is worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from checkout.domain.value_objects.cart_snapshot import SnapshotDiscount, SnapshotLine
from project.shop import sql
from project.shop.arithmetic import share
from project.shop.models import Coupon
from project.shop.models.catalog import currency
from project.shop.words import Sentence

MAX_COUPONS = 5
COUPONS = """
    SELECT id, code, label, kind, value, minimum, uses, starts_at, ends_at, active
    FROM shop_coupon WHERE code IN ({many}) ORDER BY code"""
USES = """
    SELECT COUNT(*) FROM shop_couponuse AS used
    JOIN shop_couponclaim AS claim ON claim.id = used.claim_id
    WHERE used.code = %s AND claim.owner <> %s AND claim.status <> 'released'
"""


@dataclass(frozen=True)
class CouponProblem:
    """Why a code does not count: a sentence for the shopper."""

    code: str
    sentence: Sentence

    @property
    def message(self) -> str:
        """The sentence in the active language."""
        return str(self.sentence)


def normalised(codes: Iterable[str]) -> list[str]:
    """Codes as they are stored: capitals, without blanks around them, each once, in their order."""
    return list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))


def find_coupons(codes: Iterable[str], locked: str = "") -> dict[str, Coupon]:
    """The coupons that have one of these codes, by their codes; `locked` in the order of these."""
    wanted = list(codes)
    if not wanted:
        return {}
    text = sql.worded(COUPONS + locked, sql.places(len(wanted)))
    return {coupon.code: coupon for coupon in Coupon.objects.raw(text, wanted)}


def times_used(coupon: Coupon, except_owner: str = "") -> int:
    """How many uses count against the limit, not counting those of the checkout `except_owner`."""
    ((uses,),) = sql.rows(USES, coupon.code, except_owner)
    return int(uses)


def why_not(coupon: Coupon | None, code: str, basket: int, now: datetime) -> Sentence | None:
    """The sentence that says why the coupon does not apply to this basket, or None.

    `basket` is the value of the lines in minor units. The usage limit is not looked at here.
    """
    if coupon is None or not coupon.active:
        return unknown(code)
    if coupon.starts_at and now < coupon.starts_at:
        return Sentence(_("The code %(code)s is not valid yet."), {"code": code})
    if coupon.ends_at and now >= coupon.ends_at:
        return Sentence(_("The code %(code)s has expired."), {"code": code})
    if basket < coupon.minimum:
        least = {"amount": coupon.minimum, "currency": currency()}
        text = _("The code %(code)s needs a basket of %(least)s or more.")
        return Sentence(text, {"code": code, "least": least})
    return None


def unknown(code: str) -> Sentence:
    """The sentence for a code that is none of ours, or none any more."""
    return Sentence(_("We do not know the code %(code)s."), {"code": code})


def spent(code: str) -> Sentence:
    """The sentence for a code of which every use is taken."""
    return Sentence(_("The code %(code)s has been used already."), {"code": code})


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
    coupons = find_coupons(codes)
    now, discounts, problems = timezone.now(), [], []
    for code in codes:
        coupon = coupons.get(code)
        reason = why_not(coupon, code, basket, now)
        if coupon and not reason and used_up(coupon, owner):
            reason = spent(code)
        if coupon is None or reason:
            problems.append(CouponProblem(code, reason or unknown(code)))
            continue
        amount = min(worth(coupon, lines), left)
        left -= amount
        discounts.append(SnapshotDiscount(code, gettext(coupon.label), amount))
    return tuple(discounts), tuple(problems)
