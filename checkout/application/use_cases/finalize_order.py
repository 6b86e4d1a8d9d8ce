"""finalize_order: stock, order, money, coupon. Once the order is intended, only forward."""

from __future__ import annotations

from typing import Any

from checkout.application.decisions import Decision, Move
from checkout.application.port_call import Moment, PortCall, Ports
from checkout.application.use_cases import settle_money
from checkout.application.use_cases.reserve_inventory import reservation_key
from checkout.domain.checkout import Checkout, Failure
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.checkout_id import effect_key
from checkout.domain.value_objects.payment_facts import PaymentFacts

CAPTURE = "payments.capture"
PLACE = "orders.place"


def _whose_hold(checkout: Checkout, moment: Moment) -> dict[str, Any]:
    return {"reservation": reservation_key(checkout)}


def _commit(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.inventory.commit(effect.key, effect.arguments["reservation"])


def _which_payment(checkout: Checkout, moment: Moment) -> dict[str, Any]:
    return {"payment": checkout.payment.reference, "digest": checkout.frozen.digest}


def _place(ports: Ports, checkout: Checkout, effect: Effect) -> str:
    return ports.orders.place(effect.key, checkout.frozen, effect.arguments["payment"])


def _keep_order(checkout: Checkout, effect: Effect, answer: str, moment: Moment) -> Outcome:
    checkout.order = answer
    effect.result = {"order": answer}
    return Outcome.DONE


def _what_to_capture(checkout: Checkout, moment: Moment) -> dict[str, Any] | None:
    if checkout.total == 0 or checkout.payment.facts.captured >= checkout.total:
        return None  # nothing to take, or the provider took it when it was authorised
    return {"money": checkout.frozen.money.to_json()}


def _capture(ports: Ports, checkout: Checkout, effect: Effect) -> PaymentFacts:
    reference = checkout.payments[effect.generation].reference
    return ports.payments.capture(effect.key, reference, checkout.frozen.money)


def _captured(checkout: Checkout, effect: Effect, answer: PaymentFacts, moment: Moment) -> Outcome:
    settle_money.learn(checkout, effect.generation, answer, moment)
    enough = checkout.payments[effect.generation].facts.captured >= checkout.total
    return Outcome.DONE if enough else Outcome.UNKNOWN


def capture_came_short(checkout: Checkout, effect: Effect, moment: Moment) -> Decision | None:
    """The one way back after the order: capture has finally ended below the total.

    A refused capture is looked up before it is believed. None when the money is there after all.
    """
    attempt = checkout.payment
    if attempt.facts.captured >= checkout.total:
        return None
    if effect.outcome == Outcome.REFUSED and not _asked_since(effect, checkout):
        return settle_money.look_now(attempt, moment)
    text = "The payment could not be taken. The order is cancelled and you are not charged."
    failure = Failure("capture_refused", text, checkout.state, {"error": effect.error})
    return Move("start_compensation", failure, attention="capture_refused")


def look_first(checkout: Checkout, effect: Effect, moment: Moment) -> Decision | None:
    """A capture without an answer is looked up before it is repeated (design §5.2)."""
    if effect.name != CAPTURE or effect.outcome != Outcome.UNKNOWN or effect.retry_at is None:
        return None
    asked = checkout.payment.asked_at
    if effect.retry_at > moment.now or (asked is not None and asked >= effect.retry_at):
        return None
    return settle_money.look_now(checkout.payment, moment)


def nothing_left_to_capture(checkout: Checkout) -> bool:
    """Part was captured or nothing, and what was authorised is gone."""
    facts = checkout.payment.facts
    return facts.captured < checkout.total and facts.uncaptured == 0


def _asked_since(effect: Effect, checkout: Checkout) -> bool:
    asked, answered = checkout.payment.asked_at, effect.answered_at
    return asked is not None and answered is not None and asked >= answered


def _which_claim(checkout: Checkout, moment: Moment) -> dict[str, Any] | None:
    if not checkout.frozen.coupons:
        return None
    return {"claim": effect_key(checkout.id, "coupons.claim", 1), "order": checkout.order}


def _redeem(ports: Ports, checkout: Checkout, effect: Effect) -> None:
    ports.coupons.redeem(effect.key, effect.arguments["claim"], effect.arguments["order"])


def _not_redeemed(checkout: Checkout, effect: Effect) -> None:
    """The order stands; staff decides what to do about the coupon."""
    checkout.flag("coupon_not_redeemed")


CALLS = {
    "inventory.commit": PortCall(_commit, _whose_hold),
    PLACE: PortCall(_place, _which_payment, _keep_order),
    CAPTURE: PortCall(_capture, _what_to_capture, _captured),
    "coupons.redeem": PortCall(_redeem, _which_claim, refused=_not_redeemed),
}
