"""What every admin page of ours tells the browser: nothing but our own files, and no framing.

The app says so itself, so that a shop has it whatever its middleware does. What a view has said
stays, and a middleware of the shop has the last word.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern

View = Callable[..., HttpResponse]


def policy() -> str:
    """The content security policy of the admin: files of the site, forms to the site, no frames.

    Static files may lie on a host of their own; then that one is named too.
    """
    files = f"'self' {_other_host_of_files()}".strip()
    rules = {
        "default-src": "'none'",
        "script-src": files,
        "style-src": files,
        "font-src": files,
        "img-src": f"{files} data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def guarded(pattern: URLPattern) -> URLPattern:
    """The same address, whose every answer carries our headers."""
    pattern.callback = _guard(pattern.callback)
    return pattern


def _other_host_of_files() -> str:
    parts = urlsplit(static("checkout/admin.css"))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme else parts.netloc


def _guard(view: View) -> View:
    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        said = {
            "Content-Security-Policy": policy(),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
        for name, value in said.items():
            response.headers.setdefault(name, value)
        return response

    return answer
