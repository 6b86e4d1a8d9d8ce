"""How a request is read: who may ask with what, and bodies that are small, strict JSON."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from checkout.adapters.inbound.access import bearer
from checkout.domain.exceptions import Refused

MOST_BYTES = 64 * 1024


class BearerOrCookie(BaseAuthentication):
    """A bearer token makes the cookies meaningless; a session cookie always needs a CSRF token.

    REST framework's own SessionAuthentication asks only logged-in users for it. A guest's cookie
    owns checkouts too. Without either there is nothing that another site could misuse.
    """

    def authenticate(self, request: Request) -> tuple[Any, None]:
        """The user of the session, or nobody. Raises PermissionDenied (`csrf_failed`)."""
        if bearer(request.headers.get("Authorization", "")) is not None:
            return AnonymousUser(), None
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            _enforce_csrf(request._request)
        return request._request.user, None


def _enforce_csrf(request: HttpRequest) -> None:
    """The middleware skips the views of REST framework, so it is asked here."""
    check = CSRFCheck(lambda _: HttpResponse())
    check.process_request(request)
    reason = check.process_view(request, lambda _: HttpResponse(), (), {})
    if reason:
        text = f"Send the CSRF token in the header X-CSRFToken. ({reason})"
        raise exceptions.PermissionDenied(text, "csrf_failed")


class SmallJsonParser(JSONParser):
    """JSON of at most 64 kB. REST framework alone would read any amount."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON value. Raises ParseError, or Refused(`too_large`)."""
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise Refused("too_large", f"A body has at most {MOST_BYTES} bytes.")
        try:
            return super().parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error
