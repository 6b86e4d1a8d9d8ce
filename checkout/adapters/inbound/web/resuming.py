"""From a link of a mail back to a checkout, on any device.

GET shows a page with a button and changes nothing: mail scanners open links, too. POST uses the
link up and puts the checkout into this browser's session. The link travels as a query and in a
form, never in a path, so that it is in no line of the log and in no Referer.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from checkout.adapters.inbound import limits
from checkout.adapters.inbound.access import actor_of, admit, may_see
from checkout.adapters.inbound.client_address import client_address
from checkout.adapters.inbound.problems import retry_after
from checkout.adapters.inbound.web.slow_down import slow_down
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.application.ports.outbound.checkout_queries_port import Ownership
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.domain.value_objects.resume_link import ResumeLink

FIELD = "link"
STATUS = {"good": 200, "used": 410, "expired": 410, "unknown": 404, "sent": 200, "no_mail": 200}


@dataclass(frozen=True, slots=True)
class Given:
    """A link as it came: its text, and of one that we have signed the checkout and its owner."""

    text: str
    link: ResumeLink | None = None
    owner: Ownership | None = None

    @property
    def checkout_id(self) -> CheckoutId | None:
        """Where it leads, for a link of ours to a checkout that is still there."""
        return self.link.checkout_id if self.link and self.owner else None

    def situation(self) -> str:
        """`good`, `used`, `expired`, or `unknown` for whatever we did not sign."""
        if self.link is None or self.owner is None:
            return "unknown"
        if services().links.is_used(hashed(self.text)):
            return "used"
        ends = self.link.valid_until(limits.said("LINK_LIFETIME"))
        return "expired" if ends <= read_now() else "good"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def resume(request: HttpRequest) -> HttpResponse:
    """The landing page of a link, and what its button does."""
    posted = request.method == "POST"
    given = _given((request.POST if posted else request.GET).get(FIELD, ""))
    if given.owner is not None and may_see(actor_of(request), given.owner):
        return _private(redirect("checkout:progress", given.checkout_id))
    situation = given.situation()
    if not posted or situation != "good":
        return _page(request, given, situation)
    if given.owner is None or not services().links.use(hashed(given.text)):
        return _page(request, given, "used")
    request.session.cycle_key()  # whoever knew the session before must not get the checkout with it
    admit(request.session, given.owner.token_hash)
    return _private(redirect("checkout:progress", given.checkout_id))


@require_POST
@never_cache
def again(request: HttpRequest) -> HttpResponse:
    """A new link for the holder of an old one: it goes to the address of the order, never here."""
    given = _given(request.POST.get(FIELD, ""))
    if given.checkout_id is None:
        return _page(request, given, "unknown")
    try:
        asker, address = actor_of(request), client_address(request)
        limits.ask_for_link(given.checkout_id, asker, address, hashed(given.text))
    except Refused as no:
        if retry_after(no):
            return _private(slow_down(request, no, settings.CHECKOUT.get("SHOP_URL", "/")))
        return _page(request, given, "no_mail")
    return _page(request, given, "sent")


def _given(text: str) -> Given:
    """The link of this text, and whose checkout it is; neither when we have not signed it."""
    secrets = [str(known) for known in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    try:
        link = ResumeLink.read(text, secrets)
    except ValueError:
        return Given(text)
    return Given(text, link, services().queries.ownership(link.checkout_id))


def _page(request: HttpRequest, given: Given, situation: str) -> HttpResponse:
    known = given.text if situation in ("good", "used", "expired") else ""
    context = {"situation": situation, "link": known, "mails": settings.CHECKOUT.get("MAILS_LINKS")}
    page = render(request, "checkout/resume.html", context, status=STATUS[situation])
    return _private(page)


def _private(response: HttpResponse) -> HttpResponse:
    """Kept by nobody, and nobody is told the address of this page.

    A Referer of our origin alone still satisfies the CSRF check; with none, browsers say that a
    form comes from nowhere, and it would be refused.
    """
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "strict-origin"
    return response
