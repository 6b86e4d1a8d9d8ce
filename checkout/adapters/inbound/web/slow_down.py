"""429 for people: what there was too much of, when to come back, and the way to where they were."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from checkout.adapters.inbound.problems import retry_after
from checkout.adapters.inbound.sentences import told
from checkout.domain.exceptions import Refused


def slow_down(
    request: HttpRequest, refusal: Refused, back: str, reference: str = ""
) -> HttpResponse:
    """A page with the sentence of the refusal, that leads back to `back`."""
    context = {"said": told(refusal), "back": back, "reference": reference}
    page = render(request, "checkout/slow_down.html", context)
    page["Cache-Control"] = "no-store"
    return told_to_wait(page, refusal)


def told_to_wait(response: HttpResponse, refusal: Refused) -> HttpResponse:
    """The same answer as a 429 with its Retry-After."""
    response.status_code = 429
    response["Retry-After"] = str(retry_after(refusal))
    return response
