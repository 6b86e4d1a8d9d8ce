"""Where the shop's pages and its API are."""

from __future__ import annotations

from django.urls import path

from project.shop import api, cart_views, pages

app_name = "shop"

urlpatterns = [
    path("", pages.home, name="home"),
    path("products/<str:sku>/", pages.product, name="product"),
    path("cart/", pages.cart, name="cart"),
    path("cart/add/", cart_views.add_line, name="add"),
    path("cart/lines/", cart_views.set_line, name="line"),
    path("cart/coupons/", cart_views.enter_coupon, name="coupon"),
    path("cart/coupons/remove/", cart_views.drop_coupon, name="drop_coupon"),
    path("cart/details/", cart_views.keep_details, name="details"),
    path("cart/place/", cart_views.place, name="place"),
    path("api/v1/products", api.products, name="api_products"),
    path("api/v1/carts", api.carts, name="api_carts"),
]
