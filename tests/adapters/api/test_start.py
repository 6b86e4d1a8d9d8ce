"""POST /checkouts: proof of the cart, keys, limits, CSRF, and where the shopper comes back to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client

from checkout import bootstrap
from checkout.adapters.inbound.access import OWNER
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.application.use_cases.start_checkout import hashed
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.sagas.checkout_saga import FLOW
from checkout.testing.proof.world import World
from tests.adapters.api.asking import START, Caller, body_of, browser, code_of, proven

PROOF = "proof of cart-1"
UUID_CART = "7b0c3f5e-55a4-4a57-9f0d-0d3f0c6c8f11"


def test_a_browser_starts_its_cart(world: World, shopper: Caller) -> None:
    answer = shopper.start()
    shown = body_of(answer)
    assert answer.status_code == 201
    assert answer["Location"] == shown["links"]["self"] == f"http://testserver{START}/{shown['id']}"
    assert (shown["state"], shown["version"], shown["cart"]) == ("started", 1, None)
    assert [step["step"] for step in shown["steps"]] == [step.name for step in FLOW]
    row = CheckoutSession.objects.get(pk=shown["id"])
    assert row.owner_hash == hashed(shopper.client.session[OWNER])
    assert row.token_hash == hashed(shown["token"])
    assert world.bell.rung == [row.pk]
    assert world.payments.calls == []


def test_a_second_start_answers_the_same_checkout_and_token(shopper: Caller) -> None:
    """A7: the second click gets the answer of the first."""
    first, again, later = shopper.start(), shopper.start(), shopper.start(key="key-2")
    assert [a.status_code for a in (first, again, later)] == [201, 200, 200]
    tokens = {(body_of(a)["id"], body_of(a)["token"]) for a in (first, again, later)}
    assert len(tokens) == 1
    assert CheckoutSession.objects.count() == 1


def test_a_client_without_cookies_starts_with_the_carts_token(world: World) -> None:
    answer = Caller(csrf=False).start(cart_token=PROOF)
    assert answer.status_code == 201
    assert CheckoutSession.objects.get().owner_hash == ""
    assert "sessionid" not in answer.cookies
    token = body_of(answer)["token"]
    path = f"{START}/{body_of(answer)['id']}"
    assert Caller(token=token, csrf=False).call("POST", f"{path}/confirm").status_code == 202


@pytest.mark.parametrize(
    ("caller", "proof"),
    [
        (Caller(), {}),
        (Caller(), {"cart_token": "guessed"}),
        (Caller(token="anything"), {}),
    ],
)
def test_without_proof_there_is_no_cart(
    world: World, caller: Caller, proof: dict[str, str]
) -> None:
    assert code_of(caller.start(**proof)) == "cart_not_found"
    assert CheckoutSession.objects.count() == 0


def test_a_browser_proves_only_its_own_carts(world: World, shopper: Caller) -> None:
    assert code_of(shopper.start("cart-2")) == "cart_not_found"
    assert code_of(browser("cart-2").start("cart-1")) == "cart_not_found"
    with_bearer = Caller(shopper.client, token="anything")
    assert code_of(with_bearer.start("cart-1")) == "cart_not_found"
    assert with_bearer.start("cart-1", cart_token=PROOF).status_code == 201
    assert CheckoutSession.objects.get().owner_hash == ""


def test_a_guests_cookie_needs_a_csrf_token(world: World) -> None:
    guest = browser("cart-1")
    guest.csrf = False
    for more in ({}, {"cart_token": PROOF}):
        answer = guest.start(**more)
        assert (answer.status_code, code_of(answer)) == (403, "csrf_failed")
    assert CheckoutSession.objects.count() == 0
    wrong = guest.call("POST", START, {"cart_id": "cart-1"}, X_CSRFToken="x" * 32)
    assert code_of(wrong) == "csrf_failed"


def test_commands_of_a_guest_need_a_csrf_token_too(shopper: Caller, waiting: str) -> None:
    shopper.csrf = False
    for name in ("confirm", "retry", "abort", "extend"):
        assert code_of(shopper.call("POST", f"{waiting}/{name}")) == "csrf_failed"
    assert shopper.call("GET", waiting).status_code == 200


@pytest.mark.parametrize("key", ["", '""', "x" * 201, "schlüssel"])
def test_a_key_is_asked_for(shopper: Caller, key: str) -> None:
    answer = shopper.start(key=key)
    assert code_of(answer) == "invalid"
    assert list(body_of(answer)["errors"]) == ["Idempotency-Key"]
    assert CheckoutSession.objects.count() == 0


def test_one_key_is_one_request(world: World) -> None:
    caller = browser("cart-1", "cart-2")
    first = caller.start("cart-1", key='"key"')
    for cart, more in (("cart-2", {}), ("cart-1", {"return_url": "/elsewhere/"})):
        answer = caller.start(cart, key="key", **more)
        assert (answer.status_code, code_of(answer)) == (422, "idempotency_key_reused")
    assert body_of(caller.start("cart-1", key="key"))["id"] == body_of(first)["id"]
    assert CheckoutSession.objects.count() == 1


def test_a_replay_after_the_end_answers_the_same_checkout(world: World) -> None:
    caller = browser("cart-1")
    first = body_of(caller.start("cart-1", key="key"))
    world.id = parse_checkout_id(first["id"])
    world.order("abort")
    world.tick()
    assert world.checkout.state == "aborted"
    replay = caller.start("cart-1", key="key")
    assert (replay.status_code, body_of(replay)["id"]) == (200, first["id"])
    assert caller.start("cart-1", key="another").status_code == 201


def test_a_browser_has_a_limited_number_of_live_checkouts(
    world: World, settings: LazySettings
) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, "MAX_LIVE_PER_OWNER": 2}
    caller = browser("a", "b", "c")
    bootstrap.use(replace(world.services, prove_cart=proven))
    assert [caller.start(cart, key=cart).status_code for cart in ("a", "b")] == [201, 201]
    refused = caller.start("c", key="c")
    assert (refused.status_code, code_of(refused)) == (429, "too_many_checkouts")
    assert int(refused["Retry-After"]) > 0
    assert caller.start("a", key="again").status_code == 200
    assert browser("c", owner="another").start("c").status_code == 201


def test_a_cart_has_one_name_however_its_uuid_is_written(world: World) -> None:
    proof = f"proof of {UUID_CART}"
    names = [UUID_CART, UUID_CART.upper(), UUID_CART.replace("-", ""), f"{{{UUID_CART}}}"]
    answers = [Caller().start(name, cart_token=proof) for name in names]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert CheckoutSession.objects.get().cart == UUID_CART


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        (None, "http://testserver/checkout/{id}/"),
        ("/thanks/{id}?a=b", "http://testserver/thanks/{id}?a=b"),
        ("http://testserver/thanks", "http://testserver/thanks"),
        ("https://app.example.org/back/{id}", "https://app.example.org/back/{id}"),
    ],
)
def test_the_shopper_comes_back_to_this_shop(
    world: World, shopper: Caller, settings: LazySettings, url: str | None, stored: str
) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, "RETURN_HOSTS": ["app.example.org"]}
    bootstrap.use(replace(world.services, prove_cart=proven))
    answer = shopper.start(**({"return_url": url} if url else {}))
    row = CheckoutSession.objects.get()
    assert answer.status_code == 201
    assert row.return_url == stored.replace("{id}", str(row.pk))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "http:///evil.example/",
        "\\\\evil.example",
        "ftp://testserver/",
    ],
)
def test_and_nowhere_else(shopper: Caller, url: str) -> None:
    answer = shopper.start(return_url=url)
    assert (code_of(answer), list(body_of(answer)["errors"])) == ("invalid", ["return_url"])
    assert CheckoutSession.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid"),
        (b"{", 400, "malformed"),
        (b"[]", 400, "invalid"),
        (b"null", 400, "invalid"),
        (b'"text"', 400, "invalid"),
        (b"\xff\xfe", 400, "malformed"),
        (b'{"cart_id": NaN}', 400, "malformed"),
        (b"[" * 60_000, 400, "malformed"),
        (b'{"cart_id": 1}', 400, "invalid"),
        (b'{"cart_id": ""}', 400, "invalid"),
        (b'{"cart_id": ["cart-1"]}', 400, "invalid"),
        (b'{"cart_id": "a\\u0000b"}', 400, "invalid"),
        (b'{"cart_id": "\\ud800"}', 400, "invalid"),
        (json.dumps({"cart_id": "x" * 201}).encode(), 400, "invalid"),
        (json.dumps({"cart_id": "cart-1", "x": "y" * 70_000}).encode(), 413, "too_large"),
    ],
)
def test_a_bad_body_gets_a_clear_answer(
    shopper: Caller, body: bytes, status: int, code: str
) -> None:
    answer = shopper.call("POST", START, body, Idempotency_Key="key")
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert CheckoutSession.objects.count() == 0


def test_only_json_is_read(shopper: Caller) -> None:
    headers = {"Idempotency_Key": "key", "Content_Type": "application/x-www-form-urlencoded"}
    answer = shopper.call("POST", START, b"cart_id=cart-1", **headers)
    assert (answer.status_code, code_of(answer)) == (415, "unsupported_media_type")


def test_nobody_sets_what_the_checkout_decides(shopper: Caller) -> None:
    shown = body_of(shopper.start(state="completed", version=9, token="mine", total=0, user_id=1))
    assert (shown["state"], shown["version"]) == ("started", 1)
    assert shown["token"] != "mine"


def test_an_outage_of_the_database_says_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("no connection to the database at 10.0.0.1")

    monkeypatch.setattr(CheckoutSession.objects, "create", away)
    answer = Caller().start(cart_token=PROOF)
    assert (answer.status_code, code_of(answer)) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert b"10.0.0.1" not in answer.content


def test_a_bug_of_ours_says_nothing_about_itself(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(CheckoutSession.objects, "create", broken)
    answer = Caller(Client(raise_request_exception=False)).start(cart_token=PROOF)
    assert code_of(answer) == "internal_error"
    assert b"secret inside" not in answer.content
    assert "secret inside" in caplog.text
