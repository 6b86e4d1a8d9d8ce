"""inventory_reserved: Every line is held until `held_until` (ISO 8601)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class InventoryReserved:
    """Every line is held until `held_until` (ISO 8601)."""

    type: ClassVar[str] = "inventory_reserved.v1"
    checkout_id: str
    held_until: str
    units: int

    @classmethod
    def of(cls, checkout: Checkout) -> InventoryReserved:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            held_until=checkout.held_until.isoformat() if checkout.held_until else "",
            units=sum(line.quantity for line in checkout.frozen.lines),
        )
