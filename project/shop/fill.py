"""Stocking the shop: what is missing is added, what is there stays as it is."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from project.shop.catalogue import ARTICLES, VOUCHERS, Article, Voucher
from project.shop.models import Coupon, Product, StockItem


@transaction.atomic
def fill_shop() -> tuple[int, int]:
    """Add the missing products and coupons; return how many of each were added.

    Safe to repeat, also while the shop sells: prices, stock and codes that staff have changed
    are left alone.
    """
    products = [_stock(article, position) for position, article in enumerate(ARTICLES, start=1)]
    coupons = [_issue(voucher) for voucher in VOUCHERS]
    return sum(products), sum(coupons)


def _stock(article: Article, position: int) -> bool:
    product, new = Product.objects.get_or_create(
        sku=article.sku,
        defaults={
            "name": article.name,
            "price": article.price,
            "summary": article.summary,
            "description": article.description,
            "details": article.details,
            "picture": article.picture,
            "position": position,
        },
    )
    StockItem.objects.get_or_create(product=product, defaults={"on_hand": article.stock})
    return new


def _issue(voucher: Voucher) -> bool:
    ends_at = timezone.now() + voucher.ends_in if voucher.ends_in is not None else None
    _, new = Coupon.objects.get_or_create(
        code=voucher.code,
        defaults={
            "label": voucher.label,
            "kind": voucher.kind,
            "value": voucher.value,
            "minimum": voucher.minimum,
            "uses": voucher.uses,
            "ends_at": ends_at,
        },
    )
    return new
