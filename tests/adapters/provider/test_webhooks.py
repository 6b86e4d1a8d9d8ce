"""Webhooks: signed, tried again until they arrive, sent by nobody twice at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone
from pytest_django import Settings

from project.provider.deliveries import Timers, run_due_timers
from project.provider.models import Delivery, Event, Payment
from project.provider.webhooks import PAUSES, Receipt, claim, note, send_now
from tests import patience
from tests.adapters.provider.conftest import SECRET, Listener, Merchant, make_due
from tests.adapters.provider.test_payments import in_parallel

SECRETS = {SECRET: SECRET.encode(), "whsec_" + base64.b64encode(b"k" * 24).decode(): b"k" * 24}


@pytest.mark.parametrize("secret", SECRETS)
def test_the_signature_is_that_of_standard_webhooks(
    merchant: Merchant, listener: Listener, provider: Settings, timers: Timers, secret: str
) -> None:
    provider.PROVIDER = {**provider.PROVIDER, "WEBHOOK_SECRET": secret}
    merchant.paid()
    (message,) = listener.wait_for(1)
    event_id, stamp = message.headers["webhook-id"], message.headers["webhook-timestamp"]
    signed = f"{event_id}.{stamp}.".encode() + message.body
    expected = base64.b64encode(hmac.new(SECRETS[secret], signed, hashlib.sha256).digest()).decode()
    assert message.headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(stamp) - time.time()) < patience.SECONDS
    assert json.loads(message.body)["id"] == event_id
    assert message.headers["content-type"] == "application/json"


def test_a_webhook_leaves_within_a_moment_of_the_payment(
    merchant: Merchant, listener: Listener
) -> None:
    loop = Timers(every=10 * patience.SECONDS)  # it does not look by itself as long as we wait
    loop.start()
    merchant.paid()
    listener.wait_for(1)
    loop.stop()


def test_a_refused_webhook_is_sent_again_with_the_same_id_and_body(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    listener.answers = [500, 302]
    merchant.paid()
    listener.wait_for(1)
    first, second, third = listener.wait_for(3)
    assert first.body == second.body == third.body
    assert len({message.headers["webhook-id"] for message in (first, second, third)}) == 1


def test_the_pauses_grow_and_end_after_a_day(merchant: Merchant) -> None:
    merchant.paid()
    (delivery,) = Delivery.objects.all()
    pauses = []
    for _ in range(len(PAUSES) + 1):
        parcel = claim(delivery.pk)
        assert parcel is not None
        note(parcel, Receipt(False, "HTTP 503"))
        delivery.refresh_from_db()
        pauses.append(round((delivery.due_at - timezone.now()).total_seconds()))
    assert pauses == [*PAUSES, PAUSES[-1]]
    Delivery.objects.update(give_up_at=timezone.now() + timedelta(minutes=1))
    parcel = claim(delivery.pk)
    assert parcel is not None
    note(parcel, Receipt(False, "HTTP 503"))
    assert claim(delivery.pk) is None
    delivery.refresh_from_db()
    assert (delivery.given_up, delivery.last_answer) == (True, "HTTP 503")


def test_a_silent_merchant_is_noted_and_tried_later(merchant: Merchant) -> None:
    merchant.paid()
    (delivery,) = Delivery.objects.all()
    send_now((delivery.pk,))
    delivery.refresh_from_db()
    assert (delivery.tries, delivery.delivered_at, delivery.lease_until) == (1, None, None)
    assert "ConnectError" in delivery.last_answer


def test_of_many_that_claim_one_delivery_one_gets_it(merchant: Merchant) -> None:
    merchant.paid()
    (delivery,) = Delivery.objects.all()
    claims = in_parallel(8, lambda number: claim(delivery.pk))
    assert len([parcel for parcel in claims if parcel]) == 1


def test_a_dead_sender_s_delivery_is_taken_over_and_its_late_note_is_void(
    merchant: Merchant,
) -> None:
    merchant.paid()
    (delivery,) = Delivery.objects.all()
    dead = claim(delivery.pk)
    assert dead is not None
    assert claim(delivery.pk) is None
    lapsed = timezone.now() - timedelta(seconds=1)
    Delivery.objects.update(lease_until=lapsed)
    assert claim(delivery.pk) is not None
    note(dead, Receipt(True, "HTTP 204"))
    assert Delivery.objects.get().delivered_at is None


def test_two_loops_send_everything_once(merchant: Merchant, listener: Listener) -> None:
    payments = [merchant.create(f"r{number}") for number in range(12)]
    loops = [Timers(every=0.01), Timers(every=0.01)]
    for loop in loops:
        loop.start()
    for payment in payments:
        merchant.pay(payment, "pending_approve", delay="0.05")
    listener.wait_for(12)
    for loop in loops:
        loop.stop()
    ids = [message.headers["webhook-id"] for message in listener.received]
    assert len(ids) == len(set(ids)) == 12
    assert Event.objects.count() == Delivery.objects.exclude(delivered_at=None).count() == 12


def test_what_a_stopped_loop_left_is_sent_by_the_next(
    merchant: Merchant, listener: Listener
) -> None:
    payment = merchant.create()
    merchant.pay(payment, "pending_approve")
    make_due()
    loop = Timers(every=0.02)
    loop.start()
    listener.wait_for(1)
    loop.stop()
    assert not loop.is_alive()
    assert Delivery.objects.get().delivered_at is not None


def test_no_transaction_is_open_while_a_webhook_is_sent(
    merchant: Merchant, listener: Listener
) -> None:
    """The merchant's endpoint can write to the provider's own rows while it is being told."""
    written: list[int] = []

    def meanwhile() -> None:
        written.append(Payment.objects.update(digest="written meanwhile"))
        connections.close_all()

    listener.meanwhile = meanwhile
    payment = merchant.create()
    assert merchant.pay(payment, "webhook_first").status_code == 303
    listener.wait_for(1)
    assert written == [1]
    assert not connection.in_atomic_block


def test_one_slow_merchant_call_does_not_hold_up_the_others(
    merchant: Merchant, listener: Listener, timers: Timers
) -> None:
    release, waiting = threading.Event(), threading.Event()

    def first_waits() -> None:
        if not waiting.is_set():
            waiting.set()
            release.wait()

    listener.meanwhile = first_waits
    merchant.paid(reference="slow")
    assert waiting.wait(patience.SECONDS)
    merchant.paid(reference="quick")
    (message,) = listener.wait_for(1)
    assert json.loads(message.body)["data"]["reference"] == "quick"
    release.set()
    listener.wait_for(2)


def test_one_bad_timer_does_not_stop_the_others(merchant: Merchant) -> None:
    bad, good = merchant.create("bad"), merchant.create("good")
    for payment in (bad, good):
        merchant.pay(payment, "pending_approve")
    Payment.objects.filter(pk=bad["id"]).update(amount=-5)
    make_due()
    run_due_timers()
    assert merchant.look(good)["facts"]["authorised"] == 1600
    assert merchant.look(bad)["facts"]["authorised"] == 0
