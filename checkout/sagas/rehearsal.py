"""A rehearsal: the real engine on a working copy that nobody stores, with neighbours that say yes.

It answers what a command would lead to before it is given. Nothing is written, called, rung or
published; what really happens depends on what the neighbours say then, so it is an outlook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checkout.application.policy import Policy
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    CheckoutRepositoryPort,
    InboxMessage,
    Lease,
    NewCheckout,
    StoredMessage,
)
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.engine import Engine, Tick
from checkout.sagas.rehearsed_neighbours import rehearsed

Project = Callable[[Checkout], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Deed:
    """A port call that would be made; `amount` in minor units where it moves money."""

    call: str
    amount: int = 0


@dataclass
class Outlook:
    """What would happen, in its order: port calls, edges and events; and how it is afterwards.

    `waits_until` is when it would be looked at next, None when it then waits for somebody.
    `certain` is False when our own code failed in the rehearsal.
    """

    checkout: Checkout
    deeds: list[Deed] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    waits_until: datetime | None = None
    certain: bool = True

    def note(self, call: str, amount: int) -> None:
        """Take in a call, unless it only repeats the one before it."""
        deed = Deed(call, amount)
        if self.deeds[-1:] != [deed]:
            self.deeds.append(deed)


class _Stage:
    """A repository that keeps one working copy and stores nothing."""

    def __init__(self, lease: Lease, outlook: Outlook) -> None:
        self._lease = lease
        self._outlook = outlook

    def claim(self, checkout_id: CheckoutId, seconds: float) -> Lease | None:
        return self._lease

    def reread(self, lease: Lease) -> Lease:
        return lease

    def commit(self, lease: Lease, change: Change) -> None:
        lease.checkout.version += len(change.edges)
        lease.view = change.view
        self._outlook.events += [name for name, _data in change.events]
        self._outlook.edges += [edge for edge in change.edges if edge != "record"]
        if change.lease is None:
            self._outlook.waits_until = change.due_at

    @contextmanager
    def _nothing(self) -> Iterator[None]:
        yield

    def unit(self, lease: Lease) -> Any:
        return self._nothing()

    def inside(self) -> Any:
        return self._nothing()

    def outside(self) -> Any:
        return self._nothing()

    def park(self, lease: Lease, policy: Policy, error: str) -> None:
        self._outlook.certain = False

    def start(self, new: NewCheckout, actor: str) -> CheckoutId:
        raise LookupError("Nothing is started in a rehearsal.")

    def receive(self, checkout_id: CheckoutId | None, message: InboxMessage) -> bool:
        return False

    def message(self, row: int) -> StoredMessage | None:
        return None

    def adopt(self, row: int, checkout_id: CheckoutId) -> None:
        return None

    def load(self, checkout_id: CheckoutId) -> Checkout:
        return self._lease.checkout

    def due(self, overdue: float, limit: int) -> Iterable[CheckoutId]:
        return []


class _Silent:
    """Nobody is told."""

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        return None


class Rehearsal:
    """Tries commands out. `clock` is the database's time, `project` folds a checkout for readers."""

    def __init__(
        self,
        repository: CheckoutRepositoryPort,
        policy: Policy,
        project: Project,
        clock: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._policy = policy
        self._project = project
        self._clock = clock

    def outlook(self, command: Command) -> Outlook:
        """What this command would lead to now. Raises UnknownCheckout.

        A command that may not be given leads to nothing: whether it may is `CommandDesk.judged`'s.
        """
        checkout = self._repository.load(command.checkout_id)
        return self.rehearse(checkout, command.kind, command.actor, command.payload)

    def rehearse(
        self, checkout: Checkout, kind: str, actor: str, payload: Mapping[str, Any]
    ) -> Outlook:
        """The same for a working copy, which is used up by it."""
        now, outlook = self._clock(), Outlook(checkout)
        message = InboxMessage("command", "rehearsal", kind, actor, payload)
        view = self._project(checkout)
        lease = Lease(checkout, 0, 0, [message], view, lambda: now)
        ports = rehearsed(checkout, outlook.note)
        engine = Engine(_Stage(lease, outlook), ports, self._policy, _Silent(), self._project)
        outlook.certain = engine.tick(checkout.id, actor) is Tick.WAITS and outlook.certain
        return outlook
