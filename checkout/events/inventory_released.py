"""inventory_released: Nothing is held for this checkout any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checkout.domain.checkout import Checkout


@dataclass(frozen=True, slots=True)
class InventoryReleased:
    """Nothing is held for this checkout any more."""

    type: ClassVar[str] = "inventory_released.v1"
    checkout_id: str
    units: int

    @classmethod
    def of(cls, checkout: Checkout) -> InventoryReleased:
        """What this event says about the checkout as it is now."""
        return cls(
            checkout_id=str(checkout.id),
            units=sum(line.quantity for line in checkout.frozen.lines),
        )
