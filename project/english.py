"""Parts of the site that speak English only: what of them Django translates must not stand out.

Staff would else read an admin that is half in the language of their browser, and a shopper a date in
German on the English page of the payment provider.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

PATHS = ("/admin/", "/provider/")


def english_only(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, behind Django's LocaleMiddleware."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PATHS):
            return get_response(request)
        with translation.override("en"):
            response = get_response(request)
        response.headers.setdefault("Content-Language", "en")
        return response

    return answer
