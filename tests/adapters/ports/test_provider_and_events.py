"""The payments adapter with the provider over real HTTP, and the publishers that come with us."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import redis
from django.conf import settings as configured
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from checkout.adapters.outbound.messaging.checkout_event_publisher import (
    STREAM,
    LogEventPublisher,
    RedisStreamEventPublisher,
)
from checkout.testing.contracts import EventPublisherPortContract, PaymentsPortContract
from project.shop.adapters.payments import SimulatedPayments
from tests import patience
from tests.ports import PLAIN_HTTP

REDIS_URL: str = getattr(configured, "REDIS_URL", "")
SECRET = "a-secret-for-webhooks"
NOBODY = "http://127.0.0.1:9"


@pytest.mark.urls("project.provider.site_urls")
@pytest.mark.django_db(transaction=True)
class TestSimulatedPayments(PaymentsPortContract):
    """Our adapter and the simulated provider, each on its side of the network."""

    @pytest.fixture
    def port(self, live_server: LiveServer, settings: Settings) -> SimulatedPayments:
        settings.PROVIDER = self.said(f"{live_server.url}/provider", timeout=patience.SECONDS)
        self.url = f"{live_server.url}/provider"
        return SimulatedPayments()

    @pytest.fixture
    def silent(self, settings: Settings) -> SimulatedPayments:
        settings.PROVIDER = self.said(NOBODY, timeout=0.5)
        return SimulatedPayments()

    def said(self, url: str, timeout: float) -> dict[str, Any]:
        """The settings of a provider at this address."""
        return {
            "BASE_URL": url,
            "API_KEY": "k",
            "WEBHOOK_SECRET": SECRET,
            "WEBHOOK_URL": f"{NOBODY}/hooks/",
            "TIMEOUT": timeout,
        }

    def choose(self, reference: str, outcome: str) -> None:
        """What the shopper does on the hosted page."""
        page = f"{self.url}/pay/{reference}/"
        data = {"outcome": outcome}
        answer = httpx2.post(
            page, data=data, trust_env=False, timeout=patience.SECONDS, verify=PLAIN_HTTP
        )
        assert answer.status_code == 303

    def pay(self, reference: str) -> None:
        self.choose(reference, "approve")

    def pay_wrong(self, reference: str) -> None:
        self.choose(reference, "wrong_amount")

    def webhook(self, reference: str, key: str) -> tuple[dict[str, str], bytes]:
        event = {"type": "payment.authorised", "data": {"id": reference, "reference": key}}
        body, stamp = json.dumps(event).encode(), str(int(time.time()))
        signed = b".".join((b"evt_1", stamp.encode(), body))
        digest = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())
        headers = {
            "webhook-id": "evt_1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{digest.decode()}",
        }
        return headers, body


class TestLogEventPublisher(EventPublisherPortContract):
    """One line of the log per event."""

    @pytest.fixture
    def port(self, caplog: pytest.LogCaptureFixture) -> Iterator[LogEventPublisher]:
        self.log = caplog
        with caplog.at_level(logging.INFO, "checkout.events"):
            yield LogEventPublisher()

    def received(self) -> list[str]:
        return [record.getMessage().split()[-1] for record in self.log.records]


class RedisStreamContract(EventPublisherPortContract):
    """One entry of a Redis stream per event; run wherever a Redis is configured."""

    @pytest.fixture
    def port(self) -> RedisStreamEventPublisher:
        return RedisStreamEventPublisher(REDIS_URL)

    @pytest.fixture
    def silent(self) -> RedisStreamEventPublisher:
        return RedisStreamEventPublisher("redis://127.0.0.1:9/0")

    def received(self) -> list[str]:
        reader = redis.Redis.from_url(REDIS_URL, decode_responses=True)
        entries: Any = reader.xrange(STREAM)
        reader.close()
        return [fields["id"] for _, fields in entries]


if REDIS_URL:
    TestRedisStreamEventPublisher = type(
        "TestRedisStreamEventPublisher", (RedisStreamContract,), {}
    )
