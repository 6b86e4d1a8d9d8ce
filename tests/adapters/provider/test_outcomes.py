"""Every situation of the hosted page, seen as a merchant sees it: by facts and webhooks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from project.provider.deliveries import Timers, run_due_timers
from project.provider.models import Event, Timer
from project.provider.outcomes import OUTCOMES
from tests.adapters.provider.conftest import RETURN_URL, Listener, Merchant, make_due

NAMES = (
    "approve decline_retry decline three_d_secure pending_approve approve_late approve_twice"
    " webhook_first out_of_order wrong_amount wrong_currency never_answer lose_webhook refund_fails"
)


def told(listener: Listener, count: int) -> list[dict[str, Any]]:
    """The first events that arrived."""
    return [json.loads(message.body) for message in listener.wait_for(count)]


def test_these_are_all_outcomes() -> None:
    assert sorted(OUTCOMES) == sorted(NAMES.split())


@pytest.mark.parametrize("outcome", ["approve", "webhook_first", "lose_webhook", "refund_fails"])
def test_approved_outcomes_authorise_in_full_and_send_the_shopper_back(
    merchant: Merchant, outcome: str
) -> None:
    payment = merchant.create()
    answer = merchant.pay(payment, outcome)
    assert (answer.status_code, answer["Location"]) == (303, RETURN_URL)
    paid = merchant.look(payment)
    assert (paid["status"], paid["facts"]["authorised"], paid["currency"]) == (
        "authorised",
        1600,
        "EUR",
    )
    assert (paid["facts"]["captured"], paid["closed"], paid["last_error"]) == (0, False, None)


def test_approve_tells_the_merchant_at_once(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.paid()
    (event,) = told(listener, 1)
    assert (event["type"], event["data"]) == ("payment.authorised", payment)


def test_decline_retry_leaves_the_page_open_for_another_card(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.create()
    answer = merchant.pay(payment, "decline_retry")
    assert (answer.status_code, answer["Location"]) == (303, payment["hosted_path"])
    declined = merchant.look(payment)
    assert (declined["status"], declined["closed"]) == ("open", False)
    assert declined["last_error"]["code"] == "card_declined"
    assert told(listener, 1)[0]["type"] == "payment.failed"
    merchant.pay(payment, "approve")
    paid = merchant.look(payment)
    assert (paid["facts"]["authorised"], paid["last_error"]) == (1600, None)


def test_decline_closes_unpaid(merchant: Merchant, listener: Listener, timers: Timers) -> None:
    payment = merchant.create()
    assert merchant.pay(payment, "decline")["Location"] == RETURN_URL
    closed = merchant.look(payment)
    assert (closed["status"], closed["closed"]) == ("closed", True)
    assert closed["last_error"]["code"] == "card_declined"
    assert closed["facts"]["authorised"] == 0
    (event,) = told(listener, 1)
    assert (event["type"], event["data"]["closed"]) == ("payment.failed", True)
    assert merchant.pay(payment, "approve").status_code == 409


@pytest.mark.parametrize(("answer", "authorised"), [("ok", 1600), ("fail", 0)])
def test_three_d_secure_asks_before_it_authorises(
    merchant: Merchant, answer: str, authorised: int
) -> None:
    payment = merchant.create()
    challenge = merchant.pay(payment, "three_d_secure")["Location"]
    assert challenge == f"{payment['hosted_path']}challenge/"
    assert merchant.look(payment) == payment
    assert merchant.pay(payment, "approve").status_code == 409
    assert merchant.http.post(challenge, {"answer": answer}).status_code == 303
    after = merchant.look(payment)
    assert after["facts"]["authorised"] == authorised
    assert (after["last_error"] or {}).get("code") == (
        None if authorised else "authentication_failed"
    )
    assert merchant.http.post(challenge, {"answer": answer}).status_code == 409


def test_a_challenge_without_an_answer_is_confirmed_in_the_app(merchant: Merchant) -> None:
    payment = merchant.create()
    merchant.pay(payment, "three_d_secure")
    run_due_timers()
    assert merchant.look(payment)["facts"]["authorised"] == 0
    make_due()
    run_due_timers()
    assert merchant.look(payment)["facts"]["authorised"] == 1600


@pytest.mark.parametrize(("outcome", "seconds"), [("pending_approve", 3), ("approve_late", 10)])
def test_late_outcomes_authorise_after_a_while(
    merchant: Merchant, outcome: str, seconds: int
) -> None:
    payment = merchant.create()
    assert merchant.pay(payment, outcome)["Location"] == RETURN_URL
    wait = Timer.objects.get().due_at - timezone.now()
    assert timedelta(seconds=seconds - 2) < wait <= timedelta(seconds=seconds)
    run_due_timers()
    assert merchant.look(payment)["status"] == "pending"
    assert not Event.objects.exists()
    make_due()
    run_due_timers()
    assert merchant.look(payment)["facts"]["authorised"] == 1600


@pytest.mark.parametrize("field", ["delay", "late_seconds"])
def test_the_form_may_say_how_late(merchant: Merchant, timers: Timers, field: str) -> None:
    payment = merchant.create()
    merchant.pay(payment, "approve_late", **{field: "3600"})
    assert Timer.objects.get().due_at > timezone.now() + timedelta(minutes=59)


@pytest.mark.parametrize("wrong", ["-1", "soon", "nan", "inf", "86401"])
def test_a_nonsense_delay_is_refused(merchant: Merchant, wrong: str) -> None:
    payment = merchant.create()
    assert merchant.pay(payment, "approve_late", delay=wrong).status_code == 400
    assert merchant.look(payment) == payment


def test_a_close_during_the_bank_s_decision_waits_for_it(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.create()
    merchant.pay(payment, "approve_late", delay="0.4")
    _, asked = merchant.act(payment, "close", key="x")
    assert (asked["status"], asked["closed"], asked["facts"]["authorised"]) == ("pending", False, 0)
    (event,) = told(listener, 1)
    assert (event["type"], event["data"]["facts"]["authorised"]) == ("payment.authorised", 1600)
    _, again = merchant.act(payment, "close", key="x")
    assert (again["closed"], again["facts"]["authorised"]) == (True, 1600)


def test_approve_twice_repeats_one_event_and_sends_another(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.paid("approve_twice")
    events = told(listener, 3)
    ids = [event["id"] for event in events]
    assert sorted(map(ids.count, set(ids))) == [1, 2]
    assert {event["type"] for event in events} == {"payment.authorised"}
    assert payment["facts"]["authorised"] == 1600


def test_webhook_first_arrives_before_the_page_answers(
    merchant: Merchant, listener: Listener
) -> None:
    payment = merchant.create()
    assert merchant.pay(payment, "webhook_first").status_code == 303
    assert [event["type"] for event in told(listener, 1)] == ["payment.authorised"]


def test_webhook_first_is_tried_again_by_the_loop_if_it_fails(
    merchant: Merchant, listener: Listener
) -> None:
    listener.answers = [500]
    merchant.paid("webhook_first")
    make_due()
    loop = Timers(every=0.02)
    loop.start()
    assert len(told(listener, 2)) == 2
    loop.stop()


def test_out_of_order_tells_of_the_failure_after_the_success(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.paid("out_of_order")
    first, second = told(listener, 2)
    assert (first["type"], second["type"]) == ("payment.authorised", "payment.failed")
    assert second["created"] < first["created"]
    assert second["data"]["facts"]["authorised"] == 0
    assert payment["facts"]["authorised"] == 1600


def test_wrong_amount_authorises_another_amount(merchant: Merchant) -> None:
    payment = merchant.paid("wrong_amount")
    assert (payment["amount"], payment["facts"]["authorised"]) == (1600, 1700)
    assert merchant.act(payment, "void")[1]["facts"]["voided"] == 1700


@pytest.mark.parametrize(("asked", "got"), [("EUR", "USD"), ("CHF", "EUR")])
def test_wrong_currency_authorises_in_another_one(merchant: Merchant, asked: str, got: str) -> None:
    payment = merchant.paid("wrong_currency", currency=asked)
    assert (payment["currency"], payment["facts"]["authorised"]) == (got, 1600)


def test_never_answer_stays_pending_until_it_is_closed(merchant: Merchant) -> None:
    payment = merchant.paid("never_answer", expires_in=60)
    make_due()
    run_due_timers()
    assert merchant.look(payment)["status"] == "pending"
    assert not Event.objects.exists()
    _, closed = merchant.act(payment, "close")
    assert (closed["status"], closed["closed"], closed["facts"]["authorised"]) == (
        "closed",
        True,
        0,
    )


def test_lose_webhook_loses_only_the_authorisation(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.paid("lose_webhook")
    merchant.act(payment, "capture", 1600)
    assert [event["type"] for event in told(listener, 1)] == ["payment.captured"]


def test_refund_fails_twice_and_then_works(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    payment = merchant.paid("refund_fails")
    merchant.act(payment, "capture", 1600)
    facts = []
    for number in range(3):
        status, after = merchant.act(payment, "refund", 1600, key=f"r{number}")
        assert status == 200
        facts.append((after["facts"]["refunded"], after["facts"]["refund_failed"]))
    assert facts == [(1600, 1600), (3200, 3200), (4800, 3200)]
    statuses = [refund["status"] for refund in after["refunds"]]
    assert statuses == ["failed", "failed", "succeeded"]
    kinds = [event["type"] for event in told(listener, 5)]
    assert (kinds.count("refund.failed"), kinds.count("payment.refunded")) == (2, 1)


def test_an_unknown_outcome_names_the_known_ones(merchant: Merchant) -> None:
    payment = merchant.create()
    answer = merchant.pay(payment, "<b>explode</b>")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "<b>explode" not in page
    assert all(name in page for name in NAMES.split())
    assert merchant.look(payment) == payment
