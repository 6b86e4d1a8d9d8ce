"""Commands on a running checkout: abort, retry, extend, and what staff orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from checkout.domain.value_objects.checkout_id import CheckoutId


@dataclass(frozen=True, slots=True)
class Command:
    """One order to a checkout. It is stored in the inbox; the engine applies it.

    `kind`: confirm, abort, retry, extend (shopper); recheck, retry_now, abort, extend, refund, force,
    hold, resume, annotate (staff).
    `actor`: `shopper` or `user:7`. `message_id` makes a repeated command harmless; a fresh one is
    made when it is empty. `payload` may hold `reason`, `expected_version`, for force `edge`, and for
    refund `amount` in minor units.
    """

    checkout_id: CheckoutId
    kind: str
    actor: str = "shopper"
    message_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


class AbortCheckoutPort(Protocol):
    """Hands a command to the flow: an inbox row and a bell, no port is called."""

    def submit(self, command: Command) -> None:
        """Store the command for the engine and ring.

        Raises Refused with a code (`too_late`, `already_aborted`, `version_conflict`, …) and a
        sentence when it may not be applied as things stand, UnknownCheckout when there is none.
        """
        ...
