"""What the progress page shows, made from the read model alone. Chooses words, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from checkout.adapters.inbound.web import words
from checkout.adapters.inbound.web.amounts import in_words
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.bootstrap import services

# The four words of the shopper over the steps of the flow table.
GROUPS = (
    (gettext_noop("Holding your items"), ("freeze_cart", "reserve_inventory")),
    (gettext_noop("Taking payment"), ("initiate_payment", "await_payment_result")),
    (gettext_noop("Creating your order"), ("finalize_order",)),
)


@dataclass(frozen=True)
class ShownStep:
    """One of the four steps: its name, status and the words for the status."""

    name: str
    status: str
    words: str
    current: bool


@dataclass
class Screen:
    """Everything the template needs. `action` is `pay`, `retry`, `cart`, `shop`, `summary` or empty.

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
    since: str = ""
    steps: list[ShownStep] = field(default_factory=list)
    number: int = 1
    money: dict[str, str] = field(default_factory=dict)
    may_cancel: bool = False
    too_late: bool = False
    expires_at: datetime | None = None
    may_extend: bool = False
    say: str = ""
    alert: bool = False

    @property
    def title(self) -> str:
        """The title of the page: it changes with the situation."""
        if self.view.final:
            return self.heading
        return f"{self.heading} ({_('step')} {self.number} {_('of')} 4)"


def screen(view: ProgressView, returned: bool = False) -> Screen:
    """The screen of a checkout as it was committed.

    `returned`: the shopper has just come back from the payment page, and we are asking what
    happened there; until we know, nobody is told to pay.
    """
    made = _situation(view)
    if returned and made.action == "pay" and not made.tone:
        _ask(made)
    made.steps = _steps(view, made.action)
    running = [n for n, step in enumerate(made.steps, start=1) if step.current]
    made.number = running[0] if running else 4
    made.money = _money(view.body["money"])
    made.expires_at = _when(view.body["expires_at"])
    if made.expires_at:
        made.may_extend = view.body["extensions"] < services().policy.max_extensions
    made.may_cancel = view.state in (
        "started",
        "cart_frozen",
        "inventory_reserved",
        "awaiting_payment",
    )
    made.too_late = view.state == "payment_confirmed"
    made.since = next((s["started_at"] for s in view.body["steps"] if s["status"] == "running"), "")
    heading = made.heading.rstrip(".")
    made.say = f"{heading}. {made.money['bold']} {_('Step')} {made.number} {_('of')} 4."
    return made


def _ask(made: Screen) -> None:
    made.heading = _("Confirming your payment")
    made.lead = _("We are asking the payment service. If you paid, do not pay again.")
    made.action_label, made.quiet = _("I have not paid yet: back to the payment page"), True


def _situation(view: ProgressView) -> Screen:
    if view.state == "completed":
        lead = _("Your order number is %(order)s.") % {"order": view.body["order"]}
        made = Screen(view, _("Thank you. Your order is placed."), lead, tone="good")
        made.action, made.action_label = "summary", _("See your receipt")
        return made
    if view.state in ("aborted", "aborting"):
        return _failed(view)
    if view.state == "awaiting_payment":
        return _awaiting(view)
    heading, lead = {
        "inventory_reserved": (_("Preparing your payment"), _("Your items are held for you.")),
        "payment_confirmed": (
            _("Creating your order"),
            _("Your bank said yes. We are finishing your order."),
        ),
    }.get(view.state, (_("Holding your items"), _("We are putting your items aside.")))
    return Screen(view, heading, lead, waiting=True, patience=_patience(view.state))


def _awaiting(view: ProgressView) -> Screen:
    payment = view.body["payment"]
    if view.body["money"]["status"] in ("checking", "authorised"):
        lead = _("We are waiting for the answer of your bank. This page changes by itself.")
        heading = _("Confirming your payment")
        return Screen(view, heading, lead, waiting=True, patience=_patience(view.state))
    if payment["closed"]:
        return _closed(view, payment)
    amount = in_words(view.cart["total"], view.cart["currency"]) if view.cart else ""
    if payment["error"]:
        made = Screen(view, _("Payment declined"), _(words.decline(payment["error"])), tone="bad")
        made.alert, made.action_label = True, _("Try another card")
    else:
        made = Screen(
            view, _("Ready to pay"), _("Your items are held. Nothing is ordered until you pay.")
        )
        made.action_label = _("Pay %(amount)s") % {"amount": amount}
    action = payment["action"]
    made.action, made.action_url = ("pay", action["url"]) if action else ("", "")
    return made


def _closed(view: ProgressView, payment: Mapping[str, Any]) -> Screen:
    held = _("Your items are still held for you.")
    if payment["error"]:
        heading, why = _("Payment declined"), _(words.decline(payment["error"]))
    else:  # nobody said no: the payment page was closed before anything was paid
        heading, why = _("Not paid yet"), _("The payment page was closed without a payment.")
    made = Screen(view, heading, f"{why} {held}", tone="bad", alert=True)
    if payment["attempt"] >= services().policy.max_generations:
        made.lead = f"{why} {_(words.NO_MORE_ATTEMPTS)}"
        return made
    made.action, made.action_label = "retry", _("Try another card")
    return made


def _failed(view: ProgressView) -> Screen:
    failure: Mapping[str, Any] = view.body["failure"] or {"code": "", "detail": {}}
    told = words.outcome(failure["code"])
    made = Screen(view, _(told.heading), _detailed(failure, _(told.lead)), tone="bad")
    made.tone = "neutral" if failure["code"].startswith("cancelled") else "bad"
    made.alert = view.body["money"]["status"] in ("refunding", "refunded")
    if view.state == "aborting":
        made.waiting, made.patience = True, _patience(view.state)
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
    """The shop's own sentence names the item or the code; it comes first where there is one."""
    speaking = ("out_of_stock", "coupon_invalid", "price_unavailable", "cart_changed")
    said = failure.get("message", "") if failure["code"] in speaking else ""
    return f"{said} {lead}".strip()


def _patience(state: str) -> tuple[str, str]:
    """What is said after 10 and after 60 seconds of waiting (ux.md, feature 2)."""
    after_60 = _("This takes unusually long. We go on by ourselves, and nothing is lost.")
    if state == "awaiting_payment":
        after_60 = _("Your bank has not answered yet. Please do not pay again.")
    return _("Still working. You can leave this page: we go on without it."), after_60


def _steps(view: ProgressView, action: str) -> list[ShownStep]:
    by_name = {step["step"]: step["status"] for step in view.body["steps"]}
    statuses = [_merged([by_name[name] for name in names]) for _name, names in GROUPS]
    statuses.append("done" if view.state == "completed" else "pending")
    current = _current(view, statuses)
    names = [_(name) for name, _names in GROUPS] + [_("Done")]
    said = [_(_step_words(view, status, action)) for status in statuses[:-1]]
    said.append(_("Your order is placed") if view.state == "completed" else _("Not begun"))
    return [
        ShownStep(*shown, number == current)
        for number, shown in enumerate(zip(names, statuses, said, strict=True))
    ]


def _step_words(view: ProgressView, status: str, action: str) -> str:
    if status == "running" and action in ("pay", "retry"):
        return words.WAITING_FOR_YOU
    code = (view.body["failure"] or {}).get("code", "")
    if status == "failed" and code.startswith("cancelled"):
        return words.STOPPED
    return words.STEP_WORDS[status]


def _merged(statuses: list[str]) -> str:
    for status in ("failed", "running"):
        if status in statuses:
            return status
    if len(set(statuses)) == 1:
        return statuses[0]
    return "running" if "pending" in statuses else "undone"


def _current(view: ProgressView, statuses: list[str]) -> int:
    for status in ("running", "failed"):
        if status in statuses:
            return statuses.index(status)
    return len(statuses) - 1 if view.state == "completed" else 0


def _money(money: Mapping[str, Any]) -> dict[str, str]:
    kind, bold, rest = words.MONEY[money["status"]]
    amount = {"amount": in_words(money["amount"], money["currency"])}
    return {"kind": kind, "bold": _(bold) % amount, "rest": _(rest) if rest else ""}


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
