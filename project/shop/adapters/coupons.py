"""The coupons port over the shop's own tables."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from checkout.domain.exceptions import Refused
from project.shop.carts import owner_of
from project.shop.discounts import normalised, spent, unknown, used_up, why_not
from project.shop.models import Coupon, CouponClaim, CouponUse


class ShopCoupons:
    """Counts uses as rows: a claim takes one row per code, and the row decides.

    The coupon rows are locked in the order of their codes, so that two checkouts never both see
    the last use as free; where the database has no row locks, its single writer does the same.
    """

    transactional = True

    @transaction.atomic(savepoint=False)
    def claim(self, key: str, codes: Sequence[str], buyer: str) -> None:
        """Take one use of each code; see `CouponsPort.claim`."""
        ours = CouponClaim(key=key, owner=owner_of(key), status=CouponClaim.CLAIMED)
        CouponClaim.objects.bulk_create([ours], ignore_conflicts=True)
        # Whatever had this key before is committed by now. One without uses is ours, and new.
        claim = CouponClaim.objects.filter(key=key, status=CouponClaim.CLAIMED, uses=None).first()
        if claim is None:
            return
        wanted = normalised(codes)
        rows = Coupon.objects.select_for_update().filter(code__in=wanted).order_by("code")
        coupons = {coupon.code: coupon for coupon in rows}
        CouponUse.objects.bulk_create(
            CouponUse(claim=claim, coupon=_usable(coupons.get(code), code)) for code in wanted
        )

    def redeem(self, key: str, claim: str, order: str) -> None:
        """Spend the claimed uses for good; see `CouponsPort.redeem`."""
        live = CouponClaim.objects.filter(key=claim).exclude(status=CouponClaim.RELEASED)
        if not live.update(status=CouponClaim.REDEEMED):
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
