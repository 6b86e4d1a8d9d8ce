"""The API of payments: facts, refusals, bad input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from project.provider.deliveries import run_due_timers
from project.provider.models import Event, Payment, Refund
from tests.adapters.provider.conftest import Merchant, make_due

NOTHING = {"authorised": 0, "captured": 0, "refunded": 0, "refund_failed": 0, "voided": 0}


def in_parallel(count: int, call: Any) -> list[Any]:
    """Run `call(number)` in as many threads; each closes its database connection."""

    def one(number: int) -> Any:
        try:
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_a_new_payment_is_open_and_says_what_was_asked(merchant: Merchant) -> None:
    payment = merchant.create("checkout-7:1")
    path = f"/provider/pay/{payment['id']}/"
    assert payment == {
        "id": payment["id"],
        "reference": "checkout-7:1",
        "status": "open",
        "amount": 1600,
        "currency": "EUR",
        "digest": "d1",
        "hosted_url": f"https://pay.example{path}",
        "hosted_path": path,
        "facts": NOTHING,
        "closed": False,
        "last_error": None,
        "refunds": [],
    }
    assert merchant.look(payment) == payment
    assert merchant.get("payments?reference=checkout-7:1") == (200, payment)


def test_hosted_url_is_a_path_when_the_base_is_one(merchant: Merchant, provider: Settings) -> None:
    provider.PROVIDER = {**provider.PROVIDER, "BASE_URL": "/provider/"}
    payment = merchant.create()
    assert payment["hosted_url"] == payment["hosted_path"] == f"/provider/pay/{payment['id']}/"


def test_a_second_payment_under_one_reference_is_refused(merchant: Merchant) -> None:
    merchant.create("r")
    asked = {"amount": 1, "currency": "EUR", "reference": "r", "return_url": "/"}
    status, body = merchant.post("payments", asked, key="another")
    assert (status, body["error"]["code"]) == (409, "reference_taken")
    assert Payment.objects.count() == 1


def test_capture_takes_what_is_authorised_once(merchant: Merchant) -> None:
    payment = merchant.paid()
    status, captured = merchant.act(payment, "capture", 1600, key="c1")
    assert (status, captured["status"]) == (200, "captured")
    assert captured["facts"] == {**NOTHING, "authorised": 1600, "captured": 1600}
    status, body = merchant.act(payment, "capture", 1600, key="c2")
    assert (status, body["error"]["code"]) == (409, "already_captured")


def test_a_smaller_capture_lets_the_rest_go(merchant: Merchant) -> None:
    payment = merchant.paid()
    _, captured = merchant.act(payment, "capture", 1000)
    assert captured["facts"] == {**NOTHING, "authorised": 1600, "captured": 1000, "voided": 600}
    assert merchant.act(payment, "void")[1]["error"]["code"] == "already_captured"


def test_void_lets_the_money_go_and_nothing_can_be_captured(merchant: Merchant) -> None:
    payment = merchant.paid()
    status, voided = merchant.act(payment, "void")
    assert (status, voided["status"], voided["closed"]) == (200, "voided", True)
    assert voided["facts"] == {**NOTHING, "authorised": 1600, "voided": 1600}
    assert merchant.act(payment, "capture", 1600)[1]["error"]["code"] == "already_voided"
    assert merchant.act(payment, "void")[1]["error"]["code"] == "already_voided"


@pytest.mark.parametrize(("action", "amount"), [("capture", 1600), ("void", None)])
def test_an_unpaid_payment_has_nothing_to_move(
    merchant: Merchant, action: str, amount: int | None
) -> None:
    payment = merchant.create()
    status, body = merchant.act(payment, action, amount)
    assert (status, body["error"]["code"]) == (409, "not_authorised")
    assert merchant.look(payment) == payment


def test_more_than_is_there_can_be_neither_captured_nor_refunded(merchant: Merchant) -> None:
    payment = merchant.paid()
    assert merchant.act(payment, "capture", 1601)[1]["error"]["code"] == "amount_too_large"
    merchant.act(payment, "capture", 1600)
    assert merchant.act(payment, "refund", 1601)[1]["error"]["code"] == "amount_too_large"
    assert merchant.look(payment)["facts"] == {**NOTHING, "authorised": 1600, "captured": 1600}


def test_refunds_add_up_to_what_was_captured(merchant: Merchant) -> None:
    payment = merchant.paid()
    merchant.act(payment, "capture", 1600)
    merchant.act(payment, "refund", 600, key="r1")
    status, refunded = merchant.act(payment, "refund", 1000, key="r2")
    assert (status, refunded["status"], refunded["facts"]["refunded"]) == (200, "refunded", 1600)
    assert [(r["key"], r["amount"], r["status"]) for r in refunded["refunds"]] == [
        ("r1", 600, "succeeded"),
        ("r2", 1000, "succeeded"),
    ]
    assert merchant.act(payment, "refund", 1, key="r3")[0] == 409


def test_a_pending_refund_is_in_no_fact_but_cannot_be_asked_for_twice(
    merchant: Merchant, provider: Settings
) -> None:
    provider.PROVIDER = {**provider.PROVIDER, "REFUND_SECONDS": 60}
    payment = merchant.paid()
    merchant.act(payment, "capture", 1600)
    _, asked = merchant.act(payment, "refund", 1600, key="r1")
    assert asked["facts"]["refunded"] == 0
    assert asked["refunds"][0]["status"] == "pending"
    assert merchant.act(payment, "refund", 1600, key="r2")[0] == 409
    make_due()
    run_due_timers()
    run_due_timers()
    assert merchant.look(payment)["facts"]["refunded"] == 1600
    assert Event.objects.filter(type="payment.refunded").count() == 1


def test_close_ends_an_unpaid_payment(merchant: Merchant) -> None:
    payment = merchant.create()
    status, closed = merchant.act(payment, "close", key="x")
    assert (status, closed["status"], closed["closed"]) == (200, "closed", True)
    assert closed["facts"] == NOTHING
    assert merchant.pay(payment, "approve").status_code == 409
    assert merchant.look(payment)["facts"] == NOTHING


def test_close_moves_no_money_of_a_paid_payment(merchant: Merchant) -> None:
    payment = merchant.paid()
    _, closed = merchant.act(payment, "close")
    assert (closed["status"], closed["closed"]) == ("authorised", True)
    assert closed["facts"] == payment["facts"]
    assert merchant.act(payment, "capture", 1600)[1]["facts"]["captured"] == 1600


def test_an_unpaid_payment_expires(merchant: Merchant) -> None:
    payment, paid = merchant.create("a", expires_in=60), merchant.create("b", expires_in=60)
    merchant.pay(paid, "approve")
    make_due()
    run_due_timers()
    expired = merchant.look(payment)
    assert expired["closed"]
    assert expired["last_error"]["code"] == "payment_expired"
    assert merchant.look(paid)["facts"]["authorised"] == 1600


def test_parallel_captures_take_the_money_once(merchant: Merchant) -> None:
    payment = merchant.paid()
    answers = in_parallel(8, lambda n: Merchant().act(payment, "capture", 1600, key=f"c{n}")[0])
    assert sorted(answers) == [200] + [409] * 7
    assert merchant.look(payment)["facts"]["captured"] == 1600
    assert Event.objects.filter(type="payment.captured").count() == 1


def test_parallel_refunds_never_give_back_too_much(merchant: Merchant) -> None:
    payment = merchant.paid()
    merchant.act(payment, "capture", 1600)
    answers = in_parallel(8, lambda n: Merchant().act(payment, "refund", 800, key=f"r{n}")[0])
    assert sorted(answers) == [200] * 2 + [409] * 6
    assert merchant.look(payment)["facts"]["refunded"] == 1600
    assert Refund.objects.count() == 2


def test_capture_and_void_at_once_do_one_of_them(merchant: Merchant) -> None:
    payment = merchant.paid()
    calls = [("capture", 1600), ("void", None)] * 3
    answers = in_parallel(6, lambda n: Merchant().act(payment, *calls[n])[0])
    assert sorted(answers) == [200] + [409] * 5
    facts = merchant.look(payment)["facts"]
    assert facts["captured"] + facts["voided"] == 1600


GOOD = {"amount": 5, "currency": "EUR", "reference": "r", "return_url": "https://s.example/"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": 1.5},
        {"amount": True},
        {"amount": "5"},
        {"amount": 10**13},
        {"currency": "eur"},
        {"currency": "EURO"},
        {"currency": 978},
        {"reference": ""},
        {"reference": "x" * 201},
        {"reference": "a\x00b"},
        {"digest": 7},
        {"return_url": "javascript:alert(1)"},
        {"return_url": "//evil.example/"},
        {"return_url": "/\\evil.example/"},
        {"return_url": "http://[/"},
        {"return_url": ""},
        {"expires_in": 0},
        {"expires_in": "soon"},
        {"expires_in": True},
    ],
    ids=str,
)
def test_a_malformed_payment_is_refused_in_words(merchant: Merchant, wrong: dict[str, Any]) -> None:
    status, body = merchant.post("payments", {**GOOD, **wrong})
    assert (status, body["error"]["code"]) == (400, "malformed")
    assert next(iter(wrong)) in body["error"]["message"]
    assert not Payment.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", "5", '"a"', "[" * 60_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(merchant: Merchant, body: str) -> None:
    answer = merchant.http.post(
        "/provider/v1/payments", body, "application/json", headers=merchant.auth
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


def test_a_huge_body_is_refused(merchant: Merchant) -> None:
    status, body = merchant.post("payments", {**GOOD, "digest": "x" * 70_000})
    assert (status, body["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic the-api-key", "Bearer", "Bearer é"])
def test_without_the_key_nothing_is_told(merchant: Merchant, header: str) -> None:
    payment = merchant.create()
    merchant.auth = {"Authorization": header}
    assert merchant.get(f"payments/{payment['id']}")[0] == 401
    assert merchant.post("payments", GOOD)[0] == 401
    assert merchant.act(payment, "close")[0] == 401


def test_unknown_payments_and_methods_are_said_so(merchant: Merchant) -> None:
    payment = merchant.create()
    assert merchant.get("payments/pay_none")[0] == 404
    assert merchant.get("payments?reference=none")[0] == 404
    assert merchant.get("payments")[0] == 400
    assert merchant.act({"id": "pay_none"}, "close")[0] == 404
    answer = merchant.http.put(f"/provider/v1/payments/{payment['id']}", headers=merchant.auth)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
