"""In which language a socket speaks: that of the page which opened it.

Django's LocaleMiddleware sees requests only. The page names its language in the address of its
socket; a program may do the same, or send Accept-Language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs

from django.http import HttpRequest
from django.utils.translation import get_language_from_request, get_supported_language_variant

PARAMETER = "language"


def language_of_scope(scope: Mapping[str, Any]) -> str:
    """The language that the address names; else what a request with these headers would get."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    for named in query.get(PARAMETER, ())[:1]:
        try:
            return get_supported_language_variant(named)
        except LookupError:
            break
    accepted = [value for key, value in scope.get("headers", ()) if key == b"accept-language"]
    asker = SimpleNamespace(
        COOKIES=scope.get("cookies", {}),
        META={"HTTP_ACCEPT_LANGUAGE": b",".join(accepted).decode("latin-1")},
    )
    return get_language_from_request(cast(HttpRequest, asker))
