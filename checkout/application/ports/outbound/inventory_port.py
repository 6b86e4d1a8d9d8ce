"""Inventory: who knows what is in stock, and holds it for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from checkout.domain.value_objects.cart_snapshot import SnapshotLine


class InventoryPort(Protocol):
    """The shop's stock. A reservation is rows with an owner (the key) and an expiry, never a counter.

    Promises: idempotent by `key`; all lines or none; `release` before `reserve` arrived leaves a
    tombstone that makes the late `reserve` a no-op; after `release`, `extend` and `commit` are
    no-ops for ever; `transactional` as in CartsPort.
    """

    transactional: bool

    def reserve(self, key: str, lines: Sequence[SnapshotLine], until: datetime) -> None:
        """Hold every line until `until` (aware), atomically against all other shoppers.

        Raises Refused(`out_of_stock`, message, sku=…, available=…) when one line is short.
        """
        ...

    def extend(self, key: str, reservation: str, until: datetime) -> None:
        """Hold on until `until`. A hold that lapsed is taken again if stock allows.

        `reservation` is the key of the `reserve`. Never shortens a hold.
        Raises Refused(`out_of_stock`, …) when a lapsed hold cannot be had again.
        """
        ...

    def commit(self, key: str, reservation: str) -> None:
        """Take the held units out of stock for good: the order is about to be placed.

        A hold that lapsed is taken again, or Refused(`out_of_stock`, …) is raised and nothing moves.
        """
        ...

    def release(self, key: str, undoes: str) -> None:
        """Give back what the reservation `undoes` holds, committed units included. Never refused."""
        ...
