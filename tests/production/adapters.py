"""Adapters that do not fit, for the system checks to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class WithoutExtend:
    """Lacks a method of its port, and has one that cannot be called as the port says."""

    transactional = True

    def reserve(self, key: str, lines: Any) -> None:
        """Does not take `until`."""

    def commit(self, key: str, reservation: str) -> None:
        """As it should be."""

    def release(self, key: str, undoes: str, *, why: str = "") -> None:
        """May have more than the port asks for."""


class Undecided:
    """Does not say whether it is transactional."""

    def place(self, key: str, snapshot: Any, payment: str) -> str:
        """As it should be."""
        return key

    def cancel(self, key: str, undoes: str, reason: str) -> None:
        """As it should be."""


class NeedsArguments:
    """Cannot be made as bootstrap makes it."""

    def __init__(self, address: str) -> None:
        self.address = address


class Mute:
    """A publisher that publishes nothing."""

    def announce(self, event: Mapping[str, Any]) -> None:
        """Not the name that the port has."""


def prove_by_id_alone(cart: str) -> bool:
    """A proof that takes too little."""
    return bool(cart)


NOT_CALLABLE = "a word"
