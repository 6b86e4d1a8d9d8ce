"""What can happen on the hosted page. One table: `OUTCOMES`; its order is the order on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from project.provider import ledger
from project.provider.events import AT_ONCE, NEVER, record, schedule
from project.provider.models import Delivery, Event, Payment, Timer

Stage = Payment.Stage
DECLINED = ("card_declined", "The bank declined this card.")
NO_FUNDS = ("insufficient_funds", "There is not enough money on this card.")
EXPIRED = ("expired_card", "This card has expired.")
NOT_AUTHENTICATED = ("authentication_failed", "The bank could not confirm that it was you.")
CONFIRMED_IN_APP_SECONDS = 20.0
LATE_EVENT_SECONDS = 0.5
FIRST_SENT_HERE_SECONDS = 5.0
OTHER_AMOUNT = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What the shopper chose: the name of an outcome, the error of a bad card, seconds to wait."""

    outcome: str
    error: tuple[str, str] = DECLINED
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """Where the browser goes now (`shop`, `page` or `challenge`) and what must be sent before."""

    goes: str = "shop"
    send_first: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table: the words on its button and what it does to a payment id."""

    label: str
    hint: str
    group: str
    play: Callable[[str, Choice], Played]


def play(payment_id: str, choice: Choice) -> Played:
    """Let it happen, in one transaction. Raises NotPossible when the payment takes no card now."""
    with transaction.atomic():
        return OUTCOMES[choice.outcome].play(payment_id, choice)


def answer_challenge(payment_id: str, *, passed: bool) -> Played:
    """End a 3-D Secure challenge. Raises NotPossible when there is none."""
    with transaction.atomic():
        if passed:
            ledger.authorise(payment_id, Stage.CHALLENGE)
            return Played()
        ledger.fail(payment_id, Stage.CHALLENGE, NOT_AUTHENTICATED)
        return Played("page")


def _approve(payment_id: str, choice: Choice) -> Played:
    ledger.authorise(payment_id, Stage.OPEN)
    return Played()


def _decline_retry(payment_id: str, choice: Choice) -> Played:
    ledger.fail(payment_id, Stage.OPEN, choice.error)
    return Played("page")


def _decline(payment_id: str, choice: Choice) -> Played:
    ledger.fail(payment_id, Stage.OPEN, choice.error, final=True)
    return Played()


def _three_d_secure(payment_id: str, choice: Choice) -> Played:
    """Whoever does not answer confirms in the bank's app a little later, as many people do."""
    payment = ledger.move(payment_id, Stage.OPEN, Stage.CHALLENGE)
    seconds = CONFIRMED_IN_APP_SECONDS if choice.seconds is None else choice.seconds
    ledger.set_timer(payment, Timer.Kind.AUTHORISE, seconds)
    return Played("challenge")


def _decide_in(default: float) -> Callable[[str, Choice], Played]:
    def play_later(payment_id: str, choice: Choice) -> Played:
        seconds = default if choice.seconds is None else choice.seconds
        payment = ledger.move(payment_id, Stage.OPEN, Stage.PENDING)
        ledger.set_timer(payment, Timer.Kind.AUTHORISE, seconds)
        return Played()

    return play_later


def _approve_twice(payment_id: str, choice: Choice) -> Played:
    payment = ledger.authorise(payment_id, Stage.OPEN, deliver=(0.0, 0.0))
    record(payment, "payment.authorised")
    return Played()


def _webhook_first(payment_id: str, choice: Choice) -> Played:
    # The loop sends it only if this process dies before it could do so itself.
    ledger.authorise(payment_id, Stage.OPEN, deliver=(FIRST_SENT_HERE_SECONDS,))
    sending = Delivery.objects.filter(event__payment=payment_id, event__type="payment.authorised")
    return Played(send_first=tuple(sending.values_list("pk", flat=True)))


def _out_of_order(payment_id: str, choice: Choice) -> Played:
    ledger.fail(payment_id, Stage.OPEN, choice.error, deliver=NEVER)
    failed = Event.objects.filter(payment=payment_id, type="payment.failed").latest("created_at")
    ledger.authorise(payment_id, Stage.OPEN, deliver=AT_ONCE)
    schedule(failed, LATE_EVENT_SECONDS)
    return Played()


def _wrong_amount(payment_id: str, choice: Choice) -> Played:
    ledger.authorise(payment_id, Stage.OPEN, authorised=F("amount") + OTHER_AMOUNT)
    return Played()


def _wrong_currency(payment_id: str, choice: Choice) -> Played:
    asked = ledger.find(payment_id).currency
    ledger.authorise(payment_id, Stage.OPEN, currency="EUR" if asked != "EUR" else "USD")
    return Played()


def _never_answer(payment_id: str, choice: Choice) -> Played:
    ledger.move(payment_id, Stage.OPEN, Stage.SILENT)
    return Played()


def _lose_webhook(payment_id: str, choice: Choice) -> Played:
    ledger.authorise(payment_id, Stage.OPEN, deliver=NEVER)
    return Played()


def _refund_fails(payment_id: str, choice: Choice) -> Played:
    ledger.authorise(payment_id, Stage.OPEN, refunds_to_fail=2)
    return Played()


# fmt: off
OUTCOMES: dict[str, Outcome] = {
    "approve": Outcome("Approve", "Authorised at once.", "pay", _approve),
    "three_d_secure": Outcome("Ask the bank", "The bank asks you first.", "pay", _three_d_secure),
    "decline_retry": Outcome("Decline this card", "Try another.", "decline", _decline_retry),
    "decline": Outcome("Decline for good", "Closed, and not paid.", "decline", _decline),
    "pending_approve": Outcome("Approve soon", "Pending for 3 seconds.", "more", _decide_in(3)),
    "approve_late": Outcome("Approve late", "10 seconds, closed or not.", "more", _decide_in(10)),
    "approve_twice": Outcome("Tell it twice", "One event twice, one more.", "more", _approve_twice),
    "webhook_first": Outcome("Webhook first", "The shop knows before you.", "more", _webhook_first),
    "out_of_order": Outcome("Out of order", "“Failed” after “authorised”.", "more", _out_of_order),
    "wrong_amount": Outcome("Wrong amount", "100 minor units too much.", "more", _wrong_amount),
    "wrong_currency": Outcome("Wrong currency", "Another than asked.", "more", _wrong_currency),
    "never_answer": Outcome("Never answer", "Pending, nobody is told.", "more", _never_answer),
    "lose_webhook": Outcome("Lose the webhook", "The shop is not told.", "more", _lose_webhook),
    "refund_fails": Outcome("Refunds fail", "The first two refunds fail.", "more", _refund_fails),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Card:
    """A test card of the hosted page: a token and its printed number, never a real card."""

    token: str
    number: str
    label: str
    choice: Choice


CARDS = {
    card.token: card
    for card in (
        Card("approved", "4242 4242 4242 4242", "Approved", Choice("approve")),
        Card("bank_asks", "4000 0000 0000 3220", "3-D Secure", Choice("three_d_secure")),
        Card("no_funds", "4000 0000 0000 9995", "No funds", Choice("decline_retry", NO_FUNDS)),
        Card("declined", "4000 0000 0000 0002", "Declined", Choice("decline_retry", DECLINED)),
        Card("expired", "4000 0000 0000 0069", "Expired", Choice("decline_retry", EXPIRED)),
    )
}
