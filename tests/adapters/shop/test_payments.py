"""The payments adapter: against the real provider over HTTP, and against one that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from checkout.domain.exceptions import Refused, Unavailable
from checkout.domain.value_objects.money import Money
from project.shop.adapters.payments import SimulatedPayments
from tests import patience
from tests.adapters.same_answer import SameAnswer, same_answer
from tests.adapters.shop.conftest import new_key
from tests.ports import PLAIN_HTTP

SIXTEEN = Money(1600, "EUR")
SECRET = "a-secret-for-webhooks"


@pytest.mark.urls("project.provider.site_urls")
@pytest.mark.django_db(transaction=True)
class TestWithTheProvider:
    @pytest.fixture
    def payments(self, live_server: LiveServer, settings: Settings) -> SimulatedPayments:
        settings.PROVIDER = {
            "BASE_URL": f"{live_server.url}/provider",
            "API_KEY": "k",
            "WEBHOOK_SECRET": SECRET,
            "WEBHOOK_URL": "http://127.0.0.1:9/nobody",
            "TIMEOUT": patience.SECONDS,
        }
        return SimulatedPayments()

    def begun(self, payments: SimulatedPayments, outcome: str = "") -> tuple[str, str]:
        key = new_key("payments.initiate")
        begun = payments.initiate(key, SIXTEEN, "digest", "https://shop.example/back/")
        if outcome:
            data, url = {"outcome": outcome}, begun.action["url"]
            answer = httpx2.post(
                url, data=data, trust_env=False, timeout=patience.SECONDS, verify=PLAIN_HTTP
            )
            assert answer.status_code == 303
        return key, begun.reference

    def test_a_payment_from_its_start_to_its_refund(self, payments: SimulatedPayments) -> None:
        key, reference = self.begun(payments, "approve")
        facts = payments.lookup(key, reference)
        assert (facts.authorised, facts.captured) == (1600, 0)
        assert (facts.currency, facts.digest) == ("EUR", "digest")
        capture = new_key("payments.capture")
        for _ in range(2):
            assert payments.capture(capture, reference, SIXTEEN).captured == 1600
        refund = new_key("payments.refund")
        for _ in range(2):
            assert payments.refund(refund, reference, SIXTEEN).returned == 1600

    def test_the_same_key_is_the_same_payment(self, payments: SimulatedPayments) -> None:
        key, reference = self.begun(payments)
        again = payments.initiate(key, SIXTEEN, "digest", "https://shop.example/back/")
        assert again.reference == reference
        assert again.action["type"] == "redirect"

    def test_an_unanswered_payment_is_found_by_its_key(self, payments: SimulatedPayments) -> None:
        key, _ = self.begun(payments, "approve")
        assert payments.lookup(key, "").authorised == 1600
        assert payments.lookup(new_key("payments.initiate"), "").paid == 0

    def test_a_closed_payment_is_unpaid_for_good(self, payments: SimulatedPayments) -> None:
        _, reference = self.begun(payments)
        facts = payments.close(new_key("payments.close"), reference)
        assert (facts.closed, facts.paid) == (True, 0)

    def test_a_decline_says_why(self, payments: SimulatedPayments) -> None:
        key, reference = self.begun(payments, "decline")
        facts = payments.lookup(key, reference)
        assert (facts.closed, facts.paid) == (True, 0)
        assert facts.error

    def test_a_void_lets_go(self, payments: SimulatedPayments) -> None:
        _, reference = self.begun(payments, "approve")
        assert payments.void(new_key("payments.void"), reference).uncaptured == 0

    @pytest.mark.parametrize(
        ("call", "code"),
        [
            (lambda p, r: p.capture(new_key("c"), r, SIXTEEN), "capture_refused"),
            (lambda p, r: p.void(new_key("v"), r), "void_refused"),
            (lambda p, r: p.refund(new_key("r"), r, SIXTEEN), "refund_refused"),
            (lambda p, r: p.close(new_key("x"), "no-such"), "close_refused"),
            (lambda p, r: p.initiate(new_key("i"), Money(0, "EUR"), "d", "/b"), "payment_refused"),
        ],
    )
    def test_a_definite_no_is_a_refusal(
        self, payments: SimulatedPayments, call: Any, code: str
    ) -> None:
        _, reference = self.begun(payments)
        with pytest.raises(Refused) as no:
            call(payments, reference)
        assert no.value.code == code
        assert no.value.message

    def test_a_wrong_api_key_is_a_fault_of_ours(
        self, payments: SimulatedPayments, settings: Settings
    ) -> None:
        settings.PROVIDER = {**settings.PROVIDER, "API_KEY": "wrong"}
        payments._connected().headers["Authorization"] = "Bearer nonsense"
        with pytest.raises(RuntimeError, match="API key"):
            payments.lookup("key", "pay_1")


@pytest.fixture
def bad() -> Iterator[SameAnswer]:
    with same_answer() as server:
        yield server


@pytest.fixture
def payments(bad: SameAnswer, settings: Settings) -> SimulatedPayments:
    settings.PROVIDER = {
        "BASE_URL": bad.url,
        "API_KEY": "k",
        "WEBHOOK_SECRET": SECRET,
        "TIMEOUT": patience.SECONDS,
    }
    return SimulatedPayments()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (502, b"<html>Bad gateway</html>"),
        (503, b'{"error": {"code": "busy"}}'),
        (408, b"{}"),
        (429, b"{}"),
        (409, b'{"error": {"code": "key_in_flight"}}'),
        (200, b"<html>A captive portal</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"facts": {"authorised": "1600"}}'),
    ],
)
def test_what_says_nothing_about_the_payment_is_unknown(
    bad: SameAnswer, payments: SimulatedPayments, status: int, body: bytes
) -> None:
    """C6: a key that is in use is asked again later."""
    bad.status, bad.body = status, body
    with pytest.raises(Unavailable):
        payments.capture(new_key("payments.capture"), "pay_1", SIXTEEN)


def test_silence_ends_within_the_time_that_a_call_may_take(
    bad: SameAnswer, payments: SimulatedPayments, settings: Settings
) -> None:
    settings.PROVIDER = {**settings.PROVIDER, "TIMEOUT": 0.5}
    bad.hurry.clear()
    with pytest.raises(Unavailable):
        payments.close(new_key("payments.close"), "pay_1")
    assert bad.given == 0


def test_nobody_there_is_unknown(settings: Settings) -> None:
    settings.PROVIDER = {"BASE_URL": "http://127.0.0.1:9", "API_KEY": "k", "WEBHOOK_SECRET": SECRET}
    with pytest.raises(Unavailable):
        SimulatedPayments().lookup("key", "pay_1")


@pytest.mark.parametrize(
    ("base_url", "same_site", "url"),
    [
        ("http://127.0.0.1:8000/provider", None, "/provider/pay/1/"),
        ("http://localhost:8000/provider", None, "http://localhost:8000/provider/pay/1/"),
        ("https://pay.example/provider", True, "/provider/pay/1/"),
    ],
)
def test_the_page_is_relative_on_our_own_site(
    bad: SameAnswer,
    payments: SimulatedPayments,
    settings: Settings,
    base_url: str,
    same_site: bool | None,
    url: str,
) -> None:
    facts = dict.fromkeys(("authorised", "captured", "refunded", "refund_failed", "voided"), 0)
    payment = {
        "id": "pay_1",
        "currency": "EUR",
        "digest": "d",
        "facts": facts,
        "hosted_path": "/provider/pay/1/",
        "hosted_url": f"{base_url}/pay/1/",
    }
    bad.body = json.dumps(payment).encode()
    payments._connected()
    settings.PORT = 8000
    settings.PROVIDER = {**settings.PROVIDER, "BASE_URL": base_url}
    if same_site is not None:
        settings.PROVIDER = {**settings.PROVIDER, "SAME_SITE": same_site}
    begun = payments.initiate(new_key("payments.initiate"), SIXTEEN, "d", "/back/")
    assert begun.action == {"type": "redirect", "url": url}
