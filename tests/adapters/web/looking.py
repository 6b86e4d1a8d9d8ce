"""Looking at a page as a shopper does, and sending its forms."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

CSRF = "c" * 32


def text_of(answer: Any) -> str:
    """What is written on the page, without tags."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def raw(answer: Any) -> str:
    """The page as it was sent."""
    return html.unescape(answer.content.decode())


def look(client: Client, path: str, **headers: str) -> Any:
    """GET a page of ours; it is never stored anywhere and has one first heading."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert raw(answer).count("<h1") == 1
    return answer


def send(client: Client, path: str, data: dict[str, str] | None = None, **headers: str) -> Any:
    """POST a form with its CSRF token, as the page does."""
    client.cookies["csrftoken"] = CSRF
    return client.post(path, {"csrfmiddlewaretoken": CSRF, **(data or {})}, headers=headers)
