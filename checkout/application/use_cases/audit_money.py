"""audit_money: after the end, captured − refunded is what is due: the order's total, or nothing.

The doctor and the periodic audit ask the same questions here. A checkout is judged from its row and
its journal; nothing is moved, and nobody is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checkout.application.port_call import Moment
from checkout.application.use_cases import settle_money
from checkout.application.use_cases.initiate_payment import INITIATE
from checkout.domain.checkout import Checkout, PaymentAttempt
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState

# Why the audit asks for staff: the code in `needs_attention`, and what it means.
REASONS = {
    "money_missing": "the shop has less of the shopper's money than the order is worth",
    "money_overdue": "money that is not the shop's has not gone back in time",
    "money_overpaid": "more was given back than was taken",
}
# Also about money, and closer to what happened: the audit does not write over them.
CLOSER = ("refund_failing", "unreadable")
WAITING = (
    CheckoutState.INVENTORY_RESERVED,
    CheckoutState.AWAITING_PAYMENT,
    CheckoutState.PAYMENT_CONFIRMED,
    CheckoutState.ABORTING,
)


@dataclass(frozen=True, slots=True)
class Net:
    """The money of one checkout, in minor units of its currency.

    `kept` is captured − refunded of all attempts, `due` what the shop may keep (refunds ordered by
    staff are no longer due), `held` what is authorised for nothing.
    """

    kept: int
    due: int
    held: int
    settled: bool
    overpaid: bool


def net(checkout: Checkout) -> Net:
    """What the books say now."""
    facts = [attempt.facts for attempt in checkout.payments.values()]
    return Net(
        kept=sum(fact.kept for fact in facts),
        due=checkout.due,
        held=sum(a.facts.uncaptured for a in held_for_nothing(checkout)),
        settled=not settle_money.unsettled(checkout),
        overpaid=any(fact.returned > fact.captured for fact in facts),
    )


def held_for_nothing(checkout: Checkout) -> list[PaymentAttempt]:
    """Attempts whose authorised money no order will take."""
    return [
        attempt
        for attempt in checkout.payments.values()
        if attempt.facts.uncaptured
        and not (checkout.due and attempt.generation == checkout.generation)
    ]


def reason(checkout: Checkout, moment: Moment) -> str:
    """Why the audit asks for staff: a key of REASONS; empty when the books balance, or soon will.

    Rule (S4, L4): only the end counts. Money on its way back is given `money_overdue_after` seconds.
    """
    if not checkout.state.is_final:
        return ""
    books = net(checkout)
    if books.overpaid:
        return "money_overpaid"
    if books.kept < books.due:
        return "money_missing"
    if books.settled and not books.held:
        return ""
    overdue = moment.now - _going_back_since(checkout) > moment.policy.seconds(
        "money_overdue_after"
    )
    return "money_overdue" if overdue else ""


def _going_back_since(checkout: Checkout) -> datetime:
    """Since when money should be on its way: the oldest request not done, else the end."""
    asked = [
        effect.intended_at
        for name in settle_money.REQUESTS
        for effect in checkout.named(name)
        if effect.outcome != Outcome.DONE and effect.intended_at is not None
    ]
    return min(asked, default=checkout.finished_at or checkout.entered_at)


def flagged(checkout: Checkout, moment: Moment) -> str:
    """`needs_attention` as the audit wants it: raised, taken back when its own, or as it was."""
    found, before = reason(checkout, moment), checkout.needs_attention
    if found:
        return before if before in CLOSER else found
    return "" if before in REASONS else before


def waits_unasked(checkout: Checkout, moment: Moment) -> bool:
    """Does it wait for the provider, and was not answered for longer than `reconcile_after`?

    A checkout that goes its way is asked about far more often; this finds what the way has lost.
    Whoever holds one knows that nobody asks, and it is asked about when it is resumed.
    """
    if checkout.on_hold:
        return False
    if not (checkout.state in WAITING or settle_money.unsettled(checkout)):
        return False
    since = moment.now - moment.policy.seconds("reconcile_after")
    return any(
        _last_heard(checkout, initiate) < since
        for initiate in checkout.named(INITIATE)
        if _may_move(checkout, initiate)
    )


def _last_heard(checkout: Checkout, initiate: Effect) -> datetime:
    attempt = checkout.payments.get(initiate.generation)
    if attempt is None:
        return initiate.retry_at or initiate.intended_at or checkout.entered_at
    return attempt.asked_at or attempt.begun_at or checkout.entered_at


def _may_move(checkout: Checkout, initiate: Effect) -> bool:
    """Can this payment still change: by the shopper, or by a call that has no final answer?"""
    attempt = checkout.payments.get(initiate.generation)
    if attempt is None:
        return initiate.open
    mine = [
        effect
        for effect in checkout.effects.values()
        if effect.call.startswith("payments.")
        and effect.arguments.get("attempt", effect.generation) == attempt.generation
    ]
    shut = settle_money.shut(checkout, attempt.facts)
    return not shut or any(effect.open for effect in mine) or settle_money.owed(checkout) > 0
