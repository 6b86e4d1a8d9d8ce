"""The four words of the shopper over the steps of the flow table, and how far each of them is."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from checkout.adapters.inbound.web import words
from checkout.application.ports.outbound.checkout_queries_port import ProgressView

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


def steps(view: ProgressView, waits_for_shopper: bool) -> list[ShownStep]:
    """The four steps of a checkout, exactly one of which is the current one."""
    by_name = {step["step"]: step["status"] for step in view.body["steps"]}
    statuses = [_merged([by_name[name] for name in names]) for _name, names in GROUPS]
    statuses.append("done" if view.state == "completed" else "pending")
    current = _current(view, statuses)
    names = [_(name) for name, _names in GROUPS] + [_("Done")]
    said = [_(_step_words(view, status, waits_for_shopper)) for status in statuses[:-1]]
    said.append(_("Your order is placed") if view.state == "completed" else _("Not begun"))
    return [
        ShownStep(*shown, number == current)
        for number, shown in enumerate(zip(names, statuses, said, strict=True))
    ]


def number_of(shown: list[ShownStep]) -> int:
    """Which of the four is the current one, counted from one."""
    return next((n for n, step in enumerate(shown, start=1) if step.current), len(shown))


def _step_words(view: ProgressView, status: str, waits_for_shopper: bool) -> str:
    if status == "running" and waits_for_shopper:
        return words.WAITING_FOR_YOU
    if status == "running" and view.waited > words.SHORT_SECONDS:
        return words.NOT_DONE_YET
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
