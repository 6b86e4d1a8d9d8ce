"""What a provider says about one payment: cumulative amounts that only grow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

_GROWING = ("authorised", "captured", "refunded", "refund_failed", "voided")


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """Cumulative minor units of one payment attempt, and whether more money can still come in.

    `refunded` counts refunds that were decided either way, `refund_failed` those that failed:
    returned money is `refunded - refund_failed`. A pending refund is in neither.
    `closed` means that the shopper can pay no more. `error` is the last decline code: information.
    """

    currency: str = ""
    digest: str = ""
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    refund_failed: int = 0
    voided: int = 0
    closed: bool = False
    error: str = ""

    @property
    def paid(self) -> int:
        """The most that was ever authorised or captured."""
        return max(self.authorised, self.captured)

    @property
    def returned(self) -> int:
        """Money that the provider confirmed as given back."""
        return self.refunded - self.refund_failed

    @property
    def kept(self) -> int:
        """Captured money that was not given back."""
        return self.captured - self.returned

    @property
    def uncaptured(self) -> int:
        """Money that is authorised, but neither captured nor voided."""
        return max(self.authorised - self.captured - self.voided, 0)

    @property
    def at_hand(self) -> int:
        """What the shop has or can still take: captured and not given back, or held."""
        return self.kept + self.uncaptured

    def merge(self, newer: PaymentFacts) -> PaymentFacts:
        """Both together: amounts never shrink and closed never reopens (rule: a lower fact is late)."""
        grown = {name: max(getattr(self, name), getattr(newer, name)) for name in _GROWING}
        return replace(
            newer,
            **grown,
            closed=self.closed or newer.closed,
            currency=newer.currency or self.currency,
            digest=newer.digest or self.digest,
        )

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PaymentFacts:
        """Read what `to_json` wrote."""
        return cls(**data)
