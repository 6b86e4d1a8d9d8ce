"""Which sites may open a socket with a shopper's cookie.

Browsers send cookies with every socket, and no CSRF token protects one. The Origin header, which
scripts cannot set, says which site asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

LOCAL = [".localhost", "127.0.0.1", "[::1]"]  # what Django allows by itself under DEBUG


def header(scope: Mapping[str, Any], name: str) -> str:
    """The value of a header that must be there once; empty when it is missing or repeated."""
    found = [value for key, value in scope.get("headers", ()) if key.lower() == name.encode()]
    return str(found[0].decode("latin-1")) if len(found) == 1 else ""


def own_origin(scope: Mapping[str, Any]) -> str:
    """`scheme://host[:port]` of the address that was asked; empty when the host is not ours."""
    host = header(scope, "host").lower()
    domain, _ = split_domain_port(host)
    allowed = settings.ALLOWED_HOSTS or (LOCAL if settings.DEBUG else [])
    if not domain or not validate_host(domain, allowed):
        return ""
    return f"{'https' if _secure(scope) else 'http'}://{host}"


def origin_allowed(scope: Mapping[str, Any]) -> bool:
    """Whether the page that asks is one of ours. Without an Origin it is not known to be."""
    origin = header(scope, "origin").lower()
    own = own_origin(scope)
    if not origin or not own:
        return False
    named = [*settings.CHECKOUT.get("ORIGINS", []), *settings.CSRF_TRUSTED_ORIGINS]
    return origin == own or any(_matches(origin, allowed) for allowed in named)


def _secure(scope: Mapping[str, Any]) -> bool:
    """TLS here, or at a proxy in front whose header the settings trust."""
    if scope.get("scheme") in ("wss", "https"):
        return True
    trusted = settings.SECURE_PROXY_SSL_HEADER
    if not trusted:
        return False
    name = trusted[0].removeprefix("HTTP_").replace("_", "-").lower()
    return header(scope, name).split(",")[0].strip() == trusted[1]


def _matches(origin: str, allowed: str) -> bool:
    """Exactly equal, or `https://*.shop.example` as CSRF_TRUSTED_ORIGINS may say."""
    if "*" not in allowed:
        return origin == allowed.lower()
    asked, named = urlsplit(origin), urlsplit(allowed.lower())
    pattern = named.netloc.replace("*", "", 1)
    return asked.scheme == named.scheme and is_same_domain(asked.netloc, pattern)
