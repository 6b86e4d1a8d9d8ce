"""The shopper's pages. A GET changes nothing; a POST stores a command and rings."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import Error as DatabaseTrouble
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checkout.adapters.inbound import limits, starting
from checkout.adapters.inbound.access import actor_of, authorised, owner_id_of, remember
from checkout.adapters.inbound.client_address import client_address
from checkout.adapters.inbound.problems import retry_after
from checkout.adapters.inbound.sentences import told
from checkout.adapters.inbound.web.fragment import (
    announcement,
    context_of,
    receipt_page,
    render_fragment,
)
from checkout.adapters.inbound.web.outage import unavailable
from checkout.adapters.inbound.web.screen import screen
from checkout.adapters.inbound.web.slow_down import slow_down, told_to_wait
from checkout.adapters.outbound.persistence.storage import is_outage
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused, StorageUnavailable, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

COMMANDS = ("abort", "retry", "extend", "confirm", "link")
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
        except (StorageUnavailable, DatabaseTrouble) as error:  # of the session, too
            if not is_outage(error):
                raise
            back = reverse("checkout:progress", args=[checkout_id])
            return unavailable(request, back, str(checkout_id))
        response["Cache-Control"] = "no-store"
        return response

    return guarded


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """ "Place order": start the checkout of a proven cart, or lead to the one it has."""
    cart = starting.canonical(request.POST.get("cart_id", ""))
    basket = settings.CHECKOUT.get("CART_URL", "/cart/")
    back = redirect(basket)
    if not services().prove_cart(request, cart, ""):
        messages.error(request, _("This basket is no longer here. Please look at it again."))
        return back
    owner_id_of(request.session, create=True)
    template = reverse("checkout:progress", args=[UUID(int=0)]).replace(str(UUID(int=0)), "{id}")
    return_url = request.build_absolute_uri("/").rstrip("/") + template + "?returned=1"
    try:
        address = client_address(request)
        started = starting.start(actor_of(request), cart, return_url, address=address)
    except Refused as no:
        if retry_after(no):
            return slow_down(request, no, basket)
        messages.error(request, told(no))
        return back
    except StorageUnavailable:
        text = _("We could not start your order. Please try again in a moment.")
        messages.error(request, text)
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
    asking = request.GET.get("cancel") == "1"
    live = request.GET.get("live") != "0" and not asking
    more = {"live": live, "returned": returned, "asking": asking}
    return render(request, "checkout/progress.html", {**context, **more})


@require_POST
@for_its_owner
def command(request: HttpRequest, checkout_id: CheckoutId, kind: str) -> HttpResponse:
    """Abort, retry, extend, confirm, or a link by mail: an inbox row and a bell."""
    actor = actor_of(request)
    try:
        order = Command(checkout_id, kind, actor.name, "", _shopper())
        limits.submit(order, actor, client_address(request))
    except Refused as no:
        return _refused(request, checkout_id, no)
    said = _("A mail with a link to this page is on its way to you.") if kind == "link" else ""
    if request.headers.get("HX-Request"):
        return _fragment(request, _view_of(checkout_id), said, "good")
    if said:
        messages.success(request, said)
    return redirect("checkout:progress", checkout_id)


def _refused(request: HttpRequest, checkout_id: CheckoutId, no: Refused) -> HttpResponse:
    if request.headers.get("HX-Request"):
        fragment = _fragment(request, _view_of(checkout_id), told(no))
        return told_to_wait(fragment, no) if retry_after(no) else fragment
    if retry_after(no):
        back = reverse("checkout:progress", args=[checkout_id])
        return slow_down(request, no, back, str(checkout_id))
    messages.warning(request, told(no))
    return redirect("checkout:progress", checkout_id)


@require_safe
@for_its_owner
def summary(request: HttpRequest, checkout_id: CheckoutId) -> HttpResponse:
    """The receipt of a finished checkout, to keep and to print; before that, the live page."""
    body = services().queries.summary(checkout_id)
    if body is None:
        return redirect("checkout:progress", checkout_id)
    context = receipt_page(screen(_view_of(checkout_id)), body)
    return render(request, "checkout/summary.html", context)


def _shopper() -> dict[str, bool]:
    """A logged-in shopper cancels as a shopper, whatever else the user may do."""
    return {"as_shopper": True}


def _view_of(checkout_id: CheckoutId) -> ProgressView:
    view = services().queries.progress(checkout_id)
    if view is None:
        raise UnknownCheckout(f"There is no checkout {checkout_id}.")
    return view


def _fragment(
    request: HttpRequest, view: ProgressView, said: str = "", tone: str = "warn"
) -> HttpResponse:
    html, shown = render_fragment(view, request)
    if said:
        shown.say, shown.alert = said, False
        notice = render_to_string("checkout/_notice.html", {"said": said, "tone": tone})
        html += notice + announcement(shown)
    return HttpResponse(html)
