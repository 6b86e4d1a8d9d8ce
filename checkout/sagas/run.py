"""One tick's work on one checkout: the messages that wait, and the calls that are due."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from checkout.application.decisions import Ask, Call, Decision, Wait
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.application.use_cases import commands, settle_money
from checkout.domain.effect import Effect, Outcome
from checkout.domain.exceptions import LostFence, Refused, StorageUnavailable, Unavailable
from checkout.sagas.announcing import ASKED_FOR
from checkout.sagas.calls import CALLS
from checkout.sagas.reply import Reply
from checkout.sagas.working_copy import LEASE_SECONDS, WorkingCopy

log = logging.getLogger("checkout.engine")
LEASE_MARGIN = 0.5
LOOKUP = "payments.lookup"


class RolledBack(Exception):
    """A local call did not go well, and its unit was rolled back with whatever it had written.

    `name` and `generation` say which call, `error` what it raised.
    """

    def __init__(self, effect: Effect, error: Exception) -> None:
        super().__init__(f"{effect.name}: {error}")
        self.call = (effect.name, effect.generation)
        self.error = error


class Run(WorkingCopy):
    """One tick's work: the messages that wait, and the calls that are due."""

    def again(self, failed: Exception) -> Run:
        """A fresh start from what is stored, after a try of which nothing was written.

        Rule: what a remote neighbour has said is stored first, with nothing but the edges that follow
        from it, so that whatever has come meanwhile meets it; unless one is stored since, as by a
        commit that we heard nothing of. Raises LostFence.
        """
        run = type(self)(
            self.engine, self.engine.repository.reread(self.lease), self.actor, self.telling
        )
        run._reason = self._stored_reason
        if self.reply is not None and self._heard == run._heard_of(self.asked):
            run.reply = self.reply
            run.take_in(self.asked)
            run.follow()
            try:
                run.commit(lease=LEASE_SECONDS)
            except LostFence:
                run.leave_for_the_next()
                raise
            run.stored()
        run.raised = dict(self.raised)
        if isinstance(failed, RolledBack):
            run.raised[failed.call] = failed.error
        return run

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

    def begin(self, decision: Decision) -> None:
        """Store everything so far together with what comes now: a pause, or the intent of a call.

        A call has the lease for as long as it may take.
        """
        if isinstance(decision, Wait):
            self.commit(lease=None, due_at=decision.until)
        elif isinstance(decision, Call):
            self._commit_for(self._intend(decision).call)
        elif isinstance(decision, Ask):
            self._commit_for(LOOKUP)

    def _commit_for(self, call: str) -> None:
        self.commit(lease=self.engine.policy.call_timeout(call) + LEASE_MARGIN)

    def carry_out(self, decision: Decision) -> None:
        """Make the remote call that was begun, with no transaction open. Its answer is to be stored."""
        name = decision.name if isinstance(decision, Call) else LOOKUP
        self.engine.fault(f"{name}:before")
        self.take_in(decision)
        self.engine.fault(f"{name}:after")

    def take_in(self, decision: Decision | None) -> None:
        """What a remote neighbour says, or has said, on the working copy."""
        self.asked, self._heard = decision, self._heard_of(decision)
        if isinstance(decision, Call):
            self._try(self._intend(decision))
        elif isinstance(decision, Ask):
            self._look_up(decision)

    def _heard_of(self, decision: Decision | None) -> Any:
        """What changes with each answer to it that is stored."""
        if isinstance(decision, Call):
            return self._intend(decision).tries
        if isinstance(decision, Ask):
            attempt = self.checkout.payments[decision.generation]
            return attempt.asked_at, attempt.silent
        return None

    def _once(self, ask: Callable[[], Any]) -> Any:
        """Until its answer is stored, nobody is asked twice, whatever becomes of what follows it."""
        if self.reply is None:
            self.reply = Reply(self.engine.repository.outside, ask)
        return self.reply.say()

    def call_local(self, call: Call) -> None:
        """A call inside the open unit. Raises RolledBack when it raises, for the first time."""
        effect = self._intend(call)
        self.engine.fault(f"{effect.name}:before")
        self._try(effect, local=True)
        self.engine.fault(f"{effect.name}:after")

    def _intend(self, call: Call) -> Effect:
        return self.checkout.intend(call.name, call.generation, call.arguments, self.lease.now())

    def _try(self, effect: Effect, local: bool = False) -> None:
        effect.tries += 1
        try:
            answer = self._send_local(effect) if local else self._send_remote(effect)
        except RolledBack:
            raise
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

    def _send_remote(self, effect: Effect) -> Any:
        ports, checkout = self.engine.ports, self.checkout
        return self._once(lambda: CALLS[effect.call].send(ports, checkout, effect))

    def _send_local(self, effect: Effect) -> Any:
        """Only one that did not go well is known here: it is not made, and raises the same again."""
        known = self.raised.get((effect.name, effect.generation))
        if known is not None:
            raise known
        try:
            with self.engine.repository.inside():
                return CALLS[effect.call].send(self.engine.ports, self.checkout, effect)
        except StorageUnavailable:
            raise
        except Exception as error:
            raise RolledBack(effect, error) from error

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

    def leave_for_the_next(self) -> None:
        """The fence was lost while they did it: tell whoever drives now (design §5.2)."""
        if not isinstance(self.asked, Call):
            return
        effect = self._intend(self.asked)
        if effect.outcome != Outcome.DONE:
            return
        payload = {"name": effect.name, "generation": effect.generation}
        message = InboxMessage(
            "system:late", f"{effect.key}:{self.lease.fence}", "late", "system:late", payload
        )
        self.engine.repository.receive(self.checkout.id, message)

    def _look_up(self, ask: Ask) -> None:
        """Ask about a payment. No answer is remembered, so that nobody says more than we know."""
        attempt, payments = self.checkout.payments[ask.generation], self.engine.ports.payments
        key = self.checkout.effects["payments.initiate", ask.generation].key
        try:
            facts = self._once(lambda: payments.lookup(key, attempt.reference))
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

    def _unanswered_lookup(self, ask: Ask) -> None:
        attempt = self.checkout.payments[ask.generation]
        attempt.silent += 1
        attempt.ask_at = self.lease.now() + self.engine.policy.pause(attempt.silent)
        if attempt.silent >= self.engine.policy.attention_after:
            self.checkout.needs_attention = self.checkout.needs_attention or "retrying"


def _why(message: InboxMessage) -> str:
    """The reason of a command. What a provider says is no reason of anybody's."""
    ours = not message.source.startswith("provider:")
    return str(message.payload.get("reason", ""))[:500] if ours else ""
