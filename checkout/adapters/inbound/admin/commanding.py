"""The commands of staff: a confirmation page each, a reason, the version seen, and the inbox.

Nothing moves here. The command is judged, stored and rung for like every other one; the engine
applies it. What staff did is also kept in Django's own log, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http import HttpResponseRedirect as Redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from checkout.adapters.inbound.admin.forms import ForceForm, ReasonForm
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.application.port_call import Moment
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.use_cases import commands
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import Refused, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.checkout_saga import EDGES, UNDO

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

OPERATE, FORCE = "checkout.operate_checkout", "checkout.force_checkout"
FORCED = [edge.name for edge in EDGES.values() if edge.kind == "force"]
User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Order:
    """A command that staff may give: its kind, its words and the permission that it needs."""

    kind: str
    label: str
    permission: str
    means: str
    danger: bool = False


ORDERS = {
    order.kind: order
    for order in (
        Order("recheck", "Recheck with provider", OPERATE, "The provider is asked for the facts."),
        Order(
            "retry_now",
            "Retry now",
            OPERATE,
            "All pauses end: what had no answer is tried again at once, with the same keys.",
        ),
        Order(
            "abort",
            "Abort",
            OPERATE,
            "The payment is closed first. If money came meanwhile it is given back.",
            danger=True,
        ),
        Order(
            "force",
            "Force a transition",
            FORCE,
            "The edge is taken whatever the shopper is doing. No port call is skipped.",
            danger=True,
        ),
    )
}


def refusal(checkout: Checkout, kind: str) -> str:
    """Why this command cannot be given now; empty when it can."""
    if kind == "force":
        reasons = [commands.force_refusal(checkout, edge) for edge in FORCED]
        return reasons[0] if all(reasons) else ""
    try:
        commands.judge(checkout, kind, {}, Moment(services().policy, read_now()))
    except Refused as no:
        return no.message
    return ""


def buttons(checkout: Checkout, user: User) -> list[dict[str, Any]]:
    """The commands that this person may give: where, and why not now."""
    return [
        {
            "order": order,
            "url": reverse(f"admin:checkout_checkoutsession_{order.kind}", args=[checkout.id]),
            "refusal": refusal(checkout, order.kind),
        }
        for order in ORDERS.values()
        if may(user, order)
    ]


def may(user: User, order: Order) -> bool:
    """Whoever gives a command must also be allowed to see what it is given to."""
    known = cast(PermissionsMixin, user)
    return known.has_perms(["checkout.view_checkoutsession", order.permission])


def respond(
    page: ModelAdmin[Any], order: Order, request: HttpRequest, checkout_id: UUID
) -> HttpResponse:
    """GET: the confirmation page. POST: the command, then back to the detail; 409 when refused."""
    if not may(request.user, order):
        raise PermissionDenied
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    try:
        checkout = services().repository.load(CheckoutId(checkout_id))
    except UnknownCheckout as unknown:
        raise Http404(str(unknown)) from unknown
    form = _form(order, checkout, request)
    if request.method != "POST":
        return _page(page, order, request, checkout, form)
    if not form.is_valid():
        return _page(page, order, request, checkout, form, status=400)
    try:
        _submit(order, request, checkout, form.cleaned_data)
    except Refused as no:
        return _page(page, order, request, checkout, form, status=409, no=no)
    messages.success(request, f"{order.label}: accepted. The engine carries it out.")
    return Redirect(_detail(checkout))


def _form(order: Order, checkout: Checkout, request: HttpRequest) -> ReasonForm:
    data = request.POST if request.method == "POST" else None
    initial = {"expected_version": checkout.version}
    if order.kind == "force":
        return ForceForm(data, initial=initial, checkout=checkout)
    return ReasonForm(data, initial=initial)


def _submit(order: Order, request: HttpRequest, checkout: Checkout, said: dict[str, Any]) -> None:
    names = ("reason", "expected_version", "edge")
    payload = {name: said[name] for name in names if name in said}
    user_id = int(cast(User, request.user).pk or 0)
    actor = f"user:{user_id}"
    services().desk.submit(Command(checkout.id, order.kind, actor, payload=payload))
    LogEntry.objects.create(
        user_id=user_id,
        content_type_id=_content_type(),
        object_id=str(checkout.id),
        object_repr=str(checkout.id),
        action_flag=CHANGE,
        change_message=" ".join(
            filter(None, [f"{order.label}.", said.get("edge", ""), f"Reason: {said['reason']}"])
        ),
    )


def _content_type() -> int:
    from django.contrib.contenttypes.models import ContentType

    return int(ContentType.objects.get_by_natural_key("checkout", "checkoutsession").pk)


def _page(
    page: ModelAdmin[Any],
    order: Order,
    request: HttpRequest,
    checkout: Checkout,
    form: ReasonForm,
    status: int = 200,
    no: Refused | None = None,
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": f"{order.label}: checkout {str(checkout.id)[:8]}",
        "opts": page.opts,
        "media": page.media,
        "order": order,
        "checkout": checkout,
        "form": form,
        "refused": no,
        "moved": no is not None and no.code == "version_conflict",
        "refusal": refusal(checkout, order.kind),
        "undone": undone(checkout) if order.danger else [],
        "detail_url": _detail(checkout),
    }
    return TemplateResponse(request, "admin/checkout/command.html", context, status=status)


def _detail(checkout: Checkout) -> str:
    return reverse("admin:checkout_checkoutsession_change", args=[checkout.id])


def undone(checkout: Checkout) -> list[str]:
    """What would be undone if it ended now, in the order of the flow table read upwards."""
    begun = [e.call for e in checkout.effects.values() if e.standing and e.call in UNDO]
    return [UNDO[call] for call in reversed(list(dict.fromkeys(begun)))]
