"""Money: integer minor units and an ISO 4217 code. No floats, no rounding, no formatting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents for EUR, whole yen for JPY) of one currency.

    Raises ValueError when the code is no ISO 4217 code or two currencies are mixed,
    TypeError when the amount is not an integer.
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, int) or isinstance(self.amount, bool):
            raise TypeError(f"Money wants integer minor units, not {self.amount!r}.")
        if not _CODE.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is not an ISO 4217 code.")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def times(self, quantity: int) -> Money:
        """This amount, `quantity` times."""
        return Money(self.amount * quantity, self.currency)

    def to_json(self) -> dict[str, Any]:
        """`{"amount": minor units, "currency": code}`, the shape used in API and events."""
        return {"amount": self.amount, "currency": self.currency}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Money:
        """Read what `to_json` wrote."""
        return cls(data["amount"], data["currency"])

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"Cannot mix {self.currency} and {other.currency}.")
        return other.amount
