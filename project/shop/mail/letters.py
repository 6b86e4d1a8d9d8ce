"""What each mail says, in the active language. It says no more about the money than is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from project.shop.arithmetic import in_words
from project.shop.models import Mail

BANKS_ARE_SLOW = gettext_noop("Banks take 5 to 10 days to show it.")
WE_WRITE_AGAIN = gettext_noop("We write again as soon as your order is placed or has ended.")
WHY = {
    "out_of_stock": gettext_noop("Something in your basket was not in stock any more."),
    "coupon_invalid": gettext_noop("A code in your basket was not valid any more."),
    "price_unavailable": gettext_noop("A price in your basket had changed."),
    "cart_changed": gettext_noop("Your basket changed while you ordered."),
    "payment_declined": gettext_noop("The payment was declined."),
    "payment_expired": gettext_noop("The time to pay was over."),
    "cancelled_by_shopper": gettext_noop("You cancelled it."),
    "cancelled_by_staff": gettext_noop("We had to cancel it."),
    "timed_out": gettext_noop("A part of our shop did not answer in time."),
    "order_refused": gettext_noop("We are sorry: we cannot deliver what you ordered."),
    "amount_mismatch": gettext_noop("The payment did not match the order."),
    "paid_too_late": gettext_noop("The payment came long after the time to pay."),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is written: paragraphs, perhaps a list with a total, and one link."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str
    lines: tuple[tuple[str, str], ...] = field(default=())


def letter_of(mail: Mail) -> Letter:
    """The letter of this mail."""
    return _LETTERS[mail.kind](mail.data)


def _confirmed(said: dict[str, Any]) -> Letter:
    order, paid = {"order": said["order"]}, said["captured"]
    money = _("You paid %(amount)s.") if paid else _("There was nothing to pay.")
    return Letter(
        _("Your order %(order)s is confirmed") % order,
        (
            _("Thank you. Your order %(order)s is placed.") % order,
            money % {"amount": in_words(paid, said["currency"])},
        ),
        _("See your receipt"),
        tuple(_lines(said)),
    )


def _lines(said: dict[str, Any]) -> list[tuple[str, str]]:
    def shown(amount: int) -> str:
        return in_words(amount, said["currency"])

    found = [
        (f"{line['quantity']} × {line['name']}", shown(line["total"])) for line in said["lines"]
    ]
    found += [(off["label"], shown(-off["amount"])) for off in said["discounts"]]
    found += [(charge["label"], shown(charge["amount"])) for charge in said["charges"]]
    return [*found, (_("Total"), shown(said["total"]))]


def _aborted(said: dict[str, Any]) -> Letter:
    known = WHY.get(said["code"], "")
    why = _(known)
    lead = _("Your order was not completed, so nothing is on its way to you.")
    subject, money = _what_of_the_money(said)
    return Letter(subject, tuple(filter(None, (lead, why, money))), _("See what happened"))


def _what_of_the_money(said: dict[str, Any]) -> tuple[str, str]:
    """The subject, and a sentence that is never nicer than the truth."""
    subject = _("Your order was not completed")
    if "charged" not in said:  # told by a release that did not know
        return subject, ""
    going, back = said["charged"] - said["returned"], said["returned"]
    if going > 0:
        amount = {"amount": in_words(going, said["currency"])}
        money = _("%(amount)s is going back to you.") % amount + " " + _(BANKS_ARE_SLOW)
    elif back > 0:
        amount = {"amount": in_words(back, said["currency"])}
        money = _("%(amount)s was given back to you.") % amount + " " + _(BANKS_ARE_SLOW)
    elif said["held"] > 0:
        amount = {"amount": in_words(said["held"], said["currency"])}
        money = (
            _("Nothing was taken: the %(amount)s that your bank had reserved is let go.") % amount
        )
    else:
        subject = _("Your order was not completed, and you were not charged")
        money = _("You have not been charged.")
    return subject, money


def _refunded(said: dict[str, Any]) -> Letter:
    back, paid = said["refunded"], said["captured"]
    amounts = {"amount": in_words(back, said["currency"]), "paid": in_words(paid, said["currency"])}
    if back >= paid:
        lead = _("We have given %(amount)s back to you: all that you paid.")
    else:
        lead = _("In all, we have given %(amount)s of the %(paid)s that you paid back to you.")
    subject = _("Your money back: %(amount)s") % amounts
    return Letter(subject, (lead % amounts, _(BANKS_ARE_SLOW)), _("See your order"))


def _doubt(said: dict[str, Any]) -> Letter:
    unknown = _("We do not know yet whether your payment went through: no answer has come so far.")
    please = _("We go on asking. Please do not pay again.")
    subject = _("We are checking your payment")
    return Letter(subject, (unknown, please, _(WE_WRITE_AGAIN)), _("See how far it is"))


def _link(said: dict[str, Any]) -> Letter:
    again = () if said["state"] in ("completed", "aborted") else (_(WE_WRITE_AGAIN),)
    asked = _("You asked for a link to your order. It leads to it from any device.")
    return Letter(_("The link to your order"), (asked, *again), _("See your order"))


_LETTERS: dict[str, Callable[[dict[str, Any]], Letter]] = {
    Mail.CONFIRMED: _confirmed,
    Mail.ABORTED: _aborted,
    Mail.REFUNDED: _refunded,
    Mail.DOUBT: _doubt,
    Mail.LINK: _link,
}
