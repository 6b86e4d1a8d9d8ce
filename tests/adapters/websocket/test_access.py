"""Who gets a socket: the owner from a page of ours, or whoever holds the token (SEC-2, SEC-14)."""

from __future__ import annotations

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from checkout.testing.proof.world import World
from project.asgi import application
from tests.adapters.websocket.opening import ORIGIN, Opener, cookie_of, do, next_of, path_of

STRANGE_ORIGINS = [
    "http://evil.example",
    "https://localhost",  # the right host with another scheme
    "http://localhost:81",
    "http://localhost.evil.example",
    "http://notlocalhost",
    "null",
    "",
]


async def started(world: World) -> str:
    return str(await do(world.start))


async def test_the_owner_gets_the_state_at_once(world: World, opener: Opener) -> None:
    checkout = await started(world)
    seen = await next_of(await opener.open(checkout))
    assert (seen.version, seen.state) == (1, "started")
    assert checkout in seen.html


@pytest.mark.parametrize("owner", ["another browser", ""])
async def test_other_browsers_are_refused(world: World, opener: Opener, owner: str) -> None:
    checkout = await started(world)
    headers = {"origin": ORIGIN, "cookie": await cookie_of(owner)}
    _, accepted = await opener.ask(path_of(checkout), headers)
    assert not accepted


async def test_a_browser_without_cookies_is_refused(world: World, opener: Opener) -> None:
    checkout = await started(world)
    _, accepted = await opener.ask(path_of(checkout), {"origin": ORIGIN})
    assert not accepted


@pytest.mark.parametrize("origin", STRANGE_ORIGINS)
async def test_pages_of_other_sites_are_refused(world: World, opener: Opener, origin: str) -> None:
    checkout = await started(world)
    headers = {"cookie": await cookie_of("browser"), **({"origin": origin} if origin else {})}
    _, accepted = await opener.ask(path_of(checkout), headers)
    assert not accepted


async def test_a_host_that_is_not_ours_is_refused(world: World, opener: Opener) -> None:
    """A page that made its own name point at our address (DNS rebinding) is no page of ours."""
    checkout = await started(world)
    headers = {
        "host": "evil.example",
        "origin": "http://evil.example",
        "cookie": await cookie_of("browser"),
    }
    _, accepted = await opener.ask(path_of(checkout), headers)
    assert not accepted


async def test_named_origins_are_let_in(world: World, opener: Opener, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://shop.example", "https://*.partner.example"]
    checkout = await started(world)
    cookie = await cookie_of("browser")
    for origin, expected in (
        ("https://shop.example", True),
        ("https://a.partner.example", True),
        ("http://a.partner.example", False),
        ("https://a.partner.example.evil.example", False),
    ):
        _, accepted = await opener.ask(path_of(checkout), {"origin": origin, "cookie": cookie})
        assert accepted is expected, origin


async def test_behind_a_trusted_proxy_the_page_is_https(
    world: World, opener: Opener, settings: Any
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    checkout = await started(world)
    cookie = await cookie_of("browser")
    for origin, expected in (("https://localhost", True), ("http://localhost", False)):
        headers = {"origin": origin, "cookie": cookie, "x-forwarded-proto": "https"}
        _, accepted = await opener.ask(path_of(checkout), headers)
        assert accepted is expected, origin


async def test_the_token_needs_no_origin_and_no_cookie(world: World, opener: Opener) -> None:
    from checkout.application.ports.inbound.start_checkout_port import StartCheckout

    begun = await do(lambda: world.services.start.start(StartCheckout("cart-1")))
    right = {"authorization": f"Bearer {begun.token}"}
    for headers, expected in (
        (right, True),
        ({"authorization": "Bearer wrong"}, False),
        ({"authorization": "Bearer "}, False),
        ({"authorization": f"Basic {begun.token}"}, False),
    ):
        _, accepted = await opener.ask(path_of(begun.id), headers)
        assert accepted is expected, headers


async def test_with_a_wrong_token_the_cookies_say_nothing(world: World, opener: Opener) -> None:
    checkout = await started(world)
    headers = {
        "authorization": "Bearer wrong",
        "origin": ORIGIN,
        "cookie": await cookie_of("browser"),
    }
    _, accepted = await opener.ask(path_of(checkout), headers)
    assert not accepted


@pytest.mark.parametrize("checkout", ["2a566121-4260-4737-a9d7-b4a12da3b823", "not-an-id", "1"])
async def test_what_does_not_exist_is_refused(world: World, opener: Opener, checkout: str) -> None:
    headers = {"origin": ORIGIN, "cookie": await cookie_of("browser")}
    _, accepted = await opener.ask(path_of(checkout), headers)
    assert not accepted


async def test_any_other_address_is_denied_quietly() -> None:
    socket = WebsocketCommunicator(application, "/ws/elsewhere/")
    connected, _ = await socket.connect()
    assert not connected
