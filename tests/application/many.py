"""Many checkouts that stand where one stands: its rows under other ids, and the fakes' ledgers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Model

from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
)
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World

JOURNAL: tuple[type[Model], ...] = (
    CheckoutProgress,
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
)
Words = dict[str, str]


def like_the_one(world: World, count: int) -> list[CheckoutId]:
    """So many more beside the checkout of the world; the ids of all, the first is its own."""
    copies = [uuid4() for _ in range(count)]
    cart = world.row.cart
    names: list[Words] = [
        {str(world.known): str(pk), cart: f"{cart}-{n}", world.payments.last.reference: f"pay-c{n}"}
        for n, pk in enumerate(copies)
    ]
    sessions = [_copy(world.row, words, pk=UUID(words[str(world.known)])) for words in names]
    CheckoutSession.objects.bulk_create(sessions)
    for model in JOURNAL:
        rows = list(model._default_manager.filter(checkout=world.known))
        model._default_manager.bulk_create(_copy(row, words) for words in names for row in rows)
    for words in names:
        _tell_the_neighbours(world, words)
    return [world.known, *map(CheckoutId, copies)]


def _copy(row: Any, words: Words, **changes: Any) -> Any:
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    if not row._meta.pk.is_relation:
        columns.pop(row._meta.pk.attname)
    columns |= {name: uuid4() for name in ("event_id", "message_id") if name in columns}
    return type(row)(**{name: _renamed(value, words) for name, value in columns.items()}, **changes)


def _renamed(value: Any, words: Words) -> Any:
    if isinstance(value, UUID):  # of the checkout, or a fresh one
        return UUID(words.get(str(value), str(value)))
    if isinstance(value, str):
        return _text(value, words)
    if isinstance(value, dict | list):
        return json.loads(_text(json.dumps(value), words))
    return value


def _text(text: str, words: Words) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def _tell_the_neighbours(world: World, words: Words) -> None:
    (one, _), (cart, copy), (paid, reference) = words.items()
    world.carts.carts[copy] = replace(world.carts.carts[cart], cart=copy)
    for ledger in (world.inventory.committed, world.inventory.until, world.payments.keys):
        _double(ledger, one, words)
    world.carts.closed_by[copy] = _text(world.carts.closed_by[cart], words)
    world.payments.payments[reference] = replace(
        world.payments.payments[paid], reference=reference, moved=set()
    )


def _double(ledger: dict[str, Any], one: str, words: Words) -> None:
    for key in [key for key in ledger if key.startswith(one)]:
        ledger[_text(key, words)] = _renamed(ledger[key], words)


def in_state(ids: Iterable[UUID], state: str) -> int:
    """How many of these are in that state."""
    return CheckoutSession.objects.filter(pk__in=list(ids), state=state).count()
