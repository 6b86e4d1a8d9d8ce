"""A command of staff: what exactly, what it would lead to, why, and then the inbox.

Nothing moves here. The command is judged, stored and rung for like every other one; the engine
applies it. What staff did is also kept in Django's own log, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http import HttpResponseRedirect as Redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from checkout.adapters.inbound.admin import step_up
from checkout.adapters.inbound.admin.choosing import CHOICES, Choice, choice_of, reason_of
from checkout.adapters.inbound.admin.consequences import ASSUMED, Consequences, consequences
from checkout.adapters.inbound.admin.orders import Order, may, refusal, refused
from checkout.adapters.inbound.admin.staff_log import note, user_id_of
from checkout.adapters.inbound.admin.words import MONEY
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import Refused, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

METHODS = ["GET", "HEAD", "POST"]


class CommandPage:
    """One request for one command. GET without a choice asks for it, GET with it previews it."""

    def __init__(self, page: ModelAdmin[Any], order: Order, request: HttpRequest) -> None:
        self.page = page
        self.order = order
        self.request = request

    def respond(self, checkout: Checkout) -> HttpResponse:
        """The choice, the preview, or the command, then back to the detail; 409 when refused."""
        if self.request.method == "POST":
            return self._given(checkout)
        chosen = self.request.GET if self.order.kind in CHOICES and self.request.GET else None
        choice = choice_of(self.order, checkout, {} if self._nothing_to_choose else chosen)
        if not choice.is_bound:
            return self._shown(checkout, choice)
        return self._shown(checkout, choice, status=200 if choice.is_valid() else 400)

    @property
    def _nothing_to_choose(self) -> bool:
        return self.order.kind not in ("force", "refund")

    def _given(self, checkout: Checkout) -> HttpResponse:
        if self.order.careful and not step_up.is_fresh(self.request):
            return step_up.ask(self.request)
        said = self.request.POST
        choice, reason = (
            choice_of(self.order, checkout, said),
            reason_of(self.order, checkout, said),
        )
        if not choice.is_valid() or not reason.is_valid():
            return self._shown(checkout, choice, reason, status=400)
        payload = {**choice.payload, **reason.cleaned_data}
        payload.pop("typed", None)
        try:
            self._submit(checkout, payload)
        except Refused as no:
            return self._shown(checkout, choice, reason, status=409, no=no)
        text = f"{self.order.label}: accepted. The engine carries it out."
        messages.success(self.request, text)
        return Redirect(detail_of(checkout))

    def _submit(self, checkout: Checkout, payload: dict[str, Any]) -> None:
        actor = f"user:{user_id_of(self.request)}"
        order = Command(checkout.id, self.order.kind, actor, payload=payload)
        chosen = [f"{k}: {payload[k]}." for k in ("edge", "amount") if k in payload]
        text = " ".join([f"{self.order.label}.", *chosen, f"Reason: {payload['reason']}"])
        buyer = checkout.snapshot.buyer if checkout.snapshot else {}
        with transaction.atomic():  # there is never one without the other
            services().desk.submit(order)
            mail = buyer.get("email") or ""
            note(self.request, CheckoutSession, checkout.id, text, mail=mail)

    def _shown(
        self,
        checkout: Checkout,
        choice: Choice,
        reason: Any = None,
        status: int = 200,
        no: Refused | None = None,
    ) -> HttpResponse:
        chosen = choice.is_bound and choice.is_valid()
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": f"{self.order.label}: checkout {str(checkout.id)[:8]}",
            "opts": self.page.opts,
            "media": self.page.media,
            "order": self.order,
            "state": str(checkout.state),
            "version": checkout.version,
            "id": str(checkout.id),
            "choice": choice,
            "chosen": chosen,
            "form": reason or reason_of(self.order, checkout, None),
            "refused": no,
            "moved": no is not None and no.code == "version_conflict",
            "refusal": self._refusal(checkout, choice if chosen else None),
            "assumed": ASSUMED,
            "detail_url": detail_of(checkout),
        }
        context["outlook"] = self._outlook(checkout, choice) if chosen else None  # uses it up
        return TemplateResponse(self.request, "admin/checkout/command.html", context, status=status)

    def _refusal(self, checkout: Checkout, choice: Choice | None) -> str:
        general = refusal(checkout, self.order.kind)
        if general or choice is None:
            return general
        return refused(checkout, self.order.kind, {"reason": "?", **choice.payload})

    def _outlook(self, checkout: Checkout, choice: Choice) -> Consequences | None:
        if self.order.quiet:
            return None
        actor = f"user:{user_id_of(self.request)}"
        said = services().rehearsal.rehearse(checkout, self.order.kind, actor, choice.payload)
        return consequences(said, lambda status: MONEY.get(status, status))


def respond(
    page: ModelAdmin[Any], order: Order, request: HttpRequest, checkout_id: UUID
) -> HttpResponse:
    """The one way in to a command: permission, method, checkout, then its page."""
    if not may(request.user, order):
        raise PermissionDenied
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    try:
        checkout = services().repository.load(CheckoutId(checkout_id))
    except UnknownCheckout as unknown:
        raise Http404(str(unknown)) from unknown
    return CommandPage(page, order, request).respond(checkout)


def detail_of(checkout: Checkout) -> str:
    """Where a checkout is looked at."""
    return reverse("admin:checkout_checkoutsession_change", args=[checkout.id])
