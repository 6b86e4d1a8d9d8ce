"""A merchant of the provider: calls its API, pays on its page, listens to its webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from project.provider.deliveries import Timers
from project.provider.models import Delivery, Timer
from tests import patience

KEY = "the-api-key"
SECRET = "the-webhook-secret"
RETURN_URL = "https://shop.example/checkout/1/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here sees the provider's own site, and threads that commit."""
    for item in items:
        if "adapters/provider" in item.path.as_posix():
            item.add_marker(pytest.mark.urls("project.provider.site_urls"))
            item.add_marker(pytest.mark.django_db(transaction=True))


@dataclass
class Received:
    """One webhook as it came in: lower-case header names, raw body."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """A merchant's webhook endpoint. `answers` are given first, then 204 for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    meanwhile: Callable[[], None] = lambda: None

    def take(self, message: Received) -> int:
        """Keep it and say the status to answer."""
        self.meanwhile()
        with self.arrived:
            self.received.append(message)
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else 204

    def wait_for(self, count: int) -> list[Received]:
        """The first messages once there are `count`; fails if they do not come."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: len(self.received) >= count, patience.SECONDS)
            assert came, f"{len(self.received)} of {count} webhooks came"
            return list(self.received)


class Merchant:
    """The API client of a shop; `Client` checks CSRF so that exemptions are seen to work."""

    def __init__(self) -> None:
        self.http = Client(enforce_csrf_checks=True)
        self.auth = {"Authorization": f"Bearer {KEY}"}

    def post(self, path: str, content: object = None, key: str = "") -> tuple[int, dict[str, Any]]:
        """POST JSON to `v1/…`; status and body."""
        headers = {**self.auth, **({"Idempotency-Key": key} if key else {})}
        answer = self.http.post(
            f"/provider/v1/{path}", content, "application/json", headers=headers
        )
        return answer.status_code, answer.json()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """GET `v1/…`; status and body."""
        answer = self.http.get(f"/provider/v1/{path}", headers=self.auth)
        return answer.status_code, answer.json()

    def create(self, reference: str = "checkout-1:1", **other: object) -> dict[str, Any]:
        """A new payment of EUR 16.00."""
        asked = {
            "amount": 1600,
            "currency": "EUR",
            "reference": reference,
            "digest": "d1",
            "return_url": RETURN_URL,
            **other,
        }
        status, payment = self.post("payments", asked, key=f"create:{reference}")
        assert status == 201, payment
        return payment

    def look(self, payment: dict[str, Any]) -> dict[str, Any]:
        """The payment as it is now."""
        return self.get(f"payments/{payment['id']}")[1]

    def act(
        self, payment: dict[str, Any], action: str, amount: int | None = None, key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """close, capture, void or refund."""
        content = {} if amount is None else {"amount": amount}
        return self.post(f"payments/{payment['id']}/{action}", content, key)

    def pay(self, payment: dict[str, Any], outcome: str, **fields: object) -> Any:
        """What a load generator does: POST the outcome to the hosted page."""
        return self.http.post(payment["hosted_path"], {"outcome": outcome, **fields})

    def paid(
        self, outcome: str = "approve", reference: str = "checkout-1:1", **other: object
    ) -> dict[str, Any]:
        """A new payment after this outcome, as it is then."""
        payment = self.create(reference, **other)
        self.pay(payment, outcome)
        return self.look(payment)


@pytest.fixture
def merchant() -> Merchant:
    return Merchant()


@pytest.fixture(autouse=True)
def provider(settings: Settings) -> Settings:
    """The provider's settings, with webhooks that nobody hears."""
    settings.PROVIDER = {
        "BASE_URL": "https://pay.example/provider",
        "API_KEY": KEY,
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_URL": "http://127.0.0.1:9/nobody",
    }
    return settings


@pytest.fixture
def listener(provider: Settings) -> Iterator[Listener]:
    """The merchant's endpoint, listening; webhooks go there."""
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(heard.take(Received(headers, body)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any, **named: Any) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/"
    provider.PROVIDER = {**provider.PROVIDER, "WEBHOOK_URL": heard.url}
    yield heard
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def timers(db: None) -> Iterator[Timers]:
    """The provider's loop, running."""
    loop = Timers(every=0.02)
    loop.start()
    yield loop
    loop.stop()


def make_due() -> None:
    """Let time pass: everything that waits is due now."""
    Timer.objects.update(due_at=timezone.now())
    Delivery.objects.filter(delivered_at=None).update(due_at=timezone.now(), lease_until=None)
