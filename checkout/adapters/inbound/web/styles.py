"""The one style sheet of all pages: those that CHECKOUT["STYLESHEETS"] names, in their order.

A shop's theme is one more sheet in that list, and a page still asks for one. The address carries a
digest of what is in it, so that browsers keep it for ever and get another one when it changes.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

DEFAULT = ("checkout/checkout.css", "checkout/flow.css")
_FOR_EVER, _FOR_A_WHILE = "public, max-age=31536000, immutable", "public, max-age=60"
_COMMENTS = re.compile(r"/\*.*?\*/", re.S)
_INDENTS = re.compile(r"\n\s+|\n+")
_URLS = re.compile(r"""url\(\s*(["']?)(?!["']|[a-z]+:|/|\#)([^)"']+)\1\s*\)""")


@dataclass(frozen=True)
class Bundle:
    """What is sent: the sheets behind each other, the same compressed, and a digest of them."""

    text: bytes
    compressed: bytes
    digest: str


@cache
def bundle(names: tuple[str, ...]) -> Bundle:
    """Read the sheets once. Raises ImproperlyConfigured when one is missing."""
    text = "\n".join(_sheet(name) for name in names).encode()
    return Bundle(text, gzip.compress(text, mtime=0), hashlib.sha256(text).hexdigest()[:12])


def stylesheets() -> tuple[str, ...]:
    """The names of the sheets as the host's settings give them; what is no list, a check tells."""
    said = settings.CHECKOUT.get("STYLESHEETS") if isinstance(settings.CHECKOUT, dict) else None
    return tuple(said) if isinstance(said, list | tuple) else DEFAULT


@require_safe
def styles(request: HttpRequest, digest: str = "") -> HttpResponse:
    """The sheet. An address of another release gets today's, and may keep it for a minute."""
    made = bundle(stylesheets())
    squeeze = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        made.compressed if squeeze else made.text, content_type="text/css; charset=utf-8"
    )
    if squeeze:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = _FOR_EVER if digest == made.digest else _FOR_A_WHILE
    patch_vary_headers(response, ("Accept-Encoding",))
    return response


def _sheet(name: str) -> str:
    found = find(name)
    if not isinstance(found, str):
        raise ImproperlyConfigured(
            f'CHECKOUT["STYLESHEETS"] names {name!r}, which no static files finder finds.'
        )
    text = _COMMENTS.sub("", Path(found).read_text(encoding="utf-8"))
    return _URLS.sub(
        lambda seen: f'url("{static(urljoin(name, seen[2]))}")', _INDENTS.sub("\n", text)
    )
