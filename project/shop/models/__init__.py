"""The tables of the shop, one module per neighbour."""

from project.shop.models.carts import Cart, CartClosure, CartLine
from project.shop.models.catalog import Product
from project.shop.models.coupons import Coupon, CouponClaim, CouponUse
from project.shop.models.inventory import Reservation, ReservationLine, StockItem
from project.shop.models.mail import Mail
from project.shop.models.orders import Order, OrderLine

__all__ = [
    "Cart",
    "CartClosure",
    "CartLine",
    "Coupon",
    "CouponClaim",
    "CouponUse",
    "Mail",
    "Order",
    "OrderLine",
    "Product",
    "Reservation",
    "ReservationLine",
    "StockItem",
]
