"""initiate_payment: create the payment at the provider and learn what the shopper must do."""

from __future__ import annotations

from typing import Any

from checkout.application.port_call import Moment, PortCall, Ports
from checkout.application.ports.outbound.payments_port import PaymentInitiated
from checkout.domain.checkout import Checkout, PaymentAttempt
from checkout.domain.effect import Effect, Outcome
from checkout.domain.exceptions import Refused, Unavailable
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts

INITIATE = "payments.initiate"


def _what_to_pay(checkout: Checkout, moment: Moment) -> dict[str, Any]:
    money = checkout.frozen.money.to_json()
    return {"money": money, "digest": checkout.frozen.digest, "return_url": checkout.return_url}


def _initiate(ports: Ports, checkout: Checkout, effect: Effect) -> PaymentInitiated:
    """A no is believed once nothing is found under the key: an earlier try may have gone through."""
    said = effect.arguments
    money = Money.from_json(said["money"])
    try:
        return ports.payments.initiate(effect.key, money, said["digest"], said["return_url"])
    except Refused:
        if ports.payments.lookup(effect.key, "") == PaymentFacts():
            raise
        raise Unavailable(
            "They refuse to create it and have it: its reference must come."
        ) from None


def _begin_attempt(
    checkout: Checkout, effect: Effect, answer: PaymentInitiated, moment: Moment
) -> Outcome:
    """Keep the provider's reference before anything is done with the payment (failures.md A3)."""
    known = checkout.payments.get(effect.generation)
    attempt = known or PaymentAttempt(effect.generation, begun_at=moment.now)
    attempt.reference, attempt.action = answer.reference, answer.action
    attempt.facts = attempt.facts.merge(answer.facts)
    waits_for_shopper = answer.action.get("type") == "redirect"
    attempt.ask_at = (
        moment.policy.next_lookup(moment.now, moment.now) if waits_for_shopper else moment.now
    )
    checkout.payments[effect.generation] = attempt
    effect.result = {"reference": answer.reference}
    return Outcome.DONE


CALLS = {INITIATE: PortCall(_initiate, _what_to_pay, _begin_attempt)}
