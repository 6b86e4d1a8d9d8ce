"""The words of the progress page, chosen by code. The shopper never sees a state name.

The texts are marked here and translated where they are shown.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop as _


class Outcome(NamedTuple):
    """How a checkout that failed is told: heading, sentence, the one action and where it leads."""

    heading: str
    lead: str
    action: str
    to: str  # cart | shop


CHANGE_BASKET, BACK_TO_BASKET = _("Change basket"), _("Back to basket")
START_AGAIN, TRY_AGAIN = _("Start again with the same basket"), _("Try again")
BACK_TO_SHOP = _("Back to the shop")

OUTCOMES: dict[str, Outcome] = {
    "out_of_stock": Outcome(
        _("Not enough in stock"),
        _("Somebody was faster. Your basket is as you left it."),
        CHANGE_BASKET,
        "cart",
    ),
    "coupon_invalid": Outcome(
        _("A code in your basket is no longer valid"),
        _("Please look at your basket: it shows what you would pay without the code."),
        BACK_TO_BASKET,
        "cart",
    ),
    "price_unavailable": Outcome(
        _("A price in your basket has changed"),
        _("Please look at your basket again before you order."),
        BACK_TO_BASKET,
        "cart",
    ),
    "cart_changed": Outcome(
        _("Your basket changed while you ordered"),
        _("Please look at it again, then place the order."),
        BACK_TO_BASKET,
        "cart",
    ),
    "payment_declined": Outcome(
        _("Payment declined"),
        _("The time to try another card is over, and your items were put back."),
        START_AGAIN,
        "cart",
    ),
    "payment_expired": Outcome(
        _("The time to pay is over"),
        _("We could not hold your items any longer. Your basket is as you left it."),
        START_AGAIN,
        "cart",
    ),
    "cancelled_by_shopper": Outcome(
        _("You cancelled this order"),
        _("Nothing was ordered. Your basket is as you left it."),
        BACK_TO_BASKET,
        "cart",
    ),
    "cancelled_by_staff": Outcome(
        _("The shop cancelled this order"),
        _("Nothing was ordered. If you wonder why, please write to us with the reference below."),
        BACK_TO_SHOP,
        "shop",
    ),
    "timed_out": Outcome(
        _("This took too long"),
        _("A part of our shop did not answer, so we stopped. Your basket is as you left it."),
        TRY_AGAIN,
        "cart",
    ),
    "order_refused": Outcome(
        _("We are sorry: the order could not be placed"),
        _("Your payment went through, but we cannot deliver. The money goes back to you."),
        BACK_TO_SHOP,
        "shop",
    ),
    "capture_refused": Outcome(
        _("The payment could not be taken"),
        _("Your bank took the payment back in the last moment, so there is no order."),
        START_AGAIN,
        "cart",
    ),
    "amount_mismatch": Outcome(
        _("The payment does not match the order"),
        _("We stopped to be safe. Whatever was paid goes back to you in full."),
        BACK_TO_SHOP,
        "shop",
    ),
    "payment_refused": Outcome(
        _("Payment service problem"),
        _("The payment service did not accept this payment. Your basket is as you left it."),
        TRY_AGAIN,
        "cart",
    ),
}
OTHERWISE = Outcome(
    _("This order could not be completed"),
    _("Nothing was ordered. Your basket is as you left it."),
    BACK_TO_BASKET,
    "cart",
)

GENERIC_DECLINE = _("Your bank declined the payment.")
# Stolen, lost and fraudulent cards read like any other decline: who holds the card must not learn it.
DECLINES: dict[str, str] = {
    "insufficient_funds": _("There was not enough money on the card."),
    "expired_card": _("The card has expired."),
    "incorrect_cvc": _("The security code of the card was wrong."),
    "incorrect_number": _("The card number was wrong."),
    "processing_error": _("The payment service had a problem. Please try again."),
    "authentication_failed": _("Your bank could not confirm it was you."),
    "three_d_secure_failed": _("Your bank could not confirm it was you."),
}

NO_MORE_ATTEMPTS = _(
    "There were too many attempts to pay. Cancel this order to get your basket back."
)
WAITING_FOR_YOU, STOPPED = _("Waiting for you"), _("Stopped")
STEP_WORDS: dict[str, str] = {
    "pending": _("Not begun"),
    "running": _("Doing it now"),
    "done": _("Done"),
    "failed": _("Did not work"),
    "undone": _("Given back"),
    "skipped": _("Not needed"),
}

# status: (class of the money line, what stands in bold, what stands behind it)
MONEY: dict[str, tuple[str, str, str]] = {
    "not_charged": ("none", _("You have not been charged."), ""),
    "authorised": ("held", _("%(amount)s is reserved on your card,"), _("not taken yet.")),
    "charged": ("taken", _("You paid %(amount)s."), ""),
    "checking": (
        "unknown",
        _("We are checking with your bank."),
        _("Please do not pay again: we will know soon."),
    ),
    "refunding": (
        "back",
        _("%(amount)s is going back to you."),
        _("Banks take 5 to 10 days to show it."),
    ),
    "refunded": (
        "back",
        _("%(amount)s was given back to you."),
        _("Banks take 5 to 10 days to show it."),
    ),
}


def decline(error: str | None) -> str:
    """Why a payment did not work, in words that tell a thief nothing."""
    return DECLINES.get(error or "", GENERIC_DECLINE)


def outcome(code: str) -> Outcome:
    """How a failure code is told."""
    return OUTCOMES.get(code, OTHERWISE)
