"""Reading: what pages, sockets, API and staff may see. Never used to decide about the flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    None before it was frozen. `asked` is the kind of a command that is stored and not applied yet, and
    `waited` how many seconds nothing has changed: both are all that is known while no worker runs.
    """

    id: CheckoutId
    version: int
    state: str
    body: Mapping[str, Any]
    cart: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    asked: str = ""
    waited: float = 0.0

    @property
    def final(self) -> bool:
        """True when the state never changes again."""
        return self.state in ("completed", "aborted")


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """The same as a commit has stored it, without the cart, which is frozen once and never changes.

    `frozen` says whether there is one.
    """

    id: CheckoutId
    version: int
    state: str
    body: Mapping[str, Any]
    frozen: bool
    created_at: datetime
    updated_at: datetime
    asked: str = ""

    def with_cart(self, cart: Mapping[str, Any] | None) -> ProgressView:
        """What a reader got in the moment of the commit; `cart` is the frozen one, if it is frozen."""
        return ProgressView(
            self.id,
            self.version,
            self.state,
            self.body,
            cart if self.frozen else None,
            self.created_at,
            self.updated_at,
            self.asked,
        )


@dataclass(frozen=True, slots=True)
class Underway:
    """A checkout that has not ended, as a page of the shop shows it."""

    id: CheckoutId
    created_at: datetime


class CheckoutQueriesPort(Protocol):
    """Promises: one query each; nothing is changed. Raises StorageUnavailable."""

    def ownership(self, checkout_id: CheckoutId) -> Ownership | None:
        """Whose it is; None when there is no such checkout."""
        ...

    def ownerships(self, ids: Iterable[CheckoutId]) -> Mapping[CheckoutId, Ownership]:
        """Whose those of these checkouts are that there are."""
        ...

    def progress(self, checkout_id: CheckoutId) -> ProgressView | None:
        """The read model; None when there is no such checkout."""
        ...

    def progress_of(self, ids: Iterable[CheckoutId]) -> Mapping[CheckoutId, ProgressView]:
        """The read models of those of these checkouts that there are."""
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

    def underway(
        self, owner_hash: str, user_id: int | None, token_hashes: Sequence[str]
    ) -> Sequence[Underway]:
        """What has not ended of this browser, this user, or these tokens; newest first, up to 20."""
        ...

    def started_with(self, cart: str, key: str) -> CheckoutId | None:
        """The checkout that this Idempotency-Key started for this cart, whatever became of it."""
        ...

    def is_known(self, cart: str, key: str) -> bool:
        """Whether a start would only lead to a checkout that this cart has, or had with this key."""
        ...

    def has_other_cart(self, key: str, cart: str, owner_hash: str, address_hash: str) -> bool:
        """Whether this browser, or without one this address, used the key for another cart today."""
        ...

    def live_from(self, address_hash: str, most: int) -> int:
        """How many checkouts of this address are not final; counted up to `most`."""
        ...

    def find_by_reference(self, reference: str) -> CheckoutId | None:
        """The checkout that a provider's payment id belongs to."""
        ...

    def seconds_since_heartbeat(self) -> float | None:
        """How long ago the freshest sweep went round; None when none ever did."""
        ...

    def abandoned(self, overdue: float, limit: int) -> Sequence[CheckoutId]:
        """Due for more than `overdue` seconds, and who drove it let its lease run out."""
        ...

    def sweeping(self, within: float, host: str = "") -> int:
        """How many workers' sweeps went round within so many seconds; of one host, if it is named."""
        ...

    def oldest_overdue(self) -> float:
        """How many seconds the most overdue checkout is late; 0 when none is."""
        ...
