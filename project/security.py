"""The content security policy: everything a page needs comes from the page's own host.

Django has one of its own from version 6.0 on; the floor of this project is 5.2.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from checkout.adapters.inbound.admin import headers

Sync = Callable[[HttpRequest], HttpResponseBase]
Async = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
HEADER = "Content-Security-Policy"


def policy(request: HttpRequest) -> str:
    """Return the policy for the host that this request came to; the whole admin has checkout's.

    Its socket is named, since not every browser takes 'self' to include ws: and wss:.
    """
    host = request.get_host()
    if request.path_info.startswith("/admin/"):
        return headers.policy()
    scheme = "wss" if request.is_secure() else "ws"
    rules = {
        "default-src": "'self'",
        "connect-src": f"'self' {scheme}://{host}",
        "form-action": " ".join(["'self'", *settings.CSP_FORM_ACTION]),
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@sync_and_async_middleware
def content_security_policy(get_response: Sync | Async) -> Sync | Async:
    """Add the policy to every response that has none of its own."""
    if iscoroutinefunction(get_response):
        answer_later = cast(Async, get_response)

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            rules = policy(request)  # first: a host that is not ours gets no further
            response = await answer_later(request)
            response.headers.setdefault(HEADER, rules)
            return response

        return asynchronous

    answer = cast(Sync, get_response)

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        rules = policy(request)
        response = answer(request)
        response.headers.setdefault(HEADER, rules)
        return response

    return synchronous
