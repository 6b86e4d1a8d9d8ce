"""The working copy of one lease: edges are taken on it, and commits store it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from checkout.application.decisions import Decision, Move
from checkout.application.port_call import Moment
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
)
from checkout.application.use_cases import payment_doubt
from checkout.domain.checkout import Passage
from checkout.events.envelope import event_data
from checkout.sagas.announcing import done_with_event, words
from checkout.sagas.arrival import arrive
from checkout.sagas.checkout_saga import EDGES
from checkout.sagas.reply import Reply

if TYPE_CHECKING:
    from checkout.sagas.engine import Engine

Telling = list[Any]  # gets the events that the end of a tick has leased
LEASE_SECONDS = 2.0
MOST_STEPS = 200  # of one tick; a flow that needs more goes round in circles


class WorkingCopy:
    """A leased checkout, and what of it is not stored yet.

    `asked` is what a remote neighbour was asked last, and `reply` what it has said to that; `_heard`
    says what it had answered before. `raised` holds what local calls have raised in a unit that was
    rolled back for it. When the unit is done once more they are not asked again: a refusal needs no
    transaction. `telling` gets the events that the end of the tick has leased.
    """

    def __init__(
        self, engine: Engine, lease: Lease, actor: str, telling: Telling | None = None
    ) -> None:
        self.engine = engine
        self.telling = telling
        self.lease = lease
        self.checkout = lease.checkout
        self.actor = actor
        self.released = False
        self.asked: Decision | None = None
        self.reply: Reply | None = None
        self._heard: Any = None
        self.raised: dict[tuple[str, int], Exception] = {}
        self._reason = self._stored_reason = ""
        self._edges: list[str] = []
        self._changed = False
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._applied: list[tuple[InboxMessage, str]] = []
        self._announced = done_with_event(self.checkout)

    def moment(self) -> Moment:
        """The policy and the database's time."""
        return Moment(self.engine.policy, self.lease.now())

    def move(self, move: Move) -> None:
        """Take an edge in a commit of its own."""
        self.stage(move)
        self.commit(lease=LEASE_SECONDS)
        self.stored()

    def follow(self) -> Decision:
        """Take the edges that follow from what is known, and return what is to be done then."""
        for _ in range(MOST_STEPS):
            decision = self.engine.decide(self.checkout, self.moment())
            if not isinstance(decision, Move):
                return decision
            self.stage(decision)
        raise RuntimeError(f"Checkout {self.checkout.id} went round in circles.")

    def stage(self, move: Move) -> None:
        """Take an edge on the working copy, to be stored with the next commit."""
        edge, checkout = EDGES[move.edge], self.checkout
        source = checkout.state
        if move.failure is not None:
            checkout.failure = move.failure
        if move.attention:
            checkout.needs_attention = move.attention
        arrive(checkout, edge, self.moment())
        self._note_passage(edge.name, source, checkout.state, move.reason)
        for name in words(checkout, edge):
            self._tell(name)

    def _note_passage(self, edge: str, source: str, target: str, reason: str = "") -> None:
        """One row of the history. The first one after a command has the command's reason."""
        reason, self._reason = reason or self._reason, ""
        self._edges.append(edge)
        version, now = self.checkout.version + len(self._edges), self.lease.now()
        self.checkout.history.append(
            Passage(edge, source, target, self.actor, reason, version, now)
        )

    def commit(self, lease: float | None, due_at: datetime | None = None) -> None:
        """Store everything since the last commit. It is visible when the read model changed."""
        view = self.engine.project(self.checkout)
        if view != self.lease.view and not self._edges:
            self._note_passage("record", self.checkout.state, self.checkout.state)
        self._announce()
        if lease is None and payment_doubt.is_due(self.checkout, self.moment()):
            self._tell("payment_in_doubt")  # only here: what was due has been asked once more
            self.checkout.doubt_told_at = self.lease.now()
        change = Change(
            edges=tuple(self._edges),
            view=view,
            events=tuple(self._events),
            applied=tuple(self._applied),
            due_at=due_at,
            lease=lease,
            tells=lease is None and self.telling is not None,
        )
        self.engine.fault("commit:before")
        self.engine.repository.commit(self.lease, change)
        self.engine.fault("commit:after")
        self._changed = self._changed or change.visible
        self.released = lease is None
        self._edges, self._events, self._applied = [], [], []

    def stored(self) -> None:
        """The transaction of the last commit has ended well: what was kept for another try is let go.

        Then open pages are told, and what there is to tell can be handed over.
        """
        self.asked, self.reply, self.raised = None, None, {}
        self._stored_reason = self._reason
        if self.telling is not None and self.lease.events is not None:
            self.telling.append(self.lease.events)
        if self._changed:
            self._changed = False
            self.engine.fault("push:before")
            checkout, shown = self.checkout, self.lease.shown
            self.engine.progress.changed(checkout.id, checkout.version, shown)

    def _announce(self) -> None:
        """Calls that are done and have an event of their own, such as a confirmed refund."""
        for key, name in done_with_event(self.checkout).items():
            if key not in self._announced:
                self._announced[key] = name
                self._tell(name)

    def _tell(self, name: str) -> None:
        self._events.append((name, event_data(name, self.checkout)))
