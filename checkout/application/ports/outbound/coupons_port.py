"""Coupons: who knows how often a code may be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class CouponsPort(Protocol):
    """The shop's coupons. A claim is a row with an owner, never a counter.

    Promises: idempotent by `key`; a released claim is free for others at once; `release` before
    the claim arrived leaves a tombstone that makes the late claim a no-op; `transactional` as in
    CartsPort.
    """

    transactional: bool

    def claim(self, key: str, codes: Sequence[str], buyer: str) -> None:
        """Take one use of each code, all or none. `buyer` is the e-mail, or empty.

        Raises Refused(`coupon_invalid`, message, code=…) when one is unknown, expired or used up.
        """
        ...

    def redeem(self, key: str, claim: str, order: str) -> None:
        """The order `order` exists: the uses claimed under the key `claim` are spent for good.

        Raises Refused(`coupon_invalid`) when there is no live claim; checkout then completes all
        the same and flags it for staff.
        """
        ...

    def release(self, key: str, undoes: str) -> None:
        """Give back what was claimed under the key `undoes`; spent uses too, when an order fell.

        Never refused for a claim that is unknown or already released.
        """
        ...
