"""Webhooks: signed, small, known providers; stored once; 2xx only after the commit (SEC-15)."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client

from checkout import bootstrap
from checkout.adapters.inbound.webhooks import MOST_BYTES
from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.testing.proof.world import World
from tests.contracts.documents import PROBLEM

URL = "/webhooks/payments/simulated/"


def send(body: Any, signature: str = "valid", url: str = URL, **more: Any) -> Any:
    """What the provider does. It has no cookie and no CSRF token."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-Signature": signature} if signature else {}
    client = Client(enforce_csrf_checks=True)
    return client.generic("POST", url, data, "application/json", headers=headers, **more)


def message(world: World, event: str = "evt_1", **more: str) -> dict[str, str]:
    """A message about the newest payment."""
    reference = world.payments.last.reference if world.payments.payments else "pay_1"
    known = {"merchant_reference": f"{world.id}:payments.initiate:1", "reference": reference}
    return {"id": event, "kind": "payment.updated", **known, **more}


def code_of(answer: Any) -> str:
    """The problem's word."""
    assert answer["Content-Type"] == PROBLEM
    return str(json.loads(answer.content)["code"])


def test_a_message_makes_the_checkout_ask_the_provider(world: World) -> None:
    """A9: whoever brings it has no session."""
    world.start()
    world.tick()
    world.payments.pay()
    world.bell.rung.clear()
    assert send(message(world)).status_code == 202
    assert world.bell.rung == [world.id]
    assert world.checkout.state == "awaiting_payment"
    world.tick()
    assert world.checkout.state == "completed"


def test_a_message_that_lies_changes_nothing(world: World) -> None:
    world.start()
    world.tick()
    assert send(message(world, status="captured", amount="999999")).status_code == 202
    world.tick()
    assert world.checkout.state == "awaiting_payment"


def test_a_repeated_message_is_stored_once(world: World) -> None:
    """C9: one row per provider and message."""
    world.start()
    world.tick()
    answers = [send(message(world)).status_code for _ in range(3)]
    assert answers == [202, 200, 200]
    assert CheckoutInbox.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "invalid"])
def test_an_unsigned_message_is_refused_and_noted(
    world: World, signature: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.start()
    with caplog.at_level(logging.WARNING, "checkout.security"):
        answer = send(message(world), signature)
    assert (answer.status_code, code_of(answer)) == (401, "bad_signature")
    assert CheckoutInbox.objects.count() == 0
    assert "bad signature" in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b"\xff"])
def test_a_signed_message_without_sense_is_refused(world: World, body: bytes) -> None:
    answer = send(body)
    assert (answer.status_code, code_of(answer)) == (400, "malformed")
    assert CheckoutInbox.objects.count() == 0


def test_a_huge_body_is_not_read(world: World) -> None:
    answer = send(b"x" * (MOST_BYTES + 1))
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert code_of(send(b"x" * MOST_BYTES)) == "malformed"


def test_only_known_providers_are_heard(world: World, settings: LazySettings) -> None:
    stranger = "/webhooks/payments/stripe/"
    assert code_of(send({}, url=stranger)) == "unknown_provider"
    settings.CHECKOUT = {**settings.CHECKOUT, "PROVIDERS": ["stripe"]}
    bootstrap.use(world.services)
    assert send({}).status_code == 404
    assert send(message(world), url=stranger).status_code == 202
    assert CheckoutInbox.objects.get().source == "provider:stripe"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_a_message(world: World, method: str) -> None:
    answer = Client().generic(method, URL)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_message_that_could_not_be_stored_is_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("gone")

    world.start()
    world.tick()
    with monkeypatch.context() as broken:
        broken.setattr(CheckoutInbox.objects, "create", away)
        answer = send(message(world))
    assert (answer.status_code, code_of(answer)) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert send(message(world)).status_code == 202


def test_a_message_that_comes_too_early_is_kept(world: World) -> None:
    """C1: stored first, then answered with 2xx."""
    early = {**message(world), "merchant_reference": "", "reference": "pay_1"}
    assert send(early).status_code == 202
    assert CheckoutInbox.objects.get().checkout_id is None
    world.start()
    world.tick()
    parked = CheckoutInbox.objects.get()
    assert parked.checkout_id == world.id
    world.payments.pay()
    world.tick()
    assert world.checkout.state == "completed"
