"""The commands that staff may give: their words, their permissions, and why not now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.urls import reverse

from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.application.port_call import Moment
from checkout.application.use_cases import commands, settle_money
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import Refused
from checkout.sagas.checkout_saga import EDGES

VIEW = "checkout.view_checkoutsession"
OPERATE, FORCE = "checkout.operate_checkout", "checkout.force_checkout"
FORCED = [edge for edge in EDGES.values() if edge.kind == "force"]
User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Order:
    """A command: its kind, its words and the permission that it needs.

    `careful` asks for the password again when the login is older than a setting; `quiet` leads to
    nothing but a row of the history, so that there is nothing to preview.
    """

    kind: str
    label: str
    permission: str
    means: str
    danger: bool = False
    careful: bool = False
    quiet: bool = False


# fmt: off
ORDERS = {order.kind: order for order in (
    Order("recheck", "Recheck with provider", OPERATE, "The provider is asked for the facts."),
    Order("retry_now", "Retry now", OPERATE,
          "All pauses end: what had no answer is tried again at once, with the same keys."),
    Order("extend", "Extend the hold", OPERATE,
          "Stock and time to pay are held on by one extension, whatever the shopper used up."),
    Order("hold", "Hold", OPERATE,
          "Nothing is done any more until it is resumed. What arrives meanwhile is kept. Stock may"
          " lapse; it is taken again, or refused, before there is an order."),
    Order("resume", "Resume", OPERATE, "It goes on; the provider is asked first."),
    Order("annotate", "Leave a note", OPERATE, "The note stands in the history, for good.",
          quiet=True),
    Order("refund", "Refund", OPERATE,
          "The order stands. What is given back is no longer due, and is asked back until the"
          " provider confirms it.", danger=True, careful=True),
    Order("abort", "Abort", OPERATE,
          "The payment is closed first. If money came meanwhile it is given back.", danger=True),
    Order("force", "Force a transition", FORCE,
          "The edge is taken whatever the shopper is doing. No port call is skipped.",
          danger=True, careful=True),
)}
# fmt: on


def may(user: User, order: Order) -> bool:
    """Whoever gives a command must also be allowed to see what it is given to."""
    return cast(PermissionsMixin, user).has_perms([VIEW, order.permission])


def refusal(checkout: Checkout, kind: str) -> str:
    """Why this command cannot be given now, whatever is chosen with it; empty when it can."""
    choices: list[dict[str, Any]] = [{"edge": edge.name} for edge in FORCED]
    if kind != "force":
        most = settle_money.refundable(checkout)
        choices = [{"reason": "?", "unlimited": True, "amount": most}]
    said = [refused(checkout, kind, payload) for payload in choices]
    return said[0] if all(said) else ""


def refused(checkout: Checkout, kind: str, payload: dict[str, Any]) -> str:
    """Why the command cannot be given with this choice; empty when it can."""
    try:
        commands.judge(checkout, kind, payload, Moment(services().policy, read_now()))
    except Refused as no:
        return no.message
    return ""


def buttons(checkout: Checkout, user: User) -> list[dict[str, Any]]:
    """The commands that this person may give: where, and why not now."""
    return [
        {"order": order, "url": address(checkout, order), "refusal": refusal(checkout, order.kind)}
        for order in ORDERS.values()
        if may(user, order)
    ]


def address(checkout: Checkout, order: Order) -> str:
    """Where a command is chosen, previewed and given."""
    return reverse(f"admin:checkout_checkoutsession_{order.kind}", args=[checkout.id])
