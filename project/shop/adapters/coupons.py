"""The coupons port over the shop's own tables."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from checkout.domain.exceptions import Refused
from project.shop import sql
from project.shop.carts import owner_of
from project.shop.discounts import find_coupons, normalised, spent, unknown, used_up, why_not
from project.shop.models import Coupon, CouponClaim

CLAIM = """
    INSERT INTO shop_couponclaim (key, owner, status, created_at)
    VALUES (%s, %s, 'claimed', {now})
    ON CONFLICT DO NOTHING
    RETURNING id
"""
USE = "INSERT INTO shop_couponuse (claim_id, code) VALUES {many}"
REDEEM = "UPDATE shop_couponclaim SET status = 'redeemed' WHERE key = %s AND status <> 'released'"


class ShopCoupons:
    """Counts uses as rows: a claim takes one row per code, and the row decides.

    The coupon rows are locked in the order of their codes, so that two checkouts never both see
    the last use as free; where the database has no row locks, its single writer does the same.
    """

    transactional = True

    @transaction.atomic(savepoint=False)
    def claim(self, key: str, codes: Sequence[str], buyer: str) -> None:
        """Take one use of each code; see `CouponsPort.claim`."""
        # Whatever had this key before is committed by now, and stays as it is.
        new = sql.rows(CLAIM, key, owner_of(key))
        wanted = normalised(codes)
        if not (new and wanted):
            return
        coupons = find_coupons(wanted, " {locked}")
        uses = [(new[0][0], _usable(coupons.get(code), code).code) for code in wanted]
        sql.change(USE, *sql.flat(uses), many=sql.places(len(uses), 2))

    def redeem(self, key: str, claim: str, order: str) -> None:
        """Spend the claimed uses for good; see `CouponsPort.redeem`."""
        if not sql.change(REDEEM, claim):
            raise Refused("coupon_invalid", "The coupon of this order is no longer held for it.")

    @transaction.atomic(savepoint=False)
    def release(self, key: str, undoes: str) -> None:
        """Give the uses back; see `CouponsPort.release`."""
        CouponClaim.objects.update_or_create(
            key=undoes,
            defaults={"status": CouponClaim.RELEASED},
            create_defaults={"status": CouponClaim.RELEASED, "owner": owner_of(undoes)},
        )


def _usable(coupon: Coupon | None, code: str) -> Coupon:
    # The minimum was judged when the cart was priced; the claim knows no basket.
    reason = why_not(coupon, code, coupon.minimum if coupon else 0, timezone.now())
    if coupon and not reason and used_up(coupon):
        reason = spent(code)
    if coupon is None or reason:
        raise (reason or unknown(code)).refusal("coupon_invalid", coupon=code)
    return coupon
