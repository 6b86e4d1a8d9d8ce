"""Whose checkout it is: every address for every kind of caller (SEC-2, failures K1-K3)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from checkout.adapters.inbound.access import OWNER, Actor, actor_of_scope, may_see
from checkout.application.ports.outbound.checkout_queries_port import Ownership
from checkout.application.use_cases.start_checkout import hashed
from checkout.testing.proof.world import World
from tests.adapters.api.asking import START, Caller, body_of, browser, code_of

ROUTES = [
    ("GET", "", 200),
    ("HEAD", "", 200),
    ("GET", "/summary", 404),  # not finished: its owner is told so in other words
    ("POST", "/confirm", 202),
    ("POST", "/retry", 409),
    ("POST", "/extend", 202),
    ("POST", "/abort", 202),
]
Owner = tuple[Caller, str]
STRANGERS: dict[str, Callable[[Owner], Caller]] = {
    "another browser": lambda owner: browser("cart-1", owner="somebody else"),
    "a browser without a past": lambda owner: browser(),
    "nobody": lambda owner: Caller(),
    "a wrong token": lambda owner: Caller(token="wrong"),
    "an empty token": lambda owner: Caller(token=" "),
    "a wrong token with the owner's cookies": lambda owner: Caller(owner[0].client, "wrong"),
    "the owner's session key as owner id": lambda owner: browser(
        owner=str(owner[0].client.session.session_key)
    ),
}
FRIENDS: dict[str, Callable[[Owner], Caller]] = {
    "the browser that started it": lambda owner: owner[0],
    "the token": lambda owner: Caller(token=owner[1]),
    "the token with another browser's cookies": lambda owner: Caller(
        browser(owner="somebody else").client, owner[1]
    ),
    "the token with cookies and no CSRF token": lambda owner: Caller(
        browser().client, owner[1], csrf=False
    ),
}


@pytest.fixture
def owner(shopper: Caller, waiting: str) -> Owner:
    """The browser that started, and the token it got."""
    return shopper, str(body_of(shopper.start())["token"])


@pytest.mark.parametrize(("method", "route", "status"), ROUTES)
@pytest.mark.parametrize("friend", FRIENDS)
def test_the_owner_gets_in(
    waiting: str, owner: Owner, friend: str, method: str, route: str, status: int
) -> None:
    answer = FRIENDS[friend](owner).call(method, waiting + route)
    assert answer.status_code == status
    if route == "/summary":
        assert code_of(answer) == "not_finished"


@pytest.mark.parametrize(("method", "route", "status"), ROUTES)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_for_anybody_else_there_is_nothing(
    world: World, waiting: str, owner: Owner, stranger: str, method: str, route: str, status: int
) -> None:
    caller = STRANGERS[stranger](owner)
    answer = caller.call(method, waiting + route, b"{not json" if method == "POST" else None)
    assert answer.status_code == 404
    unknown = caller.call(method, f"{START}/{uuid.uuid4()}{route}")
    assert answer.content == unknown.content
    if method != "HEAD":
        assert code_of(answer) == "checkout_not_found"
    assert world.row.wake == 0


@pytest.mark.parametrize("text", ["1", "x" * 500, "00000000-0000-0000-0000-000000000000", "%00"])
@pytest.mark.parametrize(("method", "route", "status"), ROUTES)
def test_an_odd_id_is_not_found(
    shopper: Caller, text: str, method: str, route: str, status: int
) -> None:
    answer = shopper.call(method, f"{START}/{text}{route}")
    assert answer.status_code == 404


def test_a_logged_in_user_owns_it_from_another_browser(world: World) -> None:
    user = get_user_model().objects.create_user("ada")
    first, second = browser("cart-1"), Client(enforce_csrf_checks=True)
    first.client.force_login(user)
    session = first.client.session
    session["carts"] = ["cart-1"]
    session.save()
    path = f"{START}/{body_of(first.start())['id']}"
    second.force_login(user)
    assert Caller(second).call("GET", path).status_code == 200
    other = Client(enforce_csrf_checks=True)
    other.force_login(get_user_model().objects.create_user("eve"))
    assert Caller(other).call("GET", path).status_code == 404


def test_the_owner_stays_the_owner_when_logging_in(shopper: Caller, started: str) -> None:
    key = shopper.client.session.session_key
    shopper.client.force_login(get_user_model().objects.create_user("ada"))
    assert shopper.client.session.session_key != key
    assert shopper.call("GET", started).status_code == 200


def test_what_is_stored_opens_nothing(world: World, waiting: str) -> None:
    row = world.row
    for secret in (row.owner_hash, row.token_hash, row.nonce):
        assert Caller(token=secret).call("GET", waiting).status_code == 404
        assert browser(owner=secret).call("GET", waiting).status_code == 404


def test_an_empty_secret_matches_no_empty_hash() -> None:
    ownerless = Ownership("", "", "", None, "", "", "")
    for actor in (Actor(), Actor(""), Actor(None, "", None)):
        assert not may_see(actor, ownerless)
    mine = Ownership(hashed("me"), hashed("token"), "", 7, "", "", "")
    assert may_see(Actor(None, "me"), mine)
    assert may_see(Actor(None, "", 7), mine)
    assert not may_see(Actor("wrong", "me", 7), mine)


def test_a_socket_is_asked_the_same(shopper: Caller, started: str) -> None:
    session = shopper.client.session
    scope: dict[str, Any] = {"headers": [], "session": session, "user": None}
    assert actor_of_scope(scope).owner_id == session[OWNER]
    with_token = {**scope, "headers": [(b"authorization", b"bearer abc")]}
    assert actor_of_scope(with_token) == Actor("abc")
    assert actor_of_scope({"headers": []}) == Actor()
