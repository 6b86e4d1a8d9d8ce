"""What providers tell us: a message is stored before it is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """One webhook as it came in: the provider's name in the url, lower-case headers, raw body."""

    provider: str
    headers: Mapping[str, str]
    body: bytes


class ConfirmCheckoutPort(Protocol):
    """Takes a provider's message for the flow."""

    def receive(self, call: ProviderCall) -> bool:
        """Verify, store, ring. False when this message was known already.

        An unknown reference is parked and applied when the reference appears.
        Raises BadSignature, or Refused(`malformed`, …) for a signed body without sense.
        """
        ...
