"""The payments port over the API of the simulated provider: real HTTP, nothing shared with it."""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from checkout.application.ports.outbound.payments_port import PaymentInitiated, ProviderMessage
from checkout.domain.exceptions import Refused, Unavailable
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts
from project.shop.adapters.standard_webhooks import verify

IN_FLIGHT = "key_in_flight"
AMOUNTS = ("authorised", "captured", "refunded", "refund_failed", "voided")
TIMEOUT = 2.0  # seconds for a whole call, unless PROVIDER["TIMEOUT"] says otherwise


class SimulatedPayments:
    """Talks to the provider at `settings.PROVIDER["BASE_URL"]`. One client serves all threads."""

    transactional = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def initiate(self, key: str, money: Money, digest: str, return_url: str) -> PaymentInitiated:
        """Create the payment, or find the one of this key; see `PaymentsPort.initiate`."""
        wanted = {
            **money.to_json(),
            "reference": key,
            "digest": digest,
            "return_url": return_url,
        }
        try:
            payment = self._post("payments", key, wanted, "payment_refused")
        except Refused as no:
            # The provider has forgotten the key, but not the payment: this was our own create.
            if no.detail.get("reason") != "reference_taken":
                raise
            payment = self._find(key)
        return PaymentInitiated(_text(payment, "id"), _action(payment), _facts(payment))

    def lookup(self, key: str, reference: str) -> PaymentFacts:
        """What is true now; a payment that was never created has no facts at all."""
        try:
            return _facts(self._get(f"payments/{reference}") if reference else self._find(key))
        except _NotFound:
            return PaymentFacts()

    def close(self, key: str, reference: str) -> PaymentFacts:
        """Let nobody pay it any more; see `PaymentsPort.close`."""
        return _facts(self._post(f"payments/{reference}/close", key, {}, "close_refused"))

    def capture(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Take the authorised money; see `PaymentsPort.capture`."""
        asked = {"amount": money.amount}
        return _facts(self._post(f"payments/{reference}/capture", key, asked, "capture_refused"))

    def void(self, key: str, reference: str) -> PaymentFacts:
        """Let the authorised money go; see `PaymentsPort.void`."""
        return _facts(self._post(f"payments/{reference}/void", key, {}, "void_refused"))

    def refund(self, key: str, reference: str, money: Money) -> PaymentFacts:
        """Ask for captured money to be given back; see `PaymentsPort.refund`."""
        asked = {"amount": money.amount}
        return _facts(self._post(f"payments/{reference}/refund", key, asked, "refund_refused"))

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderMessage:
        """Verify, then read; see `PaymentsPort.parse_webhook`."""
        message_id = verify(headers, body, settings.PROVIDER["WEBHOOK_SECRET"])
        try:
            event = json.loads(body)
            kind, payment = event["type"], event["data"]
            reference, merchant = payment["id"], payment["reference"]
        except (ValueError, RecursionError, KeyError, TypeError):
            raise Refused("malformed", "The message is not an event of this provider.") from None
        if not all(isinstance(text, str) for text in (kind, reference, merchant)):
            raise Refused("malformed", "The message names no payment.")
        return ProviderMessage(message_id, kind, merchant, reference, event)

    def _find(self, key: str) -> dict[str, Any]:
        return self._get("payments", reference=key)

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        return self._call("GET", path, "lookup_refused", params=query)

    def _post(self, path: str, key: str, content: dict[str, Any], code: str) -> dict[str, Any]:
        return self._call("POST", path, code, json=content, headers={"Idempotency-Key": f'"{key}"'})

    def _call(self, method: str, path: str, code: str, **how: Any) -> dict[str, Any]:
        """The JSON object of the answer. No answer and every 5xx are Unavailable: unknown."""
        try:
            answer = self._connected().request(method, f"v1/{path}", **how)
        except (httpx2.HTTPError, httpx2.InvalidURL) as silence:
            raise Unavailable(f"The provider did not answer: {type(silence).__name__}.") from None
        return _understood(answer, code)

    def _connected(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                said = settings.PROVIDER
                self._client = httpx2.Client(
                    base_url=said["BASE_URL"].rstrip("/") + "/",
                    headers={"Authorization": f"Bearer {said['API_KEY']}"},
                    timeout=_timeout(float(said.get("TIMEOUT", TIMEOUT))),
                    trust_env=False,
                )
                weakref.finalize(self, self._client.close)
            return self._client


class _NotFound(Refused):
    """The provider knows no such payment."""


def _timeout(seconds: float) -> httpx2.Timeout:
    """Parts that together stay below the whole: the lease on the checkout must outlive the call."""
    return httpx2.Timeout(seconds * 0.7, connect=seconds * 0.2, write=seconds * 0.05, pool=0.05)


def _understood(answer: httpx2.Response, code: str) -> dict[str, Any]:
    content = _json(answer)
    if answer.is_success:
        return content
    error = content.get("error")
    said = error if isinstance(error, dict) else {}
    reason, message = str(said.get("code", "")), str(said.get("message", ""))
    if answer.status_code in (401, 403):
        raise RuntimeError("The provider does not accept our API key: see PROVIDER['API_KEY'].")
    if answer.status_code in (408, 429) or answer.status_code >= 500 or reason == IN_FLIGHT:
        raise Unavailable(f"The provider answered {answer.status_code}.")
    kind = _NotFound if answer.status_code == 404 else Refused
    raise kind(code, message or "The provider said no.", reason=reason)


def _json(answer: httpx2.Response) -> dict[str, Any]:
    """The body as an object. A page that is none comes from something in between: unknown."""
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Unavailable(f"The provider answered {answer.status_code} without sense.")
    return content


def _facts(payment: dict[str, Any]) -> PaymentFacts:
    said, error = payment.get("facts"), payment.get("last_error") or {}
    facts = said if isinstance(said, dict) else {}
    amounts = {name: facts[name] for name in AMOUNTS if type(facts.get(name)) is int}
    if len(amounts) != len(AMOUNTS):
        raise Unavailable("The provider answered without facts.")
    return PaymentFacts(
        currency=_text(payment, "currency"),
        digest=_text(payment, "digest"),
        closed=payment.get("closed") is True,
        error=str(error.get("code", "")),
        **amounts,
    )


def _text(payment: dict[str, Any], name: str) -> str:
    text = payment.get(name)
    if not isinstance(text, str):
        raise Unavailable(f"The provider answered without {name}.")
    return text


def _action(payment: dict[str, Any]) -> dict[str, str]:
    """Where the shopper pays: a path when the provider lives on our own site, else its url."""
    field = "hosted_path" if _same_site() else "hosted_url"
    return {"type": "redirect", "url": _text(payment, field)}


def _same_site() -> bool:
    """Embedded, the worker reaches the provider at 127.0.0.1, which means nothing to a browser."""
    said = settings.PROVIDER
    ours = f"127.0.0.1:{getattr(settings, 'PORT', '')}"
    return bool(said.get("SAME_SITE", urlsplit(said["BASE_URL"]).netloc == ours))
