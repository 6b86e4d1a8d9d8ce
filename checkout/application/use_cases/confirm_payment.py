"""confirm_payment: wait for the money, and believe nobody but the provider's facts.

Webhook, return of the shopper, and polling all end here: they only bring the next lookup forward.
At the deadline the payment is closed first, and the answer to that decides.
"""

from __future__ import annotations

from datetime import timedelta

from checkout.application.decisions import Ask, Call, Decision, Move, Wait
from checkout.application.port_call import Moment, PortCall, Ports
from checkout.application.use_cases import reserve_inventory, settle_money
from checkout.domain.checkout import Checkout, Failure
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.payment_facts import PaymentFacts

CLOSE = settle_money.CLOSE


def decide(checkout: Checkout, moment: Moment) -> Decision:
    """The next thing to do in `awaiting_payment`."""
    facts = checkout.payment.facts
    if mismatched(checkout, facts):
        return Move("start_compensation", _mismatch(checkout, facts), attention="amount_mismatch")
    if facts.paid >= checkout.total and _too_late(checkout, moment):
        return Move("start_compensation", _stale(checkout), attention="paid_too_late")
    if facts.paid >= checkout.total and facts.at_hand < checkout.total:
        return Move("start_compensation", _gone(checkout), attention="capture_refused")
    if facts.paid >= checkout.total:
        return Move("await_payment_result")
    waits: list[Wait] = []
    for look in (_lookup, _closing, _extension, _deadline):
        decision = look(checkout, moment)
        if isinstance(decision, Wait):
            waits.append(decision)
        elif decision is not None:
            return decision
    return Wait(min((wait.until for wait in waits if wait.until), default=None))


def mismatched(checkout: Checkout, facts: PaymentFacts) -> bool:
    """Is there money that is not exactly the frozen total? (failures.md E4, E5; SEC-9)"""
    snapshot = checkout.frozen
    same = facts.currency in ("", snapshot.currency) and facts.digest in ("", snapshot.digest)
    return facts.paid > 0 and not (same and facts.paid == snapshot.total)


def _mismatch(checkout: Checkout, facts: PaymentFacts) -> Failure:
    detail = {"paid": facts.paid, "currency": facts.currency, "due": checkout.total}
    text = "The payment does not match the order. The money goes back to you in full."
    return Failure("amount_mismatch", text, checkout.state, detail)


def _too_late(checkout: Checkout, moment: Moment) -> bool:
    """Rule: nobody is sold anything long after they tried to buy it (failures.md G7)."""
    deadline = checkout.deadline_at
    return deadline is not None and moment.now > deadline + moment.policy.seconds("honour_for")


def _stale(checkout: Checkout) -> Failure:
    text = "The payment came long after the time to pay. The money goes back to you in full."
    return Failure("paid_too_late", text, checkout.state)


def _gone(checkout: Checkout) -> Failure:
    """It was approved and let go, or given back, before we looked: no order is begun without money."""
    text = "The payment was taken back before the order could be placed."
    return Failure("capture_refused", text, checkout.state)


def _closing(checkout: Checkout, moment: Moment) -> Decision | None:
    close = checkout.effect(CLOSE, checkout.generation)
    if close is None:
        return None
    if not close.open:
        if close.arguments.get("then") == "retry":
            return Move("force_retry_payment", reason=close.arguments.get("reason", ""))
        return Move("start_compensation", unpaid(checkout))
    if close.retry_at and close.retry_at > moment.now:
        return Wait(close.retry_at)
    return hold_on(checkout, moment, close) or Call(CLOSE, close.generation, close.arguments)


def hold_on(checkout: Checkout, moment: Moment, close: Effect | None) -> Call | None:
    """Before each try to close: hold the stock a little longer, since the answer may be "paid"."""
    name = f"{reserve_inventory.EXTEND}:close.{checkout.generation}"
    number = (close.tries if close else 0) + 1
    held = checkout.effect(name, number)
    if held is not None and (not held.open or held.tries):
        return None  # held, refused or silent: closing must not wait for it
    if held is not None:
        return Call(name, number, held.arguments)
    longest = moment.policy.longest_pause + moment.policy.call_timeout(CLOSE)
    until = moment.now + moment.policy.seconds("grace") + timedelta(seconds=longest)
    return Call(name, number, reserve_inventory.extension(checkout, until))


def _extension(checkout: Checkout, moment: Moment) -> Decision | None:
    for effect in checkout.named(reserve_inventory.EXTEND_FOR_SHOPPER):
        if effect.open and effect.retry_at and effect.retry_at > moment.now:
            return Wait(effect.retry_at)
        if effect.open:
            return Call(effect.name, effect.generation, effect.arguments)
    return None


def _lookup(checkout: Checkout, moment: Moment) -> Decision | None:
    attempt = checkout.payment
    if attempt.ask_at is None:
        return None
    return Ask(attempt.generation) if attempt.ask_at <= moment.now else Wait(attempt.ask_at)


def _deadline(checkout: Checkout, moment: Moment) -> Decision | None:
    if checkout.effect(CLOSE, checkout.generation) is not None:
        return None  # closing has begun, and has pauses of its own
    if checkout.deadline_at is None or checkout.deadline_at > moment.now:
        return Wait(checkout.deadline_at)
    if checkout.payment.facts.closed:
        return Move("start_compensation", unpaid(checkout))
    return hold_on(checkout, moment, None) or Call(CLOSE, checkout.generation, {"then": "expire"})


def unpaid(checkout: Checkout) -> Failure:
    """Why a payment that can no longer come did not come."""
    error = checkout.payment.facts.error
    if error:
        text = "The payment was declined. You have not been charged."
        return Failure("payment_declined", text, checkout.state, {"reason": error})
    text = "The time to pay is over. You have not been charged."
    return Failure("payment_expired", text, checkout.state)


def _send_close(ports: Ports, checkout: Checkout, effect: Effect) -> PaymentFacts:
    attempt = checkout.payments[effect.generation]
    return ports.payments.close(effect.key, attempt.reference)


def _closed(checkout: Checkout, effect: Effect, answer: PaymentFacts, moment: Moment) -> Outcome:
    """Neither closed nor paid in full means "ask again", whatever else was said."""
    settle_money.learn(checkout, effect.generation, answer, moment)
    shut = settle_money.shut(checkout, checkout.payments[effect.generation].facts)
    return Outcome.DONE if shut else Outcome.UNKNOWN


def _close_refused(checkout: Checkout, effect: Effect) -> None:
    """A provider cannot refuse to say what is true: look, and ask again."""
    effect.outcome = Outcome.UNKNOWN
    checkout.payments[effect.generation].ask_at = effect.answered_at


CALLS = {CLOSE: PortCall(_send_close, receive=_closed, refused=_close_refused)}
