"""A stocked shop, and helpers for what most of its tests do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import SnapshotLine
from project.shop.cart_edits import make_cart
from project.shop.fill import fill_shop
from project.shop.models import Cart, StockItem

UNTIL = timedelta(minutes=15)


@pytest.fixture
def shop(db: None) -> None:
    """Sixteen products and six coupons."""
    fill_shop()


def new_key(call: str) -> str:
    """The key of a call of a checkout that nobody has seen before."""
    return f"{uuid4()}:{call}:1"


def wish(sku: str, quantity: int = 1, price: int = 1800) -> SnapshotLine:
    """A line as it stands in a frozen cart."""
    return SnapshotLine(sku, sku.title(), quantity, price, price * quantity)


@contextmanager
def refused() -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Inside it a call is refused: what that has written is rolled back, and the rest goes on."""
    with pytest.raises(Refused) as no, transaction.atomic():
        yield no


def in_a_while() -> datetime:
    """When a hold of these tests ends."""
    return timezone.now() + UNTIL


def a_cart(lines: dict[str, int] | None = None, *codes: str, **details: str) -> Cart:
    """A cart with these units by sku and these codes."""
    cart, _ = make_cart(lines or {"MUG-TIDE": 2}, list(codes), {"shipping": "pickup", **details})
    return cart


def stock(sku: str, on_hand: int) -> None:
    """Set how many there are."""
    StockItem.objects.filter(product__sku=sku).update(on_hand=on_hand)


def at_once(calls: Sequence[Callable[..., object]]) -> list[object]:
    """Run the calls in threads of their own; their answers, or the errors that they raised."""

    def run(call: Callable[[], object]) -> object:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
