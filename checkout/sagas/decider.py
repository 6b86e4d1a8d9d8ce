"""What is due now. Reads the table, the journal and the clock; decides; does nothing."""

from __future__ import annotations

from datetime import timedelta

from checkout.application.decisions import Call, Decision, Move, Wait
from checkout.application.port_call import Moment
from checkout.application.use_cases import (
    abort_checkout,
    confirm_payment,
    finalize_order,
    payment_doubt,
    release_inventory,
    settle_money,
)
from checkout.domain.checkout import Checkout, Failure
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.calls import CALLS
from checkout.sagas.checkout_saga import PER_PAYMENT, STEP_IN, Step, undo_by


def decide(checkout: Checkout, moment: Moment) -> Decision:
    """The one thing that is due in this state, or how long there is nothing to do."""
    due = _due(checkout, moment)
    return payment_doubt.wake_for_it(checkout, moment, due) if isinstance(due, Wait) else due


def _due(checkout: Checkout, moment: Moment) -> Decision:
    if checkout.on_hold:
        return Wait()
    if checkout.state == CheckoutState.ABORTING:
        return _backward(checkout, moment)
    if checkout.state.is_final:
        return _after_the_end(checkout, moment)
    if checkout.state == CheckoutState.AWAITING_PAYMENT:
        return confirm_payment.decide(checkout, moment)
    if checkout.state == CheckoutState.INVENTORY_RESERVED and checkout.total == 0:
        return Move("skip_payment")
    return _forward(checkout, moment, STEP_IN[checkout.state])


def _forward(checkout: Checkout, moment: Moment, step: Step) -> Decision:
    for name in step.calls:
        decision = _next_of(checkout, moment, step, name)
        if decision is not None:
            return decision
    return Move(step.name)


def _next_of(checkout: Checkout, moment: Moment, step: Step, name: str) -> Decision | None:
    generation = checkout.generation if name in PER_PAYMENT else 1
    effect = checkout.effect(name, generation)
    if effect is None:
        arguments = CALLS[name].arguments(checkout, moment)
        return None if arguments is None else Call(name, generation, arguments)
    if effect.outcome == Outcome.REFUSED:
        return _refused(checkout, moment, effect)
    if not effect.open:
        return None
    return _once_more(checkout, moment, step, effect)


def _once_more(checkout: Checkout, moment: Moment, step: Step, effect: Effect) -> Decision:
    """`within` is judged only after a try has just failed, never after an outage of our own."""
    tried_capture = effect.name == finalize_order.CAPTURE and effect.tries
    if tried_capture and finalize_order.nothing_left_to_capture(checkout):
        short = finalize_order.capture_came_short(checkout, effect, moment)
        if short is not None:
            return short
    look = finalize_order.look_first(checkout, effect, moment)
    if look is not None:
        return look
    if not abort_checkout.rests_until(effect, moment):
        return Call(effect.name, effect.generation, effect.arguments)
    within = step.within and moment.policy.within.get(step.name, step.within)
    if within is not None and moment.now > checkout.entered_at + timedelta(seconds=within):
        text = "This took too long. Nothing was ordered and you are not charged."
        failure = Failure("timed_out", text, checkout.state, {"step": step.name})
        return Move("start_compensation", failure)
    return Wait(effect.retry_at)


def _refused(checkout: Checkout, moment: Moment, effect: Effect) -> Decision | None:
    if effect.name == finalize_order.CAPTURE:
        return finalize_order.capture_came_short(checkout, effect, moment)
    if effect.name == "coupons.redeem":
        return None  # the order stands; flagged for staff when it was refused
    error = effect.error
    failure = Failure(error["code"], error["message"], checkout.state, error.get("detail", {}))
    return Move("start_compensation", failure)


def _backward(checkout: Checkout, moment: Moment) -> Decision:
    """orders.cancel → close, then void or refund requested → the rest, independently."""
    order = abort_checkout.undo(checkout, moment, "orders.place", "orders.cancel")
    return (
        order
        or abort_checkout.close_payments(checkout, moment)
        or abort_checkout.request_money(checkout, moment)
        or abort_checkout.give_back(checkout, moment, undo_by_independent())
        or Move("abort_checkout")
    )


def _after_the_end(checkout: Checkout, moment: Moment) -> Decision:
    """Money that is owed, and what came back to life late (an answer after its undo)."""
    money = settle_money.settle(checkout, moment)
    if checkout.state == CheckoutState.COMPLETED:
        return money
    late = abort_checkout.give_back(checkout, moment, undo_by_independent())
    if isinstance(late, Wait) and isinstance(money, Wait):
        return Wait(min(w.until for w in (late, money) if w.until))
    return late if isinstance(late, Call) else money


def undo_by_independent() -> dict[str, str]:
    """The independent undo calls, each with the call that it undoes."""
    pairs = undo_by()
    return {undo: pairs[undo] for undo in release_inventory.INDEPENDENT}
