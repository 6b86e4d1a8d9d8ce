"""What the progress page shows, made from the read model alone. Chooses words, decides nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from checkout.adapters.inbound.sentences import sentence
from checkout.adapters.inbound.web import words
from checkout.adapters.inbound.web.amounts import in_words, money_line
from checkout.adapters.inbound.web.stepper import ShownStep, number_of, steps
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.bootstrap import services

STEPS = 4


@dataclass
class Screen:
    """Everything the template needs. `action` is `pay`, `retry`, `cart`, `shop`, `summary` or empty.

    `by_mail` is `tell` or `send` where a link by mail is offered.
    `say` is spoken once when it changes; `alert` marks the two things that may interrupt.
    """

    view: ProgressView
    heading: str
    lead: str
    tone: str = ""
    action: str = ""
    action_label: str = ""
    action_url: str = ""
    quiet: bool = False
    waiting: bool = False
    patience: tuple[str, str] = ("", "")
    waiting_words: str = ""
    steps: tuple[ShownStep, ...] = ()
    number: int = 1
    money: dict[str, str] = field(default_factory=dict)
    may_cancel: bool = False
    cancel_lead: str = ""
    too_late: bool = False
    hold: Hold | None = None
    by_mail: str = ""
    say: str = ""
    alert: bool = False

    @cached_property
    def step_words(self) -> str:
        """`Step 2 of 4`; nothing at the end, and nothing on the way back."""
        if self.view.final or self.view.state == "aborting":
            return ""
        return _("Step %(number)s of %(all)s") % {"number": self.number, "all": STEPS}

    @property
    def title(self) -> str:
        """The title of the page: it changes with the situation."""
        return f"{self.heading} ({self.step_words})" if self.step_words else self.heading


@dataclass(frozen=True)
class Hold:
    """How long the items are held: until when, how many seconds that is from the answer on."""

    until: datetime
    seconds: int
    words: str
    may_extend: bool

    @property
    def over(self) -> bool:
        """The time has come, and the engine has not acted on it yet."""
        return self.seconds <= 0

    @property
    def soon(self) -> bool:
        """It is time to warn."""
        return self.seconds < words.WARN_SECONDS


def screen(view: ProgressView, returned: bool = False) -> Screen:
    """The screen of a checkout as it was committed.

    `returned`: the shopper has just come back from the payment page, and we are asking what
    happened there; until we know, nobody is told to pay.
    """
    hold = _hold(view)
    made = _asked(view) or _situation(view, hold)
    if returned and made.action == "pay" and not made.tone:
        _ask(made)
    made.steps = steps(view, made.action in ("pay", "retry"))
    made.number = number_of(made.steps)
    made.money = money_line(view.body["money"])
    made.hold = None if made.waiting else hold
    made.may_cancel = view.state in words.CANCELLABLE and view.asked != "abort"
    made.cancel_lead = _(words.cancel_lead(view.body["money"]["status"]))
    made.by_mail = _by_mail(view)
    made.too_late = view.state == "payment_confirmed"
    made.waiting_words = _waiting_words(view.waited, made.patience)
    made.say = _spoken(made)
    return made


def _spoken(made: Screen) -> str:
    """What is new, in a breath. At the end the focus goes to the heading, which says the rest."""
    money = made.money["bold"]
    if not money.endswith("."):
        money += f" {made.money['rest']}"
    if made.view.final:
        return f"{money} {made.lead}"
    said = f"{made.heading.rstrip('.')}. {money}"
    return f"{said} {made.step_words}." if made.step_words else said


def _ask(made: Screen) -> None:
    made.heading = _("Confirming your payment")
    made.lead = _("We are asking the payment service. If you paid, do not pay again.")
    made.action_label, made.quiet = _("I have not paid yet: back to the payment page"), True


def _asked(view: ProgressView) -> Screen | None:
    """What the shopper asked for is stored, and no worker has come to it yet."""
    told = words.ASKED.get(view.asked)
    if told is None or view.state not in words.CANCELLABLE:
        return None
    heading, lead = told
    return _waiting(view, _(heading), _(lead))


def _situation(view: ProgressView, hold: Hold | None) -> Screen:
    if view.state == "completed":
        return _completed(view)
    if view.state in ("aborted", "aborting"):
        return _failed(view)
    if view.state == "awaiting_payment":
        return _awaiting(view, hold)
    heading, lead = {
        "inventory_reserved": (_("Preparing your payment"), _("Your items are held for you.")),
        "payment_confirmed": (
            _("Creating your order"),
            _("Your bank said yes. We are finishing your order."),
        ),
    }.get(view.state, (_("Holding your items"), _("We are putting your items aside.")))
    return _waiting(view, heading, lead)


def _waiting(view: ProgressView, heading: str, lead: str) -> Screen:
    return Screen(view, heading, lead, waiting=True, patience=_patience(view))


def _completed(view: ProgressView) -> Screen:
    lead = _("Your order number is %(order)s.") % {"order": view.body["order"]}
    if view.body["money"]["status"] == "refunded":
        made = Screen(view, _("Your money was given back"), lead, tone="neutral")
    else:
        made = Screen(view, _("Thank you. Your order is placed."), lead, tone="good")
    made.action, made.action_label = "summary", _("See your receipt")
    made.alert = _gives_back(view)
    return made


def _gives_back(view: ProgressView) -> bool:
    return view.body["money"]["status"] in ("refunding", "refunded")


def _awaiting(view: ProgressView, hold: Hold | None) -> Screen:
    payment = view.body["payment"]
    if view.body["money"]["status"] in ("checking", "authorised"):
        lead = _("We are waiting for the answer of your bank. This page changes by itself.")
        return _waiting(view, _("Confirming your payment"), lead)
    if hold and hold.over:
        heading, lead = words.TIME_IS_OVER
        return _waiting(view, _(heading), _(lead))
    if payment["closed"]:
        return _closed(view, payment)
    amount = in_words(view.cart["total"], view.cart["currency"]) if view.cart else ""
    if payment["error"]:
        heading, why = _(words.decline_heading(payment["error"])), _why(payment["error"])
        made = Screen(view, heading, why, tone="bad")
        made.alert, made.action_label = True, _(words.next_try(payment["error"]))
    else:
        made = Screen(
            view, _("Ready to pay"), _("Your items are held. Nothing is ordered until you pay.")
        )
        made.action_label = _("Pay %(amount)s") % {"amount": amount}
    action = payment["action"]
    made.action, made.action_url = ("pay", action["url"]) if action else ("", "")
    return made


def _why(error: str) -> str:
    return " ".join(_(part) for part in words.decline(error))


def _closed(view: ProgressView, payment: Mapping[str, Any]) -> Screen:
    held = _("Your items are still held for you.")
    if payment["error"]:
        heading, why = _(words.decline_heading(payment["error"])), _why(payment["error"])
    else:  # nobody said no: the payment page was closed before anything was paid
        heading, why = _("Not paid yet"), _("The payment page was closed without a payment.")
    made = Screen(view, heading, f"{why} {held}", tone="bad", alert=True)
    if payment["attempt"] >= services().policy.max_generations:
        made.lead = f"{why} {_(words.NO_MORE_ATTEMPTS)}"
        return made
    made.action, made.action_label = "retry", _(words.next_try(payment["error"]))
    return made


def _failed(view: ProgressView) -> Screen:
    failure: Mapping[str, Any] = view.body["failure"] or {"code": "", "detail": {}}
    told = words.outcome(failure["code"])
    made = Screen(view, _(told.heading), _detailed(failure, _(told.lead)), tone="bad")
    made.tone = "neutral" if failure["code"].startswith("cancelled") else "bad"
    made.alert = _gives_back(view)
    if view.state == "aborting":
        made.waiting, made.patience = True, _patience(view)
        made.lead = _("We are giving everything back.")
        return made
    in_doubt = view.body["money"]["status"] == "checking"
    made.action, made.action_label = told.to, _(told.action)
    if in_doubt:  # nobody is led to pay again before we know
        made.action, made.action_label = "shop", _(words.BACK_TO_SHOP)
    urls = {"cart": ("CART_URL", "/cart/"), "shop": ("SHOP_URL", "/")}
    made.action_url = settings.CHECKOUT.get(*urls[made.action])
    return made


def _detailed(failure: Mapping[str, Any], lead: str) -> str:
    """The shop's own sentence names the item or the code; it comes first where there is one.

    Behind it, what it was and what it is now, where the shop said so.
    """
    speaking = ("out_of_stock", "coupon_invalid", "price_unavailable", "cart_changed")
    if failure["code"] not in speaking:
        return lead
    detail: Mapping[str, Any] = failure.get("detail") or {}
    said = sentence(failure["message"], detail) if failure.get("message") else ""
    amounts = {
        name: in_words(detail[name]["amount"], detail[name]["currency"])
        for name in ("old", "new")
        if isinstance(detail.get(name), Mapping)
    }
    changed = words.CHANGED.get(tuple(amounts), "")
    return " ".join(part for part in (said, _(changed) % amounts if changed else "", lead) if part)


def _patience(view: ProgressView) -> tuple[str, str]:
    """What is said after 10 and after 60 seconds without a change: no more than is known."""
    late = words.BANK_IS_LATE if view.state == "awaiting_payment" else words.WE_ARE_LATE
    mailed = "checkout_completed" in settings.CHECKOUT.get("MAILED_EVENTS", ())
    by_mail = mailed and _address_of(view)
    longer = words.WE_WILL_MAIL if by_mail else words.LONGER_THAN_USUAL
    return _(longer), _(late)


def _address_of(view: ProgressView) -> str:
    return str((view.cart or {}).get("buyer", {}).get("email", ""))


def _waiting_words(waited: float, patience: tuple[str, str]) -> str:
    """What is said now; a page with scripts says the rest by itself when the time has come."""
    if waited > words.LONG_SECONDS:
        return patience[1]
    return patience[0] if waited > words.SHORT_SECONDS else _(words.CHANGES_BY_ITSELF)


def _by_mail(view: ProgressView) -> str:
    """Whether a link by mail is offered: `tell` while nobody knows what became of the money."""
    address = (view.cart or {}).get("buyer", {}).get("email")
    if view.final or not address or not settings.CHECKOUT.get("MAILS_LINKS"):
        return ""
    if view.body["money"]["status"] == "checking":
        return "tell"
    return "send" if view.state == "awaiting_payment" else ""


def _hold(view: ProgressView) -> Hold | None:
    if not view.body["expires_at"]:
        return None
    until = datetime.fromisoformat(view.body["expires_at"])
    # The time of the answer as the database has it: the view says how long ago it was written.
    now = view.updated_at + timedelta(seconds=view.waited)
    seconds = math.ceil((until - now).total_seconds())
    left = _(words.LEFT).format(minutes=math.ceil(seconds / 60))
    may_extend = view.body["extensions"] < services().policy.max_extensions
    return Hold(until, seconds, left if seconds >= 60 else _(words.LAST_MINUTE), may_extend)
