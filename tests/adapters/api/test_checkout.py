"""Reading a checkout, and the four commands, in every state."""

from __future__ import annotations

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.testing.builders import line, snapshot
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash
from tests.adapters.api.asking import START, Caller, body_of, code_of

FORBIDDEN = ("ada@example.org", "pay_1", "attention", "nonce", "owner", "buyer", "delivery")


def complete(world: World) -> None:
    """The shopper pays and the order is placed."""
    world.payments.pay()
    world.order("confirm")
    world.tick()
    assert world.checkout.state == "completed"


def cancel(world: World) -> None:
    """The shopper cancels, and everything is given back."""
    world.order("abort")
    world.tick()
    assert world.checkout.state == "aborted"


def test_it_shows_where_things_stand(world: World, shopper: Caller, waiting: str) -> None:
    shown = body_of(shopper.call("GET", waiting))
    assert shown["state"] == "awaiting_payment"
    assert shown["cart"]["total"] == 2990
    assert shown["cart"]["lines"][0]["sku"] == "mug"
    assert shown["payment"]["action"] == {"type": "redirect", "url": "http://testserver/pay/pay_1/"}
    assert shown["expires_at"]
    assert shown["money"] == {"status": "not_charged", "amount": 0, "currency": "EUR"}
    assert shown["links"]["page"] == f"http://testserver/checkout/{world.id}/"
    assert shown["links"]["socket"] == f"ws://testserver/ws/checkouts/{world.id}/"
    for name in ("confirm", "retry", "abort", "extend", "summary"):
        assert shown["links"][name] == f"{shown['links']['self']}/{name}"


def test_it_shows_nothing_that_is_nobodys_business(
    world: World, shopper: Caller, waiting: str
) -> None:
    complete(world)
    for path in (waiting, f"{waiting}/summary"):
        text = shopper.call("GET", path).content.decode()
        found = [word for word in FORBIDDEN if word in text]
        assert found == []


def test_what_has_not_changed_is_not_sent_again(
    world: World, shopper: Caller, started: str
) -> None:
    first = shopper.call("GET", started)
    assert first["ETag"] == '"1"'
    for known in ('"1"', 'W/"1"', '"0", "1"', "*"):
        answer = shopper.call("GET", started, If_None_Match=known)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"1"')
    world.tick()
    changed = shopper.call("GET", started, If_None_Match='"1"')
    assert changed.status_code == 200
    assert changed["ETag"] == f'"{world.checkout.version}"'


def test_the_summary_comes_at_the_end(world: World, shopper: Caller, waiting: str) -> None:
    assert code_of(shopper.call("GET", f"{waiting}/summary")) == "not_finished"
    complete(world)
    receipt = body_of(shopper.call("GET", f"{waiting}/summary"))
    assert (receipt["state"], receipt["order"], receipt["total"]) == ("completed", "order-1", 2990)
    assert receipt["money"]["status"] == "charged"


def test_why_it_failed_is_told_in_words_of_the_shop(
    world: World, shopper: Caller, started: str
) -> None:
    world.carts.carts["cart-1"] = snapshot(lines=(line(quantity=50),))
    world.tick()
    failure = body_of(shopper.call("GET", started))["failure"]
    assert failure["code"] == "out_of_stock"
    assert failure["detail"].items() >= {"sku": "mug", "available": 10}.items()
    receipt = body_of(shopper.call("GET", f"{started}/summary"))
    assert receipt["failure"] == {"code": "out_of_stock", "message": failure["message"]}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("started", {"confirm": 202, "retry": 409, "extend": 409, "abort": 202}),
        ("awaiting_payment", {"confirm": 202, "retry": 409, "extend": 202, "abort": 202}),
        ("declined for good", {"confirm": 202, "retry": 202, "extend": 202, "abort": 202}),
        ("payment_confirmed", {"confirm": 202, "retry": 409, "extend": 409, "abort": 409}),
        ("aborting", {"confirm": 202, "retry": 409, "extend": 409, "abort": 202}),
        ("completed", {"confirm": 202, "retry": 409, "extend": 409, "abort": 409}),
        ("aborted", {"confirm": 202, "retry": 409, "extend": 409, "abort": 200}),
    ],
)
def test_what_may_be_asked_in_which_state(
    world: World, shopper: Caller, started: str, state: str, expected: dict[str, int]
) -> None:
    bring(world, state)
    for name, status in expected.items():
        before = CheckoutInbox.objects.count()
        answers = [shopper.call("POST", f"{started}/{name}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [status] * 2, name
        stored = CheckoutInbox.objects.count() - before
        refused = status != 202 or (name, state) == ("abort", "aborting")
        assert stored == (0 if refused else 2)


def bring(world: World, state: str) -> None:
    """Drive the checkout into the state."""
    if state == "started":
        return
    world.tick()
    if state == "declined for good":
        world.payments.decline(final=True)
        world.order("confirm")
        world.tick()
        return
    if state == "completed":
        complete(world)
    if state == "aborted":
        cancel(world)
    if state == "payment_confirmed":
        world.payments.pay()
        stop_before(world, "payments", "capture", "confirm")
    if state == "aborting":
        stop_before(world, "payments", "close", "abort")
    assert world.checkout.state == state


def stop_before(world: World, port: str, call: str, order: str) -> None:
    """Give the order; the worker dies at this call."""
    getattr(world, port).trouble(call, "crash_before")
    world.order(order)
    with pytest.raises(Crash):
        world.tick()


def test_a_command_is_applied_by_the_engine(world: World, shopper: Caller, waiting: str) -> None:
    answer = shopper.call("POST", f"{waiting}/abort", {"reason": "changed my mind"})
    assert (answer.status_code, body_of(answer)["state"]) == (202, "awaiting_payment")
    assert world.bell.rung[-1] == world.id
    world.tick()
    shown = body_of(shopper.call("GET", waiting))
    assert (shown["state"], shown["failure"]["code"]) == ("aborted", "cancelled_by_shopper")
    assert world.inventory.free("mug") == 10
    reasons = [passage.reason for passage in world.checkout.history]
    assert "changed my mind" in reasons


def test_a_repeated_key_is_one_command(world: World, shopper: Caller, waiting: str) -> None:
    for _ in range(3):
        answer = shopper.call("POST", f"{waiting}/extend", Idempotency_Key="once")
        assert answer.status_code == 202
    shopper.call("POST", f"{waiting}/confirm", Idempotency_Key="once")
    assert [m.kind for m in CheckoutInbox.objects.order_by("id")] == ["extend", "confirm"]
    world.tick()
    assert world.checkout.extensions == 1


def test_extending_gives_more_time(world: World, shopper: Caller, waiting: str) -> None:
    before = body_of(shopper.call("GET", waiting))["expires_at"]
    assert shopper.call("POST", f"{waiting}/extend").status_code == 202
    world.tick()
    assert body_of(shopper.call("GET", waiting))["expires_at"] > before


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", START, "POST"),
        ("DELETE", START, "POST"),
        ("PUT", "", "GET, HEAD"),
        ("POST", "", "GET, HEAD"),
        ("OPTIONS", "", "GET, HEAD"),
        ("POST", "/summary", "GET, HEAD"),
        ("GET", "/abort", "POST"),
    ],
)
def test_other_methods_are_refused(
    shopper: Caller, started: str, method: str, path: str, allowed: str
) -> None:
    answer = shopper.call(method, path if path == START else started + path)
    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert answer["Allow"] == allowed


def test_only_json_is_offered(shopper: Caller, started: str) -> None:
    answer = shopper.call("GET", started, Accept="text/csv")
    assert (answer.status_code, code_of(answer)) == (406, "not_acceptable")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b'{"reason": 1}', 400, "invalid"),
        (b'{"reason": "' + b"x" * 501 + b'"}', 400, "invalid"),
        (b'{"reason": "' + b"x" * 70_000 + b'"}', 413, "too_large"),
    ],
)
def test_a_bad_reason_cancels_nothing(
    world: World, shopper: Caller, waiting: str, body: bytes, status: int, code: str
) -> None:
    answer = shopper.call("POST", f"{waiting}/abort", body)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert CheckoutInbox.objects.count() == 0
