"""One Idempotency-Key has one effect, whatever is repeated, mixed up or cut off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from project.provider import ledger
from project.provider.models import ApiCall, Event, Payment, Refund
from tests.adapters.provider.conftest import Merchant
from tests.adapters.provider.test_payments import GOOD, in_parallel


def test_a_repeated_create_answers_the_same_payment(merchant: Merchant) -> None:
    first, second = merchant.create("r"), merchant.create("r")
    assert first == second
    assert Payment.objects.count() == 1


def test_a_replay_says_so_and_tells_what_is_true_now(merchant: Merchant) -> None:
    payment = merchant.create("r")
    merchant.pay(payment, "approve")
    assert merchant.create("r")["facts"]["authorised"] == 1600
    answer = merchant.http.post(
        "/provider/v1/payments",
        {**GOOD, "amount": 1600, "digest": "d1", "return_url": "https://shop.example/checkout/1/"},
        "application/json",
        headers={**merchant.auth, "Idempotency-Key": '"create:r"'},
    )
    assert (answer.status_code, answer["Idempotent-Replayed"]) == (201, "true")


@pytest.mark.parametrize(("action", "amount"), [("capture", 1600), ("void", None), ("close", None)])
def test_a_repeated_action_has_one_effect(
    merchant: Merchant, action: str, amount: int | None
) -> None:
    payment = merchant.paid() if action != "close" else merchant.create()
    first = merchant.act(payment, action, amount, key="k")
    assert first[0] == 200
    assert merchant.act(payment, action, amount, key="k") == first
    assert Event.objects.exclude(type="payment.authorised").count() == 1


def test_a_repeated_refund_gives_back_once(merchant: Merchant) -> None:
    payment = merchant.paid()
    merchant.act(payment, "capture", 1600, key="c")
    first = merchant.act(payment, "refund", 500, key="r")
    assert merchant.act(payment, "refund", 500, key="r") == first
    assert first[1]["facts"]["refunded"] == 500
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("other", [{"amount": 6}, {"currency": "USD"}, {"digest": "x"}])
def test_the_same_key_with_another_body_is_422(
    merchant: Merchant, other: dict[str, object]
) -> None:
    assert merchant.post("payments", GOOD, key="k")[0] == 201
    status, body = merchant.post("payments", {**GOOD, **other}, key="k")
    assert (status, body["error"]["code"]) == (422, "key_reused")
    assert Payment.objects.count() == 1


def test_the_same_key_for_another_call_is_422(merchant: Merchant) -> None:
    payment = merchant.create()
    assert merchant.act(payment, "close", key="k")[0] == 200
    assert merchant.act(payment, "void", key="k")[0] == 422


def test_a_refusal_is_repeated_word_for_word(merchant: Merchant) -> None:
    payment = merchant.create()
    refused = merchant.act(payment, "capture", 1600, key="k")
    assert refused[0] == 409
    merchant.pay(payment, "approve")
    assert merchant.act(payment, "capture", 1600, key="k") == refused
    assert merchant.act(payment, "capture", 1600, key="k2")[0] == 200


def test_malformed_requests_leave_their_key_free(merchant: Merchant) -> None:
    assert merchant.post("payments", {**GOOD, "amount": 0}, key="k")[0] == 400
    assert merchant.post("payments", GOOD, key="k")[0] == 201


def test_a_key_in_flight_is_409_until_its_lease_is_over(merchant: Merchant) -> None:
    merchant.create("r")
    ApiCall.objects.update(status=None, payment=None)
    Payment.objects.all().delete()
    asked = {
        **GOOD,
        "amount": 1600,
        "digest": "d1",
        "return_url": "https://shop.example/checkout/1/",
    }
    status, body = merchant.post("payments", asked, key="create:r")
    assert (status, body["error"]["code"]) == (409, "key_in_flight")
    assert not Payment.objects.exists()
    ApiCall.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert merchant.post("payments", asked, key="create:r")[0] == 201


def test_parallel_requests_with_one_key_have_one_effect(merchant: Merchant) -> None:
    answers = in_parallel(8, lambda n: Merchant().post("payments", GOOD, key="k"))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body["id"] for status, body in answers if status == 201}) == 1
    assert Payment.objects.count() == 1


def test_a_bug_in_the_middle_leaves_nothing_and_frees_the_key(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = merchant.paid()

    def broken(*args: object) -> None:
        raise RuntimeError("a bug after the money was taken")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "record", broken)
        merchant.http.raise_request_exception = False
        answer = merchant.http.post(
            f"/provider/v1/payments/{payment['id']}/capture",
            {"amount": 1600},
            "application/json",
            headers={**merchant.auth, "Idempotency-Key": "k"},
        )
        assert answer.status_code == 500
        assert answer.content.startswith(b"Something went wrong on our side.")
    assert merchant.look(payment) == payment
    assert merchant.act(payment, "capture", 1600, key="k")[0] == 200


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(merchant: Merchant, key: str) -> None:
    assert merchant.post("payments", GOOD, key=key)[0] == 400
    assert not Payment.objects.exists()
