"""A checkout writes no index that nothing looks for: each costs with every row, for ever."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

from project.shop.models import (
    Cart,
    CartClosure,
    CartLine,
    CouponClaim,
    CouponUse,
    Mail,
    Order,
    OrderLine,
    Reservation,
    ReservationLine,
)

LINES = [CartLine, CouponUse, ReservationLine]
GROWING = [*LINES, Cart, CartClosure, CouponClaim, Mail, Order, OrderLine, Reservation]


def indexes(model: type[models.Model]) -> dict[str, list[str]]:
    """The columns of each index of the table, in their order."""
    with connection.cursor() as cursor:
        found: Any = connection.introspection.get_constraints(cursor, model._meta.db_table)
    kinds = ("index", "unique", "primary_key")
    return {name: each["columns"] for name, each in found.items() if any(each[k] for k in kinds)}


@pytest.mark.django_db
@pytest.mark.parametrize("model", GROWING)
def test_there_is_none_for_like(model: type[models.Model]) -> None:
    """PostgreSQL gets one from Django beside each of a text that is unique or indexed by its field."""
    assert [name for name in indexes(model) if name.endswith("_like")] == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", LINES)
def test_none_begins_as_another_does(model: type[models.Model]) -> None:
    firsts = [columns[0] for columns in indexes(model).values()]
    assert len(firsts) == len(set(firsts)), indexes(model)


@pytest.mark.django_db
def test_none_has_to_be_written_when_a_hold_is_extended() -> None:
    assert [name for name, columns in indexes(Reservation).items() if "expires_at" in columns] == []
