"""Carts: whose they are, and how they are found again."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest

from checkout.sql import Statement
from project.shop import sql
from project.shop.models import Cart

OWNER = "shop_owner"
# In the order of the model.
SAID = (
    *("status", "closed_by", "coupons", "email", "name", "street", "postcode", "city", "country"),
    *("shipping", "language"),
)
WITH_LINES = f"""
    SELECT {", ".join(f"cart.{name}" for name in SAID)},
        product.sku, product.name, product.price, product.active, line.quantity
    FROM shop_cart AS cart
    LEFT JOIN shop_cartline AS line ON line.cart_id = cart.id
    LEFT JOIN shop_product AS product ON product.id = line.product_id
    WHERE cart.id = %s
    ORDER BY line.id
"""


class Wish(NamedTuple):
    """One line of a cart, with what it takes to price it."""

    sku: str
    name: str
    price: int
    active: bool
    quantity: int


def owner_of(key: str) -> str:
    """The checkout that an idempotency key belongs to: its first part."""
    return key.split(":", 1)[0]


def secret_hash(secret: str) -> str:
    """What is stored of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def as_uuid(cart_id: str) -> UUID:
    """The id as the database has it; when the text is no id at all, one that no cart has."""
    try:
        return UUID(cart_id)
    except ValueError:
        return UUID(int=0)


def find_cart(cart_id: str) -> Cart | None:
    """The cart with this id; None when there is none, or when the text is no id at all."""
    return Cart.objects.filter(pk=as_uuid(cart_id)).first()


def find_cart_with_lines(cart_id: str) -> tuple[Cart | None, list[Wish]]:
    """What was said in this cart, and its lines."""
    return as_found(cart_id, sql.together(with_lines(cart_id))[0].rows)


def with_lines(cart_id: str) -> Statement:
    """The statement that reads a cart with its lines, for `as_found`."""
    return sql.statement(WITH_LINES, as_uuid(cart_id).hex)


def as_found(cart_id: str, found: list[Any]) -> tuple[Cart | None, list[Wish]]:
    """The cart and the lines in these rows."""
    if not found:
        return None, []
    status, closed_by, coupons, *rest = found[0][: len(SAID)]
    said = [as_uuid(cart_id), status, closed_by, json.loads(coupons), *rest]
    cart = Cart.from_db("default", ["id", *SAID], said)  # the other fields come when asked for
    lines = [Wish(*row[len(SAID) :]) for row in found]
    return cart, [] if lines[0].sku is None else lines


def wishes(cart: Cart) -> list[Wish]:
    """The lines of a cart."""
    names = ("sku", "name", "price", "active")
    found = cart.lines.values_list(*(f"product__{name}" for name in names), "quantity")
    return [Wish(*row) for row in found]


def prove_cart(request: HttpRequest, cart_id: str, cart_token: str = "") -> bool:
    """Whether the asker may act for this cart: by its token, or because it is this browser's."""
    cart = find_cart(cart_id)
    if cart is None:
        return False
    if cart_token:
        return _same(cart.token_hash, secret_hash(cart_token))
    return _same(cart.owner_hash, _owner_hash(request))


def open_carts(request: HttpRequest) -> list[Cart]:
    """The open carts of this browser, the newest first."""
    owner = _owner_hash(request)
    return list(Cart.objects.filter(owner_hash=owner, status=Cart.OPEN)) if owner else []


def current_cart(request: HttpRequest) -> Cart | None:
    """The cart that the browser sees: its newest open one. A cancelled checkout's comes back."""
    return next(iter(open_carts(request)), None)


def cart_to_fill(request: HttpRequest) -> Cart:
    """The browser's cart, made now when it has none."""
    cart = current_cart(request)
    if cart is None:
        secret = request.session.setdefault(OWNER, secrets.token_urlsafe(32))
        cart = Cart.objects.create(owner_hash=secret_hash(secret))
    return cart


def units(cart: Cart | None) -> int:
    """How many things are in the cart."""
    if cart is None:
        return 0
    return cart.lines.filter(product__active=True).aggregate(units=Sum("quantity"))["units"] or 0


def _owner_hash(request: HttpRequest) -> str:
    secret = request.session.get(OWNER, "")
    return secret_hash(secret) if secret else ""


def _same(stored: str, given: str) -> bool:
    return bool(stored) and hmac.compare_digest(stored, given)
