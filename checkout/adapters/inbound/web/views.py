"""The shopper's pages. A GET changes nothing; a POST stores a command and rings."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checkout.adapters.inbound import starting
from checkout.adapters.inbound.access import actor_of, authorised, owner_id_of, remember
from checkout.adapters.inbound.web.fragment import (
    address,
    announcement,
    context_of,
    receipt,
    render_fragment,
)
from checkout.adapters.inbound.web.screen import screen
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused, StorageUnavailable, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

COMMANDS = ("abort", "retry", "extend", "confirm")
View = Callable[..., HttpResponse]


def for_its_owner(view: View) -> View:
    """The checkout's owner gets in; everybody else gets the same 404 before anything is looked at."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, checkout_id: UUID, **more: Any) -> HttpResponse:
        try:
            found = authorised(actor_of(request), str(checkout_id))
            response = view(request, found, **more)
        except UnknownCheckout as unknown:
            raise Http404("There is no such checkout.") from unknown
        except StorageUnavailable:
            return render(request, "checkout/unavailable.html", status=503)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """ "Place order": start the checkout of a proven cart, or lead to the one it has."""
    cart = starting.canonical(request.POST.get("cart_id", ""))
    back = redirect(settings.CHECKOUT.get("CART_URL", "/cart/"))
    if not services().prove_cart(request, cart, ""):
        messages.error(request, "This basket is no longer here. Please look at it again.")
        return back
    owner_id_of(request.session, create=True)
    template = reverse("checkout:progress", args=[UUID(int=0)]).replace(str(UUID(int=0)), "{id}")
    return_url = request.build_absolute_uri("/").rstrip("/") + template + "?returned=1"
    try:
        started = starting.start(actor_of(request), cart, return_url)
    except Refused as no:
        messages.error(request, no.message)
        return back
    except StorageUnavailable:
        messages.error(request, "We could not start your order. Please try again in a moment.")
        return back
    remember(request.session, started.token)
    return redirect("checkout:progress", started.id)


@require_safe
@for_its_owner
def progress(request: HttpRequest, checkout_id: CheckoutId) -> HttpResponse:
    """The live page; to htmx only its fragment."""
    view = _view_of(checkout_id)
    if request.headers.get("HX-Request"):
        return _fragment(request, view)
    returned = "returned" in request.GET and view.state == "awaiting_payment"
    context = context_of(screen(view, returned))
    live = request.GET.get("live") != "0"
    return render(
        request, "checkout/progress.html", {**context, "live": live, "returned": returned}
    )


@require_POST
@for_its_owner
def command(request: HttpRequest, checkout_id: CheckoutId, kind: str) -> HttpResponse:
    """Abort, retry, extend or confirm: an inbox row and a bell."""
    said = ""
    try:
        services().desk.submit(Command(checkout_id, kind, actor_of(request).name, "", _shopper()))
    except Refused as no:
        said = no.message
    if request.headers.get("HX-Request"):
        return _fragment(request, _view_of(checkout_id), said)
    if said:
        messages.warning(request, said)
    return redirect("checkout:progress", checkout_id)


@require_safe
@for_its_owner
def summary(request: HttpRequest, checkout_id: CheckoutId) -> HttpResponse:
    """The receipt of a finished checkout, to keep and to print; before that, the live page."""
    body = services().queries.summary(checkout_id)
    if body is None:
        return redirect("checkout:progress", checkout_id)
    cart = body if body["lines"] else None
    shown = context_of(screen(_view_of(checkout_id)))
    context = {**shown, "summary": body, "address": address(body["delivery"])}
    return render(request, "checkout/summary.html", {**context, "receipt": receipt(cart)})


def _shopper() -> dict[str, bool]:
    """A logged-in shopper cancels as a shopper, whatever else the user may do."""
    return {"as_shopper": True}


def _view_of(checkout_id: CheckoutId) -> ProgressView:
    view = services().queries.progress(checkout_id)
    if view is None:
        raise UnknownCheckout(f"There is no checkout {checkout_id}.")
    return view


def _fragment(request: HttpRequest, view: ProgressView, said: str = "") -> HttpResponse:
    html, shown = render_fragment(view, request)
    if said:
        shown.say, shown.alert = said, False
        html += render_to_string("checkout/_refused.html", {"said": said}) + announcement(shown)
    return HttpResponse(html)
