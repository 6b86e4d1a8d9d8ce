"""The four words of the shopper over the steps of the flow table, and how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from checkout.adapters.inbound.web import words
from checkout.application.ports.outbound.checkout_queries_port import ProgressView

SHOWN_KEPT = 256
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


def steps(view: ProgressView, waits_for_shopper: bool) -> tuple[ShownStep, ...]:
    """The four steps of a checkout, exactly one of which is the current one."""
    by_name = {step["step"]: step["status"] for step in view.body["steps"]}
    statuses = tuple(tuple(by_name[name] for name in names) for _name, names in GROUPS)
    code = (view.body["failure"] or {}).get("code", "")
    running = _running(waits_for_shopper, view.waited)
    return _shown(statuses, running, code, view.state == "completed", get_language())


@lru_cache(SHOWN_KEPT)
def _shown(
    of_groups: Sequence[Sequence[str]],
    running: str,
    code: str,
    completed: bool,
    _language: str | None,
) -> tuple[ShownStep, ...]:
    """Made once for all that are alike: most shoppers of a language."""
    statuses = [*map(_merged, of_groups), "done" if completed else "pending"]
    current = _current(statuses, completed)
    names = [_(name) for name, _names in GROUPS] + [_("Done")]
    said = [_(_step_words(status, running, code)) for status in statuses[:-1]]
    said.append(_("Your order is placed") if completed else _("Not begun"))
    return tuple(
        ShownStep(*shown, number == current)
        for number, shown in enumerate(zip(names, statuses, said, strict=True))
    )


def number_of(shown: Sequence[ShownStep]) -> int:
    """Which of the four is the current one, counted from one."""
    return next((n for n, step in enumerate(shown, start=1) if step.current), len(shown))


def _running(waits_for_shopper: bool, waited: float) -> str:
    if waits_for_shopper:
        return words.WAITING_FOR_YOU
    return words.NOT_DONE_YET if waited > words.SHORT_SECONDS else words.STEP_WORDS["running"]


def _step_words(status: str, running: str, code: str) -> str:
    if status == "running":
        return running
    if status == "failed" and code.startswith("cancelled"):
        return words.STOPPED
    return words.STEP_WORDS[status]


def _merged(statuses: Sequence[str]) -> str:
    for status in ("failed", "running"):
        if status in statuses:
            return status
    if len(set(statuses)) == 1:
        return statuses[0]
    return "running" if "pending" in statuses else "undone"


def _current(statuses: Sequence[str], completed: bool) -> int:
    for status in ("running", "failed"):
        if status in statuses:
            return statuses.index(status)
    return len(statuses) - 1 if completed else 0
