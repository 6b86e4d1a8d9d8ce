"""A checkout writes no index twice, and a claim writes none at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
)


def indexes(model: type[models.Model]) -> list[list[str]]:
    """The columns of each index of the table, in their order."""
    with connection.cursor() as cursor:
        found: Any = connection.introspection.get_constraints(cursor, model._meta.db_table)
    kinds = ("index", "unique", "primary_key")
    return [each["columns"] for each in found.values() if any(each[k] for k in kinds)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", [CheckoutEffect, CheckoutHistory, CheckoutProgress])
def test_none_begins_as_another_does(model: type[models.Model]) -> None:
    firsts = [columns[0] for columns in indexes(model)]
    assert len(firsts) == len(set(firsts)), indexes(model)


@pytest.mark.django_db
def test_none_guards_the_random_id_of_an_event() -> None:
    assert ["event_id"] not in indexes(CheckoutOutbox)


@pytest.mark.parametrize("column", ["fence", "lease_until", "wake", "attempt"])
def test_none_names_what_a_claim_changes(column: str) -> None:
    """PostgreSQL writes entries anew only when a column changes that an index or its rule names."""
    meta = CheckoutSession._meta
    said = [each.deconstruct() for each in [*meta.indexes, *meta.constraints]]
    assert [each for each in said if f"'{column}" in repr(each)] == []
