"""Who is about to move money or force an edge says the password again, unless it was just said."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import site
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

SAID_AT = "checkout_password_said_at"  # in the session: seconds since the epoch
STEP_UP_AFTER = 900  # seconds; CHECKOUT["STEP_UP_AFTER"]
NAME = "checkout_checkoutsession_step_up"


@receiver(user_logged_in, dispatch_uid="checkout_step_up")
def _logged_in(sender: object, request: HttpRequest | None, **_: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[SAID_AT] = timezone.now().timestamp()


def is_fresh(request: HttpRequest) -> bool:
    """Whether the password was said lately enough."""
    limit = settings.CHECKOUT.get("STEP_UP_AFTER", STEP_UP_AFTER)
    age = timezone.now().timestamp() - float(request.session.get(SAID_AT, 0))
    return 0 <= age <= limit


def ask(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password, and from there back to this one."""
    where = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse(f'admin:{NAME}')}?{where}")


def respond(request: HttpRequest) -> HttpResponse:
    """GET: the question. POST: the password, judged as at the login; then back."""
    after = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(after, None):
        after = reverse("admin:index")
    form = AdminAuthenticationForm(request, data=_said(request))
    status = 200
    if request.method == "POST":
        if form.is_valid() and form.get_user() == request.user:
            request.session[SAID_AT] = timezone.now().timestamp()
            return HttpResponseRedirect(after)
        status = 400
    context = {
        **site.each_context(request),
        "title": "Is it you?",
        "wrong": status == 400,
        "next": after,
    }
    return TemplateResponse(request, "admin/checkout/step_up.html", context, status=status)


def _said(request: HttpRequest) -> dict[str, str]:
    name: str = getattr(request.user, "get_username", str)()
    return {"username": name, "password": request.POST.get("password", "")}
