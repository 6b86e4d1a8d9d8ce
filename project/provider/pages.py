"""The hosted page: where the shopper pays. Plain forms; no cookie, no script, no CSRF token.

There is nothing to forge: who knows the address of a payment may pay it.
"""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from project.provider import outcomes
from project.provider.deliveries import ring
from project.provider.errors import ApiError, NotPossible
from project.provider.models import Payment
from project.provider.outcomes import CARDS, OUTCOMES, Choice, Played
from project.provider.presentation import page_headers, shown
from project.provider.reading import seconds_from
from project.provider.webhooks import send_now

Stage = Payment.Stage
ANSWERS = ("ok", "fail")


class SeeOther(HttpResponseRedirect):
    """Go there with a GET, whatever was sent here."""

    status_code = 303


@csrf_exempt
@transaction.non_atomic_requests
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Show the payment; a POST of the field `outcome`, or of a test `card`, lets it happen."""
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        return _unknown(request)
    if request.method == "POST":
        answer = _chosen(request, payment)
    elif payment.stage == Stage.CHALLENGE:
        answer = SeeOther(_address("challenge", payment))
    elif payment.stage == Stage.OPEN:
        answer = _page(request, payment, "pay")
    else:
        answer = _page(request, payment, "state")
    return page_headers(answer, payment)


@csrf_exempt
@transaction.non_atomic_requests
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest, payment_id: str) -> HttpResponse:
    """The bank's 3-D Secure question; a POST of the field `answer` (ok or fail) answers it."""
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        return _unknown(request)
    if request.method == "POST":
        answer = _answered(request, payment)
    elif payment.stage == Stage.CHALLENGE:
        answer = _page(request, payment, "challenge")
    else:
        answer = SeeOther(_address("pay", payment))
    return page_headers(answer, payment)


def _chosen(request: HttpRequest, payment: Payment) -> HttpResponse:
    """Play what the shopper chose; 400 for an unknown outcome, 409 when it is too late for one."""
    try:
        choice = _choice(request.POST)
        played = outcomes.play(payment.pk, choice)
    except ApiError as wrong:
        return _page(request, payment, "wrong", 400, message=wrong.message)
    except NotPossible:
        return _too_late(request, payment)
    return _go_on(payment, played)


def _answered(request: HttpRequest, payment: Payment) -> HttpResponse:
    """End the challenge; 400 for another answer, 409 when there is no challenge."""
    answer = request.POST.get("answer", "")
    if answer not in ANSWERS:
        said = f"Unknown answer {answer[:40]!r}. Known answers: {', '.join(ANSWERS)}."
        return _page(request, payment, "wrong", 400, message=said)
    try:
        played = outcomes.answer_challenge(payment.pk, passed=answer == "ok")
    except NotPossible:
        return _too_late(request, payment)
    return _go_on(payment, played)


def _choice(form: QueryDict) -> Choice:
    """What the form asks for. Raises ApiError 400."""
    name, token = form.get("outcome", "").strip(), form.get("card", "")
    waiting = form.get("late_seconds") or form.get("delay") or ""
    seconds = seconds_from(waiting, "delay") if waiting else None
    if not name and token in CARDS:
        return CARDS[token].choice
    if name not in OUTCOMES:
        said = f"Unknown outcome {name[:40]!r}. Known outcomes: {', '.join(OUTCOMES)}."
        raise ApiError(400, "unknown_outcome", said)
    return Choice(name, seconds=seconds)


def _go_on(payment: Payment, played: Played) -> HttpResponse:
    """After the commit: wake the loop, send what must arrive first, send the shopper on."""
    ring()
    send_now(played.send_first)
    if played.goes == "shop":
        return SeeOther(payment.return_url)
    return SeeOther(_address("challenge" if played.goes == "challenge" else "pay", payment))


def _too_late(request: HttpRequest, payment: Payment) -> HttpResponse:
    """Say what the payment is now, and that this click changed nothing."""
    payment.refresh_from_db()
    return _page(request, payment, "state", 409)


def _page(
    request: HttpRequest, payment: Payment, name: str, status: int = 200, message: str = ""
) -> HttpResponse:
    context = {
        **shown(payment),
        "cards": CARDS.values(),
        "groups": _groups(),
        "message": message,
        "clicked_too_late": status == 409,
    }
    return render(request, f"provider/{name}.html", context, status=status)


def _groups() -> dict[str, dict[str, outcomes.Outcome]]:
    """The outcomes of the buttons by group, in the order of the table."""
    return {
        group: {name: row for name, row in OUTCOMES.items() if row.group == group}
        for group in ("decline", "more")
    }


def _address(view: str, payment: Payment) -> str:
    return reverse(f"provider:{view}", args=[payment.pk])


def _unknown(request: HttpRequest) -> HttpResponse:
    return page_headers(render(request, "provider/unknown.html", status=404), None)
