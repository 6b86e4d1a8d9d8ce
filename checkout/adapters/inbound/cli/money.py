"""S4, L4, Q1, Q2: what our own books say about the money of a checkout."""

from __future__ import annotations

from checkout.adapters.inbound.cli.findings import Said
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.application.port_call import Moment
from checkout.application.use_cases import audit_money, settle_money
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout, PaymentAttempt
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState

# Why a paid checkout may rightly end without an order.
EXCUSES = ("amount_mismatch", "capture_refused", "cancelled_by_shopper", "cancelled_by_staff")


def judge(dossier: Dossier, checkout: Checkout) -> Said:
    """Everything about money."""
    yield from _kept(dossier, checkout)
    yield from _payments(checkout)
    if _paid_in_time(checkout):
        yield "paid_in_time", f"it was paid in full, and failed with {_code(checkout)}."


def _kept(dossier: Dossier, checkout: Checkout) -> Said:
    """Kept is the total of a completed checkout, nothing of an aborted one, less what staff gave."""
    if not checkout.state.is_final:
        return
    books = audit_money.net(checkout)
    held = audit_money.held_for_nothing(checkout)
    if not books.settled and dossier.due_at is not None:
        yield "owed", f"kept are {books.kept}, due are {books.due} minor units; being given back."
    elif books.kept != books.due or not books.settled:
        yield "money", f"kept are {books.kept}, due are {books.due} minor units."
    elif held and dossier.due_at is not None and all(_asked(checkout, a) for a in held):
        yield "owed", "what is still authorised could not be let go yet."
    elif held:
        yield "money", f"{books.held} minor units are still authorised."
    if books.overpaid:
        yield "money", "more was given back than was taken."
    moment = Moment(services().policy, dossier.now)
    if audit_money.reason(checkout, moment) == "money_overdue":
        yield "money", f"{audit_money.REASONS['money_overdue']}."


def _asked(checkout: Checkout, attempt: PaymentAttempt) -> bool:
    return bool(settle_money.requests(checkout, attempt.generation))


def _payments(checkout: Checkout) -> Said:
    """Nobody can pay after the end, and never two payments at once."""
    for attempt in checkout.payments.values():
        which = f"payment {attempt.generation}"
        shut = settle_money.shut(checkout, attempt.facts)
        if checkout.state.is_final and not shut:
            yield "open_payment", f"{which} is neither closed nor paid."
        elif attempt.generation < checkout.generation and not shut:
            yield "two_payments", f"{which} was not closed when the next was begun."
    if checkout.state == CheckoutState.COMPLETED and checkout.total:
        facts, cart = checkout.payment.facts, checkout.frozen
        if facts.currency not in ("", cart.currency) or facts.digest not in ("", cart.digest):
            yield "money", "the payment is not for the frozen cart."


def _paid_in_time(checkout: Checkout) -> bool:
    """Aborted after the payment was confirmed, without anybody having asked for it or refused."""
    confirmed = any(p.target == CheckoutState.PAYMENT_CONFIRMED for p in checkout.history)
    if checkout.state != CheckoutState.ABORTED or not confirmed or not checkout.total:
        return False
    refused = any(
        effect.outcome == Outcome.REFUSED and "undoes" not in effect.arguments
        for effect in checkout.effects.values()
        if effect.name not in settle_money.REQUESTS
    )
    return not refused and _code(checkout) not in EXCUSES


def _code(checkout: Checkout) -> str:
    return checkout.failure.code if checkout.failure else "no reason"
