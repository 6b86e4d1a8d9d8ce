"""abort_checkout: close the payment, ask the money back, and only then let go of the rest.

The order of the undo column: the order first, then the payment (closed before anything is
released, because it might still be paid), then what release_inventory gives back.
"""

from __future__ import annotations

from checkout.application.decisions import Ask, Call, Decision, Wait
from checkout.application.port_call import Moment, PortCall, Ports
from checkout.application.use_cases import settle_money
from checkout.application.use_cases.confirm_payment import CLOSE
from checkout.application.use_cases.initiate_payment import INITIATE
from checkout.application.use_cases.release_inventory import INDEPENDENT, undo_was_refused
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect, Outcome

CANCEL_ORDER = "orders.cancel"


def undo(checkout: Checkout, moment: Moment, did: str, by: str) -> Decision | None:
    """The next undo call for the effects named `did`; None when nothing of theirs stands."""
    rests: list[Wait] = []
    for effect in checkout.standing(did):
        found = [e for e in checkout.named(by) if e.arguments.get("undoes") == effect.key]
        last = found[-1] if found else None
        if last is None or last.outcome == Outcome.DONE:
            return Call(by, checkout.next_generation(by), {"undoes": effect.key})
        if last.open and not rests_until(last, moment):
            return Call(by, last.generation, last.arguments)
        if last.open:
            rests.append(Wait(last.retry_at))
    return rests[0] if rests else None


def rests_until(effect: Effect, moment: Moment) -> bool:
    """True while a call that got no answer is not to be repeated yet."""
    return effect.retry_at is not None and effect.retry_at > moment.now


def close_payments(checkout: Checkout, moment: Moment) -> Decision | None:
    """Close every payment that was ever begun, and look at it; None when all are closed and seen."""
    for initiate in checkout.named(INITIATE):
        if initiate.outcome == Outcome.REFUSED:
            continue
        decision = _close_one(checkout, moment, initiate)
        if decision is not None:
            return decision
    return None


def _close_one(checkout: Checkout, moment: Moment, initiate: Effect) -> Decision | None:
    if initiate.open:  # an unanswered create is repeated with its key, then closed (design §7)
        return _again(initiate, moment)
    close = checkout.effect(CLOSE, initiate.generation)
    if close is None:
        return Call(CLOSE, initiate.generation, {"then": "abort"})
    if close.open:
        return _look_if_hinted(checkout, initiate.generation, moment) or _again(close, moment)
    return _seen_since(checkout, initiate.generation, moment)


def _seen_since(checkout: Checkout, generation: int, moment: Moment) -> Decision | None:
    """Void or refund is chosen from facts that are newer than the decision to abort."""
    attempt = checkout.payments[generation]
    if attempt.asked_at and attempt.asked_at >= checkout.entered_at and not attempt.silent:
        return _look_if_hinted(checkout, generation, moment)
    if attempt.silent and attempt.ask_at and attempt.ask_at > moment.now:
        return Wait(attempt.ask_at)
    return Ask(generation)


def _look_if_hinted(checkout: Checkout, generation: int, moment: Moment) -> Ask | None:
    ask_at = checkout.payments[generation].ask_at
    return Ask(generation) if ask_at is not None and ask_at <= moment.now else None


def _again(effect: Effect, moment: Moment) -> Decision:
    if rests_until(effect, moment):
        return Wait(effect.retry_at)
    return Call(effect.name, effect.generation, effect.arguments)


def request_money(checkout: Checkout, moment: Moment) -> Decision | None:
    """Ask back what was taken. Stored is enough to go on: settle_money sees it through."""
    decision = settle_money.next_request(checkout, moment)
    return decision if isinstance(decision, Call) else None


def give_back(checkout: Checkout, moment: Moment, undoes: dict[str, str]) -> Decision | None:
    """Stock, coupons, cart: the next call that may be made; a Wait when all that is left rests."""
    rests: list[Wait] = []
    for by in INDEPENDENT:
        decision = undo(checkout, moment, undoes[by], by)
        if isinstance(decision, Wait):
            rests.append(decision)
        elif decision is not None:
            return decision
    return Wait(min(wait.until for wait in rests if wait.until)) if rests else None


def _cancel_order(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    reason = checkout.failure.code if checkout.failure else "cancelled"
    ports.orders.cancel(effect.key, effect.arguments["undoes"], reason)


CALLS = {CANCEL_ORDER: PortCall(_cancel_order, refused=undo_was_refused)}
