"""K4: card testing and held stock. Limits per checkout, session and address, with a cool-down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory

from checkout import bootstrap
from checkout.adapters.inbound import rounds
from checkout.adapters.inbound.cli.explain import ATTENTION
from checkout.adapters.inbound.client_address import client_address, is_limited
from checkout.adapters.outbound.persistence.models import AttemptCounter, CheckoutSession
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.testing.proof.world import World
from tests.adapters.api.asking import Caller, body_of, browser, code_of, proven

HERE, THERE, PROXY = "203.0.113.7", "198.51.100.9", "192.0.2.1"
Limit = Callable[..., None]


@pytest.fixture
def limit(world: World, settings: LazySettings) -> Limit:
    """Sets limits; every address is counted unless they say otherwise."""

    def change(**limits: Any) -> None:
        settings.CHECKOUT = {**settings.CHECKOUT, "UNLIMITED_ADDRESSES": [], **limits}
        bootstrap.use(replace(world.services, prove_cart=proven))

    return change


def stranger(address: str = HERE, **headers: str) -> Caller:
    """A client without cookies, at an address."""
    return Caller(Client(REMOTE_ADDR=address, headers=headers), csrf=False)


def starts(caller: Caller, *carts: str) -> list[int]:
    """The answers to the starts of these carts, each with a key of its own."""
    return [
        caller.start(cart, key=f"key of {cart}", cart_token=f"proof of {cart}").status_code
        for cart in carts
    ]


def test_a_client_without_cookies_cannot_start_endlessly(
    world: World, limit: Limit, caplog: pytest.LogCaptureFixture
) -> None:
    limit(ATTEMPTS_PER_ADDRESS=3, COOL_DOWN=300)
    assert starts(stranger(), "a", "b", "c") == [201, 201, 201]
    with caplog.at_level(logging.WARNING, "checkout.security"):
        refused = stranger().start("d", key="d", cart_token="proof of d")
    assert (refused.status_code, code_of(refused)) == (429, "cool_down")
    assert 290 < int(refused["Retry-After"]) <= 300
    assert body_of(refused)["retry_after"] == int(refused["Retry-After"])
    assert "Please try again in 5 minutes." in body_of(refused)["detail"]
    assert f"3 attempts of one address, from {HERE}" in caplog.text
    assert CheckoutSession.objects.count() == 3
    assert starts(stranger(THERE), "e") == [201]


def test_waiting_does_not_begin_anew_with_every_try_and_ends(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_ADDRESS=2, COOL_DOWN=300, ATTEMPT_WINDOW=600)
    assert starts(stranger(), "a", "b", "c") == [201, 201, 429]
    world.shift(200)
    assert starts(stranger(), "c") == [429]
    world.shift(101)
    assert starts(stranger(), "c", "d", "e") == [201, 201, 429]


def test_who_goes_slowly_is_never_held_up(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_ADDRESS=2, ATTEMPT_WINDOW=600)
    for number in range(6):
        assert starts(stranger(), f"cart {number}") == [201]
        world.shift(601)


def test_stock_is_held_for_so_many_checkouts_of_an_address(world: World, limit: Limit) -> None:
    limit(MAX_LIVE_PER_ADDRESS=2, ATTEMPTS_PER_ADDRESS=100)
    first = stranger().start("a", key="a", cart_token="proof of a")
    assert starts(stranger(), "b") == [201]
    refused = stranger().start("c", key="c", cart_token="proof of c")
    assert (refused.status_code, code_of(refused)) == (429, "too_many_checkouts")
    assert int(refused["Retry-After"]) > 0
    assert starts(stranger(THERE), "d") == [201]
    world.id = parse_checkout_id(body_of(first)["id"])
    world.order("abort")
    world.tick()
    assert starts(stranger(), "c") == [201]


def test_a_repeated_start_is_no_attempt(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_ADDRESS=1, MAX_LIVE_PER_ADDRESS=1)
    caller = stranger()
    assert starts(caller, "a", "a", "a") == [201, 200, 200]
    assert caller.start("a", key="another", cart_token="proof of a").status_code == 200


def test_a_session_is_limited_wherever_it_comes_from(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_SESSION=2, MAX_LIVE_PER_OWNER=20)
    caller = browser("a", "b", "c")
    assert [caller.start(cart, key=cart).status_code for cart in "ab"] == [201, 201]
    caller.client.defaults["REMOTE_ADDR"] = THERE
    assert code_of(caller.start("c", key="c")) == "cool_down"
    assert browser("c").start("c", key="c").status_code == 201


def declined(world: World, shopper: Caller, waiting: str) -> Any:
    """The payment is declined for good, and the shopper asks for another try."""
    world.payments.decline(final=True)
    world.order("confirm")
    world.tick()
    answer = shopper.call("POST", f"{waiting}/retry")
    world.tick()
    return answer


def test_a_checkout_is_limited_and_staff_is_told(
    world: World, shopper: Caller, waiting: str, limit: Limit
) -> None:
    limit(ATTEMPTS_PER_CHECKOUT=2, COOL_DOWN=120)
    assert declined(world, shopper, waiting).status_code == 202
    refused = declined(world, shopper, waiting)
    assert (refused.status_code, code_of(refused)) == (429, "cool_down")
    assert 100 < int(refused["Retry-After"]) <= 120
    assert world.checkout.generation == 2
    assert world.row.needs_attention == "many_attempts"
    assert "card testing" in ATTENTION["many_attempts"]
    world.shift(121)
    assert shopper.call("POST", f"{waiting}/retry").status_code == 202


def test_another_try_counts_for_the_session_and_the_address(
    world: World, shopper: Caller, waiting: str, limit: Limit
) -> None:
    limit(ATTEMPTS_PER_CHECKOUT=9, ATTEMPTS_PER_ADDRESS=2)
    assert [declined(world, shopper, waiting).status_code for _ in range(3)] == [202, 202, 429]
    assert AttemptCounter.objects.get(key__startswith="address:").refused == 1
    assert AttemptCounter.objects.get(key__startswith="session:").count == 3


def test_what_cannot_be_tried_again_is_said_first(
    world: World, shopper: Caller, waiting: str, limit: Limit
) -> None:
    """Whoever cannot try again is not told to come back; and it is no attempt."""
    limit(ATTEMPTS_PER_CHECKOUT=1, ATTEMPTS_PER_SESSION=1)
    answer = shopper.call("POST", f"{waiting}/retry")
    assert (answer.status_code, code_of(answer)) == (409, "payment_still_open")


def test_other_commands_are_never_held_up(
    world: World, shopper: Caller, waiting: str, limit: Limit
) -> None:
    limit(ATTEMPTS_PER_SESSION=1, ATTEMPTS_PER_ADDRESS=1, ATTEMPTS_PER_CHECKOUT=1)
    for name in ("confirm", "extend", "abort"):
        assert shopper.call("POST", f"{waiting}/{name}").status_code == 202


def test_a_key_is_for_one_cart_also_without_cookies(world: World, limit: Limit) -> None:
    limit()
    first = stranger().start("a", key="key", cart_token="proof of a")
    other = stranger().start("b", key="key", cart_token="proof of b")
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    replay = stranger(THERE).start("a", key="key", cart_token="proof of a")
    assert (replay.status_code, body_of(replay)["id"]) == (200, body_of(first)["id"])
    assert stranger(THERE).start("b", key="key", cart_token="proof of b").status_code == 201
    world.shift(86_401)
    assert stranger().start("c", key="key", cart_token="proof of c").status_code == 201


def test_a_key_is_for_one_cart_where_addresses_are_not_counted(world: World) -> None:
    assert starts(stranger("127.0.0.1"), "a") == [201]
    other = stranger("127.0.0.1").start("b", key="key of a", cart_token="proof of b")
    assert code_of(other) == "idempotency_key_reused"


def test_a_browsers_key_is_remembered_after_the_end(world: World) -> None:
    caller = browser("cart-1", "cart-2")
    world.id = parse_checkout_id(body_of(caller.start("cart-1", key="key"))["id"])
    world.order("abort")
    world.tick()
    assert code_of(caller.start("cart-2", key="key")) == "idempotency_key_reused"


def test_a_header_that_anybody_can_write_moves_nobody(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_ADDRESS=1)
    answers = [
        starts(
            stranger(**{"X-Forwarded-For": f"198.51.100.{n}", "Forwarded": "for=1.2.3.4"}), f"{n}"
        )
        for n in range(3)
    ]
    assert answers == [[201], [429], [429]]


@pytest.mark.parametrize(
    ("peer", "said", "found"),
    [
        (HERE, "", HERE),
        (HERE, THERE, HERE),
        (PROXY, THERE, THERE),
        (PROXY, f"1.1.1.1, {THERE}", THERE),
        (PROXY, f"1.1.1.1, {THERE}, 10.1.2.3", THERE),
        (PROXY, f"{THERE}, nonsense", PROXY),
        (PROXY, f"{THERE}, nonsense, 10.0.0.1", "10.0.0.1"),
        (PROXY, "", PROXY),
        (PROXY, "10.0.0.1", "10.0.0.1"),
        ("::ffff:192.0.2.1", THERE, THERE),
        (PROXY, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "", "2001:db8:1:2::/64"),
        (PROXY, f"1.1.1.1, {THERE}:4711", THERE),
        (PROXY, "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        (PROXY, "[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        (PROXY, "[nonsense", PROXY),
        ("", THERE, ""),
    ],
)
def test_the_address_behind_proxies_of_ours(
    settings: LazySettings, peer: str, said: str, found: str
) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, "TRUSTED_PROXIES": [PROXY, "10.0.0.0/8"]}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": said})
    assert client_address(request) == found


@pytest.mark.parametrize(
    ("address", "limited"),
    [
        (HERE, True),
        ("2001:db8:1:2::/64", True),
        ("127.0.0.1", False),
        ("172.18.0.5", False),
        ("fd00::/64", False),
        ("", False),
    ],
)
def test_an_address_of_our_own_network_says_nothing_of_who_asks(
    address: str, limited: bool
) -> None:
    """A proxy that nobody has named must not hold up the whole shop."""
    assert is_limited(address) is limited


def test_the_address_is_kept_as_a_hash_until_a_limit_is_reached(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_ADDRESS=1)
    assert starts(stranger(), "a") == [201]
    assert AttemptCounter.objects.get().who == ""
    assert HERE not in str(list(CheckoutSession.objects.values()))
    assert starts(stranger(), "b") == [429]
    note = AttemptCounter.objects.get()
    assert (note.who, note.refused) == (HERE, 1)
    assert note.refused_at is not None


def test_counters_are_forgotten_and_notes_after_a_month(world: World, limit: Limit) -> None:
    limit(ATTEMPTS_PER_ADDRESS=1)
    starts(stranger(), "a", "b")
    starts(stranger(THERE), "c")
    world.shift(700)
    rounds.do_due()
    assert [row.who for row in AttemptCounter.objects.all()] == [HERE]
    world.shift(31 * 86_400)
    rounds.do_due()
    assert not AttemptCounter.objects.exists()


def test_staff_sees_who_was_told_to_wait(
    world: World, limit: Limit, admin_client: Client, client: Client
) -> None:
    limit(ATTEMPTS_PER_ADDRESS=1)
    starts(stranger(), "a", "b")
    starts(stranger(THERE), "c")
    page = "/admin/checkout/attemptcounter/"
    shown = admin_client.get(page, {"refused": "yes"})
    assert HERE in shown.content.decode()
    assert shown.context["cl"].result_count == 1
    assert admin_client.get(page).context["cl"].result_count == 2
    assert admin_client.get(page, {"q": HERE}).context["cl"].result_count == 1
    assert client.get(page).status_code == 302
    assert admin_client.post(f"{page}add/").status_code == 403
