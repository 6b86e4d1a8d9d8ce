"""A socket speaks the language of the page that opened it; no middleware of Django sees it."""

from __future__ import annotations

from typing import Any

import pytest

from checkout.adapters.inbound.languages import language_of_scope
from checkout.testing.proof.world import World
from tests.adapters.websocket.opening import (
    ORIGIN,
    Opener,
    cookie_of,
    do,
    next_of,
    path_of,
    until,
)


@pytest.mark.parametrize(
    ("query", "cookie", "accepted", "language"),
    [
        ("language=de", "en", "en", "de"),  # the page has the last word
        ("language=de-at", "", "", "de"),
        ("language=xx", "de", "en", "de"),  # no such language: as a request would be answered
        ("", "de", "en", "de"),
        ("", "", "fr, de;q=0.8, en;q=0.5", "de"),
        ("", "", "tlh", "en"),
        ("language=%ff%00", "", "", "en"),
    ],
)
def test_whose_language(query: str, cookie: str, accepted: str, language: str) -> None:
    scope: dict[str, Any] = {"query_string": query.encode(), "headers": []}
    if cookie:
        scope["cookies"] = {"django_language": cookie}
    if accepted:
        scope["headers"] = [(b"accept-language", accepted.encode())]
    assert language_of_scope(scope) == language


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Bereit zum Bezahlen"), ("ar", "جاهز للدفع")]
)
async def test_a_socket_speaks_as_its_page_does(
    world: World, opener: Opener, language: str, words: str
) -> None:
    """The page has the last word: the browser may have been switched in another tab since."""
    checkout = await do(world.start)
    headers = {"origin": ORIGIN, "cookie": f"{await cookie_of('browser')}; django_language=en"}
    path = f"{path_of(checkout)}?language={language}"
    socket, accepted = await opener.ask(path, headers)
    assert accepted
    await do(world.tick)
    assert words in (await until(socket, "awaiting_payment"))[-1].html
    english = await opener.open(checkout)
    assert "Ready to pay" in (await next_of(english)).html
