"""The repository: the one place that stores checkouts. Every write is conditional on the fence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from checkout.application.policy import Policy
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId

EVENT_LEASE_SECONDS = 10.0
MOST_EVENTS = 10  # under one lease: a crash brings so many again at most, each under its own id


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """A provider message or a command, stored before it is understood.

    (`source`, `message_id`) is unique for ever: the second arrival changes nothing.
    """

    source: str
    message_id: str
    kind: str
    actor: str
    payload: Mapping[str, Any]
    reference: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it lies in the inbox. Without a checkout it is parked."""

    message: InboxMessage
    checkout_id: CheckoutId | None
    applied: bool


@dataclass(frozen=True, slots=True)
class NewCheckout:
    """What a start needs to store. Hashes, never the secrets themselves."""

    id: CheckoutId
    cart: str
    nonce: str
    owner_hash: str
    token_hash: str
    user_id: int | None
    return_url: str
    idempotency_key: str
    address_hash: str = ""


@dataclass
class Lease:
    """The right to drive one checkout until `fence` is raised by somebody else.

    `wake` is what it was before the inbox was read. `now()` is the database's time. `shown` is the
    read model as the last commit has stored it; None when that changed nothing that can be seen, or
    when a message has come since, of which a reader would be told as well. `events` are those that the
    last commit has leased, as `OutboxPort.taken` understands them; None when it has leased none.
    """

    checkout: Checkout
    fence: int
    wake: int
    messages: list[InboxMessage]
    view: Mapping[str, Any]
    clock: Any
    handle: Any = None
    shown: ProgressRow | None = None
    events: Any = None

    def now(self) -> datetime:
        """The database's time, carried on by a monotonic clock since the claim."""
        moment: datetime = self.clock()
        return moment


@dataclass
class Change:
    """One commit: what becomes visible, and when the checkout is due again.

    `edges` are the django-fsm transitions to take, in order, each with a version of its own;
    `record` marks a visible change without one.
    `events` are (name, data) pairs. `lease` is in seconds from now; None gives the lease up, and only
    then is `due_at` written: until then it is due as it was when it was claimed. With `tells` the
    oldest unsent event is leased with it, for whoever hands events over next, where that is one trip.
    """

    edges: Sequence[str] = ()
    view: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[tuple[str, Mapping[str, Any]]] = ()
    applied: Sequence[tuple[InboxMessage, str]] = ()
    due_at: datetime | None = None
    lease: float | None = 2.0
    tells: bool = False

    @property
    def visible(self) -> bool:
        """Whether anybody can see it; else only clocks and the journal change."""
        return bool(self.edges)


class CheckoutRepositoryPort(Protocol):
    """Promises: what a method says happens in one transaction or not at all.

    Every method raises StorageUnavailable when the database does not answer, and every write with a
    lease raises LostFence, having written nothing, when the fence was raised by somebody else.
    """

    def start(self, new: NewCheckout, actor: str) -> CheckoutId:
        """Store a new checkout, due at once; or return the live one that this cart already has."""
        ...

    def claim(self, checkout_id: CheckoutId, seconds: float) -> Lease | None:
        """Take the lease of a due checkout of a known definition; None when there is nothing to do."""
        ...

    def commit(self, lease: Lease, change: Change) -> None:
        """Store the working copy, its journal and everything in `change`, if the fence still holds."""
        ...

    def unit(self, lease: Lease) -> AbstractContextManager[None]:
        """One transaction around transactional port calls and the commit that follows them."""
        ...

    def inside(self) -> AbstractContextManager[None]:
        """Around a call in a unit, which writes through our own connection."""
        ...

    def outside(self) -> AbstractContextManager[None]:
        """Around a remote call: what our own database raises in it is our outage, not the port's."""
        ...

    def reread(self, lease: Lease) -> Lease:
        """The same lease with a fresh working copy: everything as it was last stored."""
        ...

    def park(self, lease: Lease, policy: Policy, error: str) -> None:
        """A bug that keeps even the read model from being made: count it, pause, ask for staff."""
        ...

    def receive(self, checkout_id: CheckoutId | None, message: InboxMessage) -> bool:
        """Store a message and wake its checkout, in one transaction. False when it was known.

        Without a checkout it is parked until its reference is.
        """
        ...

    def message(self, row: int) -> StoredMessage | None:
        """What lies in this row of the inbox; None when there is no such row."""
        ...

    def adopt(self, row: int, checkout_id: CheckoutId) -> None:
        """Give a message that nobody has applied to this checkout, and wake it, in one transaction."""
        ...

    def load(self, checkout_id: CheckoutId) -> Checkout:
        """A working copy for reading. Raises UnknownCheckout."""
        ...

    def due(self, overdue: float, limit: int) -> Iterable[CheckoutId]:
        """Checkouts that are due for `overdue` seconds or longer and that nobody drives."""
        ...


LeasedEvents = Sequence[tuple[int, Mapping[str, Any]]]  # the row of each, and its envelope


class OutboxPort(Protocol):
    """The outbox side of the same storage."""

    def lease_oldest(self, checkout_id: CheckoutId, seconds: float, most: int) -> LeasedEvents:
        """Lease the oldest unsent event of one checkout; it and at most `most - 1` that follow it.

        Nothing when there is none, or when somebody else has the lease.
        """
        ...

    def taken(self, events: Any) -> LeasedEvents:
        """The same, of the events that a commit has leased (`Lease.events`)."""
        ...

    def mark_sent(self, rows: Sequence[int]) -> None:
        """The receiver has them."""
        ...

    def give_up_lease(self, row: int, seconds: float) -> None:
        """It could not be handed over; try again after so many seconds."""
        ...

    def unsent(self, limit: int, overdue: float = 0.0) -> Iterable[CheckoutId]:
        """Checkouts with an unsent event which nobody is sending, for more than `overdue` seconds."""
        ...
