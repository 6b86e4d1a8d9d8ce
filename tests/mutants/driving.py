"""Seeded bugs in what is done and when: the decisions and the making of calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from checkout.application.decisions import Call, Decision, Move, Wait
from checkout.application.port_call import Moment
from checkout.application.use_cases import abort_checkout, settle_money
from checkout.application.use_cases.confirm_payment import unpaid
from checkout.domain.checkout import Checkout, Failure
from checkout.domain.effect import Effect, Outcome
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.checkout_saga import UNDO
from checkout.sagas.decider import decide, undo_by_independent
from checkout.sagas.engine import Engine
from checkout.sagas.run import Run

ABORTING, AWAITING = CheckoutState.ABORTING, CheckoutState.AWAITING_PAYMENT
CONFIRMED = CheckoutState.PAYMENT_CONFIRMED


class _NoIntent(Run):
    def begin(self, decision: Decision) -> None:
        if isinstance(decision, Call):
            self._intend(decision)
        else:
            super().begin(decision)


class _FreshKey(Run):
    def _try(self, effect: Effect, local: bool = False) -> None:
        key, effect.key = effect.key, f"{effect.key}-{uuid4().hex}"
        super()._try(effect, local)
        effect.key = key


class _OtherArguments(Run):
    def _try(self, effect: Effect, local: bool = False) -> None:
        stored = effect.arguments
        if effect.name == "orders.place":
            frozen = self.checkout.snapshot
            self.checkout.snapshot = self.engine.ports.carts.snapshot(effect.key, "cart-1")
            super()._try(effect, local)
            self.checkout.snapshot = frozen
        else:
            super()._try(effect, local)
        effect.arguments = stored


class _TrustsClose(Run):
    def _no_answer(self, effect: Effect, code: str, text: str) -> None:
        super()._no_answer(effect, code, text)
        if effect.call == "payments.close":
            effect.outcome = Outcome.DONE
            attempt = self.checkout.payments[effect.generation]
            attempt.facts = replace(attempt.facts, closed=True)
            attempt.asked_at = self.lease.now()


class _CountsRefundAtOnce(Run):
    def _no_answer(self, effect: Effect, code: str, text: str) -> None:
        super()._no_answer(effect, code, text)
        if effect.name == settle_money.REFUND:
            effect.outcome = Outcome.DONE
            attempt = self.checkout.payments[effect.arguments["attempt"]]
            returned = attempt.facts.refunded + effect.arguments["amount"]
            attempt.facts = replace(attempt.facts, refunded=returned)


class _UnknownIsRefused(Run):
    def _no_answer(self, effect: Effect, code: str, text: str) -> None:
        self._refused(effect, Refused(code, text))


class _AbortAlwaysObeyed(Run):
    def read_inbox(self) -> None:
        aborts = [m for m in self.lease.messages if m.kind == "abort"]
        if self.checkout.state == CONFIRMED and aborts:
            self._applied += [(message, "applied") for message in aborts]
            self.move(Move("start_compensation", Failure("cancelled_by_staff", "", CONFIRMED)))
        else:
            super().read_inbox()


class _PushBeforeCommit(Run):
    def commit(self, lease: float | None, due_at: datetime | None = None) -> None:
        if self._edges:
            self.engine.progress.changed(self.checkout.id, self.checkout.version + 1)
        super().commit(lease, due_at)

    def stored(self) -> None:
        self._changed = False
        super().stored()


class _ForgottenTimer(Run):
    def commit(self, lease: float | None, due_at: datetime | None = None) -> None:
        super().commit(lease, None)


class _SameGeneration(Run):
    def stage(self, move: Move) -> None:
        generation = self.checkout.generation
        super().stage(move)
        self.checkout.generation = generation


class _LostAnswer(Run):
    def _answered(self, effect: Effect, answer: Any) -> None:
        super()._answered(effect, answer)
        if effect.name == "payments.initiate":
            self.checkout.payments[effect.generation].reference = ""


def engine_with(run: type[Run]) -> type[Engine]:
    """An engine whose ticks work like this."""
    return type("Broken", (Engine,), {"run_class": run})


def engine_that(decides: Any) -> type[Engine]:
    """An engine that decides like this."""
    return type("Broken", (Engine,), {"decide": staticmethod(decides)})


def compensates_only_what_is_done(checkout: Checkout, moment: Moment) -> Decision:
    """What has no answer is taken for not done."""
    if checkout.state not in (ABORTING, CheckoutState.ABORTED):
        return decide(checkout, moment)
    every = checkout.effects
    checkout.effects = {k: e for k, e in every.items() if not (e.open and e.name in UNDO)}
    decision = decide(checkout, moment)
    checkout.effects = every
    return decision


def releases_before_closing(checkout: Checkout, moment: Moment) -> Decision:
    """Stock goes back while the payment may still come."""
    if checkout.state == ABORTING:
        first = abort_checkout.give_back(checkout, moment, undo_by_independent())
        if isinstance(first, Call):
            return first
    return decide(checkout, moment)


def aborts_at_the_deadline(checkout: Checkout, moment: Moment) -> Decision:
    """The clock decides, not the provider."""
    late = checkout.deadline_at is not None and checkout.deadline_at <= moment.now
    if checkout.state == AWAITING and late and not checkout.payment.facts.paid:
        return Move("start_compensation", unpaid(checkout))
    return decide(checkout, moment)


def forgets_the_money(checkout: Checkout, moment: Moment) -> Decision:
    """What was taken is not given back."""
    decision = decide(checkout, moment)
    if not (isinstance(decision, Call) and decision.name in settle_money.REQUESTS):
        return decision
    if checkout.state != ABORTING:
        return Wait(None)
    rest = abort_checkout.give_back(checkout, moment, undo_by_independent())
    return rest or Move("abort_checkout")


def forgets_the_coupon(checkout: Checkout, moment: Moment) -> Decision:
    """A claimed coupon is not given back."""
    decision = decide(checkout, moment)
    if isinstance(decision, Call) and decision.name == "coupons.release":
        return Move("abort_checkout")
    return decision


def captures_before_the_order(checkout: Checkout, moment: Moment) -> Decision:
    """Money is taken before there is an order."""
    decision = decide(checkout, moment)
    capture = checkout.effect("payments.capture", checkout.generation)
    if isinstance(decision, Call) and decision.name == "orders.place" and capture is None:
        money = checkout.frozen.money.to_json()
        return Call("payments.capture", checkout.generation, {"money": money})
    return decision


NO_INTENT, FRESH_KEY = engine_with(_NoIntent), engine_with(_FreshKey)
OTHER_ARGUMENTS, TRUSTS_CLOSE = engine_with(_OtherArguments), engine_with(_TrustsClose)
COUNTS_REFUND_AT_ONCE = engine_with(_CountsRefundAtOnce)
UNKNOWN_IS_REFUSED = engine_with(_UnknownIsRefused)
ABORT_ALWAYS_OBEYED = engine_with(_AbortAlwaysObeyed)
PUSH_BEFORE_COMMIT = engine_with(_PushBeforeCommit)
FORGOTTEN_TIMER = engine_with(_ForgottenTimer)
SAME_GENERATION, LOST_REFERENCE = engine_with(_SameGeneration), engine_with(_LostAnswer)
