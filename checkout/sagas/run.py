"""One tick's work on one checkout: making calls, taking edges, and storing both."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checkout.application.decisions import Ask, Call, Decision, Move, Wait
from checkout.application.port_call import Moment
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
)
from checkout.application.use_cases import commands, payment_doubt, settle_money
from checkout.domain.checkout import Passage
from checkout.domain.effect import Effect, Outcome
from checkout.domain.exceptions import LostFence, Refused, StorageUnavailable, Unavailable
from checkout.events.envelope import event_data
from checkout.sagas.announcing import ASKED_FOR, done_with_event, words
from checkout.sagas.arrival import arrive
from checkout.sagas.calls import CALLS
from checkout.sagas.checkout_saga import EDGES

if TYPE_CHECKING:
    from checkout.sagas.engine import Engine

log = logging.getLogger("checkout.engine")
LEASE_SECONDS = 2.0
LEASE_MARGIN = 0.5


class Run:
    """The working copy of one lease, and what of it is not stored yet."""

    def __init__(self, engine: Engine, lease: Lease, actor: str) -> None:
        self.engine = engine
        self.lease = lease
        self.checkout = lease.checkout
        self.actor = actor
        self._reason = ""
        self._edges: list[str] = []
        self._changed = False
        self.released = False
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._applied: list[tuple[InboxMessage, str]] = []
        self._announced = done_with_event(self.checkout)

    def moment(self) -> Moment:
        """The policy and the database's time."""
        return Moment(self.engine.policy, self.lease.now())

    # Inbox -----------------------------------------------------------------------------------

    def read_inbox(self) -> None:
        """Apply what arrived, oldest first. At most one message takes an edge; then look again."""
        for message in self.lease.messages:
            try:
                move = commands.apply(self.checkout, message, self.moment())
                self._applied.append((message, "applied"))
            except Refused as refusal:
                self._applied.append((message, f"refused: {refusal.code}"))
                continue
            self.actor = message.actor
            self._reason = _why(message)
            if message.kind in ASKED_FOR:
                self._tell(ASKED_FOR[message.kind])
            if move is not None:
                self.move(move)  # at once, so that the next message is judged by its result

    # Calls -----------------------------------------------------------------------------------

    def intend(self, call: Call, hint: bool = True) -> None:
        """Store that a remote call is about to be made, with a lease that outlasts it."""
        effect = self._intend(call)
        self.commit(lease=self.engine.policy.call_timeout(effect.call) + LEASE_MARGIN)
        if hint:
            self.hint()

    def call_remote(self, call: Call) -> None:
        """Make an intended call with no transaction open, and store its answer with what follows."""
        effect = self._intend(call)
        self.engine.fault(f"{effect.name}:before")
        self._try(effect)
        self.engine.fault(f"{effect.name}:after")
        try:
            self.store()
        except LostFence:
            self._leave_for_the_next(effect)
            raise

    def store(self) -> None:
        """Commit, together with the transition that follows from it."""
        self.store_with(self.engine.decide(self.checkout, self.moment()))

    def store_with(self, decision: Decision, hint: bool = True) -> None:
        """Commit with this decision: a transition joins in, and so does the end of the tick."""
        if isinstance(decision, Move):
            self.stage(decision)
            decision = self.engine.decide(self.checkout, self.moment())
        if isinstance(decision, Wait):
            self.commit(lease=None, due_at=decision.until)
        else:
            self.commit(lease=LEASE_SECONDS)
        if hint:
            self.hint()

    def call_local(self, call: Call) -> None:
        """A call inside the open unit. What a refused one wrote is rolled back alone."""
        effect = self._intend(call)
        self.engine.fault(f"{effect.name}:before")
        self._try(effect, local=True)
        self.engine.fault(f"{effect.name}:after")

    def _intend(self, call: Call) -> Effect:
        return self.checkout.intend(call.name, call.generation, call.arguments, self.lease.now())

    def _try(self, effect: Effect, local: bool = False) -> None:
        spec, ports = CALLS[effect.call], self.engine.ports
        effect.tries += 1
        try:
            if local:
                with self.engine.repository.savepoint():
                    answer = spec.send(ports, self.checkout, effect)
            else:
                with self.engine.repository.outside():
                    answer = spec.send(ports, self.checkout, effect)
        except Refused as refusal:
            self._refused(effect, refusal)
        except Unavailable as silence:
            self._no_answer(effect, "unavailable", str(silence))
        except StorageUnavailable:
            raise
        except Exception as bug:
            self._bug(effect, bug)
        else:
            self._answered(effect, answer)

    def _answered(self, effect: Effect, answer: Any) -> None:
        now = self.lease.now()
        effect.answered_at, effect.error = now, {}
        outcome = CALLS[effect.call].receive(self.checkout, effect, answer, self.moment())
        effect.outcome = outcome
        if outcome == Outcome.UNKNOWN:
            effect.retry_at = now + self._pause(effect)
        if outcome == Outcome.DONE and "undoes" in effect.arguments:
            self.checkout.mark_undone(effect.arguments["undoes"])

    def _refused(self, effect: Effect, refusal: Refused) -> None:
        now = self.lease.now()
        effect.outcome, effect.answered_at = Outcome.REFUSED, now
        effect.retry_at = now + self._pause(effect)
        effect.error = {
            "code": refusal.code,
            "message": refusal.message,
            "detail": json.loads(json.dumps(refusal.detail, default=str)),
        }
        CALLS[effect.call].refused(self.checkout, effect)

    def _no_answer(self, effect: Effect, code: str, text: str) -> None:
        """Unknown, never "failed": it is asked again with the same key."""
        effect.outcome = Outcome.UNKNOWN
        effect.error = {"code": code, "message": text[:500]}
        effect.retry_at = self.lease.now() + self._pause(effect)
        self.checkout.attempt += 1
        limit = self.engine.policy.attention_after
        if self.checkout.attempt >= limit and not self.checkout.needs_attention:
            self.checkout.needs_attention = "retrying"

    def _bug(self, effect: Effect, bug: Exception) -> None:
        log.exception("checkout %s: %s broke", self.checkout.id, effect.name)
        self._no_answer(effect, "bug", f"{type(bug).__name__}: {bug}")
        if effect.tries >= self.engine.policy.bug_attempts:
            self.checkout.needs_attention = self.checkout.needs_attention or "retrying"

    def _pause(self, effect: Effect) -> Any:
        policy = self.engine.policy
        undoing = "undoes" in effect.arguments or effect.name in settle_money.REQUESTS
        return policy.pause(effect.tries, policy.longest_undo_pause if undoing else None)

    def _leave_for_the_next(self, effect: Effect) -> None:
        """The fence was lost while they did it: tell whoever drives now (design §5.2)."""
        if effect.outcome != Outcome.DONE:
            return
        payload = {"name": effect.name, "generation": effect.generation}
        message = InboxMessage(
            "system:late", f"{effect.key}:{self.lease.fence}", "late", "system:late", payload
        )
        self.engine.repository.receive(self.checkout.id, message)

    def ask(self, ask: Ask) -> None:
        """Look a payment up. No answer is remembered, so that nobody says more than we know."""
        attempt = self.checkout.payments[ask.generation]
        self.commit(lease=self.engine.policy.call_timeout("payments.lookup") + LEASE_MARGIN)
        self.engine.fault("payments.lookup:before")
        try:
            key = self.checkout.effects["payments.initiate", ask.generation].key
            with self.engine.repository.outside():
                facts = self.engine.ports.payments.lookup(key, attempt.reference)
        except StorageUnavailable:
            raise
        except (Refused, Unavailable) as silence:
            log.info("checkout %s: lookup: %s", self.checkout.id, silence)
            self._unanswered_lookup(ask)
        except Exception:
            log.exception("checkout %s: payments.lookup broke", self.checkout.id)
            self._unanswered_lookup(ask)
        else:
            settle_money.looked(self.checkout, ask.generation, facts, self.moment())
        self.engine.fault("payments.lookup:after")
        self.store()

    def _unanswered_lookup(self, ask: Ask) -> None:
        attempt = self.checkout.payments[ask.generation]
        attempt.silent += 1
        attempt.ask_at = self.lease.now() + self.engine.policy.pause(attempt.silent)
        if attempt.silent >= self.engine.policy.attention_after:
            self.checkout.needs_attention = self.checkout.needs_attention or "retrying"

    # Edges and commits -----------------------------------------------------------------------

    def move(self, move: Move) -> None:
        """Take an edge in a commit of its own."""
        self.stage(move)
        self.commit(lease=LEASE_SECONDS)
        self.hint()

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
            due_at=due_at if lease is None else self.lease.now(),
            lease=lease,
        )
        self.engine.fault("commit:before")
        self.engine.repository.commit(self.lease, change)
        self.engine.fault("commit:after")
        self._changed = self._changed or change.visible
        self.released = lease is None
        self._edges, self._events, self._applied = [], [], []

    def hint(self) -> None:
        """Tell open pages, after the commit and never inside it."""
        if self._changed:
            self._changed = False
            self.engine.fault("push:before")
            self.engine.progress.changed(self.checkout.id, self.checkout.version)

    def _announce(self) -> None:
        """Calls that are done and have an event of their own, such as a confirmed refund."""
        for key, name in done_with_event(self.checkout).items():
            if key not in self._announced:
                self._announced[key] = name
                self._tell(name)

    def _tell(self, name: str) -> None:
        self._events.append((name, event_data(name, self.checkout)))


def _why(message: InboxMessage) -> str:
    """The reason of a command. What a provider says is no reason of anybody's."""
    ours = not message.source.startswith("provider:")
    return str(message.payload.get("reason", ""))[:500] if ours else ""
