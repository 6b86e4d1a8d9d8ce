"""When our database does not answer: 503 and a sentence, wherever in a request it was noticed.

A host names `server_error` as its `handler500`, since sessions and its own pages meet the outage too.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views import defaults

from checkout.adapters.inbound.problems import RETRY_SECONDS, problem_of, problem_response
from checkout.adapters.outbound.persistence.storage import is_outage
from checkout.domain.exceptions import StorageUnavailable


def unavailable(request: HttpRequest, back: str = "", reference: str = "") -> HttpResponse:
    """A page for people that looks again by itself: at `back`, or at itself if it was only shown.

    With `live=0` it waits to be told, as the live page does: who reads slowly is not interrupted.
    """
    shown = request.get_full_path() if request.method == "GET" else ""
    context = {
        "again": back or _live(shown, True),
        "stopped": _live(back or shown, False),
        "live": request.GET.get("live") != "0",
        "reference": reference,
    }
    page = render(request, "checkout/unavailable.html", context, status=503)
    page["Retry-After"], page["Cache-Control"] = str(RETRY_SECONDS), "no-store"
    return page


def _live(address: str, on: bool) -> str:
    """The same address, with or without the word that stops the refreshing."""
    path, _, asked = address.partition("?")
    query = QueryDict(asked, mutable=True)
    query.pop("live", None)
    if not on:
        query["live"] = "0"
    return f"{path}?{query.urlencode()}" if query else path


def _bug(request: HttpRequest) -> HttpResponse:
    """The page of the shop with the reference; Django's bare way, if that page fails as well."""
    found = re.search(r"/checkout/([0-9a-f-]{36})/", request.path)
    with suppress(Exception):
        return render(request, "500.html", {"reference": found[1] if found else ""}, status=500)
    return defaults.server_error(request)


def server_error(request: HttpRequest) -> HttpResponse:
    """An outage is told as one, to browsers by a page, to programs by a problem; a bug is a 500."""
    if not is_outage(sys.exc_info()[1]):
        return _bug(request)
    if "text/html" in request.headers.get("Accept", ""):
        return unavailable(request)
    return problem_response(problem_of(StorageUnavailable()))
