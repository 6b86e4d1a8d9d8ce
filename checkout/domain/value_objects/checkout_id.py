"""The identity of a checkout, and the idempotency keys that follow from it."""

from __future__ import annotations

from typing import NewType
from uuid import UUID, uuid4

CheckoutId = NewType("CheckoutId", UUID)


def new_checkout_id() -> CheckoutId:
    """A fresh random identity. It names a checkout; it never grants access to one."""
    return CheckoutId(uuid4())


def parse_checkout_id(text: str) -> CheckoutId:
    """Read an identity from text.

    Raises ValueError when the text is no UUID.
    """
    return CheckoutId(UUID(text))


def effect_key(checkout_id: CheckoutId, name: str, generation: int) -> str:
    """The idempotency key of one port call: checkout + effect + generation, stable over retries."""
    return f"{checkout_id}:{name}:{generation}"


def checkout_of_key(key: str) -> CheckoutId | None:
    """The checkout that a key (or a merchant reference made of one) belongs to, if it is ours."""
    try:
        return parse_checkout_id(key.split(":", 1)[0])
    except ValueError:
        return None


def generation_of_key(key: str) -> int | None:
    """The generation at the end of a key, if it has one."""
    last = key.rsplit(":", 1)[-1]
    return int(last) if last.isdigit() else None
