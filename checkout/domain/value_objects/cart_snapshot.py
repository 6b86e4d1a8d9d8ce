"""The frozen cart: what the shopper agreed to. It never changes; everything is checked against it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from checkout.domain.value_objects.money import Money


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """One line: `unit_price` and `total` in minor units, before discounts."""

    sku: str
    name: str
    quantity: int
    unit_price: int
    total: int


@dataclass(frozen=True, slots=True)
class SnapshotDiscount:
    """A discount in minor units, positive. `code` is the coupon's, or empty when it needs none."""

    code: str
    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class SnapshotCharge:
    """Shipping, tax and the like in minor units. An included charge is shown, not added."""

    kind: str
    label: str
    amount: int
    included: bool = False


@dataclass(frozen=True)
class CartSnapshot:
    """Lines, discounts, charges and total of a cart at the moment of "Place order".

    `buyer` and `delivery` are what the shop wants to find again in the order (e-mail, name,
    address, shipping method); checkout only carries them. `buyer["language"]`, where there is one,
    is the language in which the shopper ordered, and in which mails speak. `total` is in minor units.

    Raises ValueError when the parts do not add up to the total, or a line is impossible.
    """

    cart: str
    currency: str
    lines: tuple[SnapshotLine, ...]
    total: int
    discounts: tuple[SnapshotDiscount, ...] = ()
    charges: tuple[SnapshotCharge, ...] = ()
    buyer: dict[str, str] = field(default_factory=dict)
    delivery: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Money(self.total, self.currency)
        if not self.lines:
            raise ValueError("A cart without lines cannot be frozen.")
        for line in self.lines:
            if line.quantity < 1 or line.unit_price < 0:
                raise ValueError(f"The line {line.sku} has an impossible quantity or price.")
            if line.total != line.unit_price * line.quantity:
                raise ValueError(f"The line {line.sku} does not add up.")
        if self.total != self._sum() or self.total < 0:
            raise ValueError(f"The cart adds up to {self._sum()}, not to {self.total}.")

    def _sum(self) -> int:
        lines = sum(line.total for line in self.lines)
        discounts = sum(discount.amount for discount in self.discounts)
        return lines - discounts + sum(c.amount for c in self.charges if not c.included)

    @property
    def coupons(self) -> tuple[str, ...]:
        """The coupon codes that were applied, each once, in their order."""
        return tuple(dict.fromkeys(d.code for d in self.discounts if d.code))

    @property
    def money(self) -> Money:
        """The total as money."""
        return Money(self.total, self.currency)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON form: binds snapshot, payment and order together."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The stored form: plain JSON values only."""
        parts = {name: [_plain(part) for part in getattr(self, name)] for name in _LISTS}
        return {
            "cart": self.cart,
            "currency": self.currency,
            "total": self.total,
            "buyer": dict(self.buyer),
            "delivery": dict(self.delivery),
            **parts,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CartSnapshot:
        """Read what `to_json` wrote."""
        lists = {name: tuple(kind(**item) for item in data[name]) for name, kind in _LISTS.items()}
        return cls(**{**data, **lists})


def _plain(part: SnapshotLine | SnapshotDiscount | SnapshotCharge) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__slots__}


_LISTS: dict[str, type[SnapshotLine] | type[SnapshotDiscount] | type[SnapshotCharge]] = {
    "lines": SnapshotLine,
    "discounts": SnapshotDiscount,
    "charges": SnapshotCharge,
}
