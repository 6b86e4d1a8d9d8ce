"""Reading: what pages, sockets, API and staff may see. Never used to decide about the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from checkout.domain.value_objects.checkout_id import CheckoutId


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose checkout it is: hashes of the browser's owner id and of the bearer token, and the user."""

    owner_hash: str
    token_hash: str
    nonce: str
    user_id: int | None
    idempotency_key: str
    return_url: str
    cart: str


@dataclass(frozen=True, slots=True)
class ProgressView:
    """The read model of one checkout as it was committed, with its version.

    `body` is what read_models.checkout_progress.project made; `cart` is the frozen cart (JSON), or
    None before it was frozen.
    """

    id: CheckoutId
    version: int
    state: str
    body: Mapping[str, Any]
    cart: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime

    @property
    def final(self) -> bool:
        """True when the state never changes again."""
        return self.state in ("completed", "aborted")


class CheckoutQueriesPort(Protocol):
    """Promises: one query each; nothing is changed. Raises StorageUnavailable."""

    def ownership(self, checkout_id: CheckoutId) -> Ownership | None:
        """Whose it is; None when there is no such checkout."""
        ...

    def progress(self, checkout_id: CheckoutId) -> ProgressView | None:
        """The read model; None when there is no such checkout."""
        ...

    def summary(self, checkout_id: CheckoutId) -> Mapping[str, Any] | None:
        """The receipt of a finished checkout; None while it is not final or unknown."""
        ...

    def versions(self, ids: Sequence[CheckoutId]) -> Mapping[CheckoutId, int]:
        """The current version of each of these checkouts, in one query."""
        ...

    def live_of_owner(self, owner_hash: str) -> Sequence[CheckoutId]:
        """Checkouts of this browser that are not final, newest first."""
        ...

    def started_with(self, cart: str, key: str) -> CheckoutId | None:
        """The checkout that this Idempotency-Key started for this cart, whatever became of it."""
        ...

    def find_by_reference(self, reference: str) -> CheckoutId | None:
        """The checkout that a provider's payment id belongs to."""
        ...

    def seconds_since_heartbeat(self) -> float | None:
        """How long ago the freshest sweep went round; None when none ever did."""
        ...

    def oldest_overdue(self) -> float:
        """How many seconds the most overdue checkout is late; 0 when none is."""
        ...
