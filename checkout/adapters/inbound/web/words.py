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
    "paid_too_late": Outcome(
        _("The payment came too late"),
        _(
            "The time to pay was long over, so nothing was ordered. Whatever was paid goes back to you."
        ),
        START_AGAIN,
        "cart",
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
    "processing_error": _("The payment service had a problem. It was not your card."),
    "authentication_failed": _("Your bank could not confirm it was you."),
    "three_d_secure_failed": _("Your bank could not confirm it was you."),
}

ANOTHER_CARD = _("Try another card")
# What is asked of the shopper after a decline, where it is not another card.
NEXT_TRIES: dict[str, str] = {
    "processing_error": TRY_AGAIN,
    "authentication_failed": TRY_AGAIN,
    "three_d_secure_failed": TRY_AGAIN,
}
# Behind the generic words: the bank knows why, and we must not.
ASK_YOUR_BANK = _("Another card may work, and your bank can tell you why.")

NO_MORE_ATTEMPTS = _(
    "There were too many attempts to pay. Cancel this order to get your basket back."
)
WAITING_FOR_YOU, STOPPED = _("Waiting for you"), _("Stopped")
NOT_DONE_YET = _("Not done yet")

CANCELLABLE = ("started", "cart_frozen", "inventory_reserved", "awaiting_payment")
# What was asked for and is stored: heading and sentence, until it is done.
ASKED: dict[str, tuple[str, str]] = {
    "abort": (
        _("Cancelling your order"),
        _("We have noted that you want to cancel, and do it as soon as we can. Please do not pay."),
    ),
    "retry": (
        _("Preparing another payment"),
        _("We have noted that you want to try again. Your items are still held for you."),
    ),
}

# What is said while nothing changes, and after how many seconds (ux.md, feature 2).
SHORT_SECONDS, LONG_SECONDS = 10, 60
CHANGES_BY_ITSELF = _("This page changes by itself.")
LONGER_THAN_USUAL = _("This takes longer than usual. Nothing is lost, and you can leave this page.")
WE_WILL_MAIL = _("This takes longer than usual. You can leave this page: we will e-mail you.")
WE_ARE_LATE = _("This takes unusually long. We go on as soon as we can, and nothing is lost.")
BANK_IS_LATE = _("We do not know the answer of your bank yet. Please do not pay again.")

# How long the items are held. `{minutes}` is put in by the page too, as time goes by.
WARN_SECONDS = 120
LEFT, LAST_MINUTE = _("{minutes} min left"), _("less than a minute left")
TIME_IS_OVER = (
    _("The time to pay is over"),
    _(
        "We are asking the payment service whether you have paid. If you have not, your items go"
        " back on the shelf, and your basket stays as you left it. Please do not pay now."
    ),
)

# What it was and what it is, by which of the two the shop has told.
CHANGED: dict[tuple[str, ...], str] = {
    ("old", "new"): _("It was %(old)s, and it is %(new)s now."),
    ("new",): _("The total is %(new)s now."),
}
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


# What happens when the shopper cancels, by what is known of the money.
CANCEL_UNPAID = _(
    "You have not been charged. Your items go back on the shelf, and your basket stays as it is."
)
CANCEL_IN_DOUBT = _(
    "We first tell the payment service to take nothing. If something was taken already, you get"
    " all of it back."
)


def decline_heading(error: str | None) -> str:
    """What happened, in three words: not every payment that did not work was declined."""
    return _("Payment service problem") if error == "processing_error" else _("Payment declined")


def decline(error: str | None) -> tuple[str, ...]:
    """Why a payment did not work, in words that tell a thief nothing: one or two sentences."""
    known = DECLINES.get(error or "")
    return (known,) if known else (GENERIC_DECLINE, ASK_YOUR_BANK)


def next_try(error: str | None) -> str:
    """What the button for another try says."""
    return NEXT_TRIES.get(error or "", ANOTHER_CARD)


def cancel_lead(status: str) -> str:
    """What a shopper who is about to cancel must know, by the status of the money line."""
    return CANCEL_UNPAID if status == "not_charged" else CANCEL_IN_DOUBT


def outcome(code: str) -> Outcome:
    """How a failure code is told."""
    return OUTCOMES.get(code, OTHERWISE)
