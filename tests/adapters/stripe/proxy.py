"""What stands between the adapter and the emulator: what the emulator lacks, and what goes wrong.

It keeps answers under idempotency keys as Stripe does (errors of its own among them), refuses what
Stripe refuses and the emulator does not, gives answers the fields of today's API, answers for
Checkout Sessions itself, and can lose an answer after the emulator has committed.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests import patience
from tests.adapters.stripe.forms import unfold
from tests.adapters.stripe.sessions import Answer, CheckoutSessions, error, page_of
from tests.ports import PLAIN_HTTP

KEY = "sk_test_for_the_emulator"
UNEXPECTED = "payment_intent_unexpected_state"
SESSIONS, INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"


@dataclass
class Request:
    """A request of the adapter: `POST /v1/refunds`, what it carried, and under which key."""

    method: str
    path: str
    said: dict[str, Any]
    key: str

    @property
    def fingerprint(self) -> str:
        """What must be the same under the same key."""
        return json.dumps([self.method, self.path, self.said], sort_keys=True)


@dataclass
class Trouble:
    """Goes wrong with the next `times` requests that end so: `lost` after it was done, `silent`
    before, `500_after` and `500_before` as Stripe's own error, `slow` until `hurry` is set."""

    method: str
    ending: str
    kind: str
    times: int = 1

    def fits(self, request: Request) -> bool:
        """Is it this request?"""
        return request.method == self.method and request.path.endswith(self.ending)


@dataclass
class Kept:
    """What is stored under an idempotency key."""

    fingerprint: str
    answer: Answer | None = None


@dataclass
class StripeProxy:
    """The address is `url`. `changed` holds fields that objects have otherwise, by their id."""

    upstream: str
    requests: list[Request] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._one_at_a_time = threading.RLock()
        headers = {"Authorization": f"Bearer {KEY}"}
        self.client = httpx2.Client(
            base_url=self.upstream,
            headers=headers,
            trust_env=False,
            timeout=patience.SECONDS,
            verify=PLAIN_HTTP,
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.sessions = CheckoutSessions(self.url, self.intent, self._cancel)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.client.close()

    def trouble(self, method: str, ending: str, kind: str, times: int = 1) -> None:
        """Plan trouble for requests whose path ends so."""
        self.troubles.append(Trouble(method, ending, kind, times))

    def sent(self, method: str, ending: str) -> list[Request]:
        """The adapter's requests of this method whose path ends so."""
        return [r for r in self.requests if r.method == method and r.path.endswith(ending)]

    def answer(self, request: Request) -> tuple[Answer, dict[str, str]] | None:
        """The answer and its headers; None when it is lost."""
        self.requests.append(request)
        trouble = self._next_trouble(request)
        if trouble == "silent":
            return None
        said, headers = self._kept(request, trouble)
        return None if trouble == "lost" else (said, headers)

    def intent(self, name: str, with_charge: bool) -> dict[str, Any]:
        """An intent as the adapter would be given it."""
        found = self._ask("GET", f"{INTENTS}/{name}", {})[1]
        return self._dressed(found, with_charge)

    def _next_trouble(self, request: Request) -> str:
        with self._lock:
            for trouble in self.troubles:
                if trouble.times and trouble.fits(request):
                    trouble.times -= 1
                    return trouble.kind
        return ""

    def _kept(self, request: Request, trouble: str) -> tuple[Answer, dict[str, str]]:
        """Stripe's idempotency: one effect per key, and one answer, also when it was an error."""
        if not (request.method == "POST" and request.key):
            return self._spoilt(request, trouble), {}
        with self._lock:
            known = self.kept.get(request.key)
            if known is None:
                self.kept[request.key] = Kept(request.fingerprint)
        if known is None:
            said = self._spoilt(request, trouble)
            self.kept[request.key].answer = said
            return said, {}
        if known.fingerprint != request.fingerprint:
            text = "Keys for idempotent requests can only be used with the same parameters."
            return error(400, text, type="idempotency_error"), {}
        if known.answer is None:
            text = "There is another request in progress with this key."
            return error(409, text, "idempotency_key_in_use"), {}
        return known.answer, {"Idempotent-Replayed": "true"}

    def _spoilt(self, request: Request, trouble: str) -> Answer:
        broken: Answer = (500, {"error": {"type": "api_error", "message": "Something went wrong."}})
        if trouble == "500_before":
            return broken
        with self._one_at_a_time:
            said = self._handled(request)
        return broken if trouble == "500_after" else said

    def _handled(self, request: Request) -> Answer:
        method, path, said = request.method, request.path, request.said
        if path.startswith(SESSIONS):
            return self.sessions.handle(method, path.removeprefix(SESSIONS), said)
        if method == "GET" and path == INTENTS:
            return 200, page_of(self._newest(said), said, path)
        refusal = self._refusal(method, path, said)
        if refusal is not None:
            return refusal
        status, content = self._ask(method, path, said)
        expanded = "latest_charge" in said.get("expand", {}).values()
        return status, self._dressed(content, expanded)

    def _refusal(self, method: str, path: str, said: dict[str, Any]) -> Answer | None:
        """What Stripe refuses with a code, and the emulator takes, breaks on or leaves nameless."""
        last = path.rsplit("/", 1)[-1]
        if method == "POST" and last in ("capture", "cancel"):
            name = path.split("/")[3]
            holding = last == "capture" or self.sessions.made(name)
            may = ("requires_capture",) if holding else _CANCELLABLE
            status = self.intent(name, False)["status"]
            if status not in may:
                text = f"This PaymentIntent could not be {last}d: it is {status}."
                return error(400, text, UNEXPECTED)
        if method == "POST" and path == "/v1/refunds":
            charge = self.intent(said["payment_intent"], True)["latest_charge"]
            left = charge["amount_captured"] - self._given_back(said["payment_intent"])
            if int(said["amount"]) > left:
                return error(400, "Refund amount is greater than the unrefunded amount on charge.")
        return None

    def _given_back(self, intent: str) -> int:
        found = self._ask("GET", "/v1/refunds", {"payment_intent": intent, "limit": "100"})[1]
        asked = [one for one in self._dressed(found, False)["data"] if one["payment_intent"]]
        return sum(one["amount"] for one in asked if one["status"] not in ("failed", "canceled"))

    def _newest(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        since = int(said.get("created", {}).get("gte", 0))
        found = self._ask("GET", INTENTS, {"limit": "1000"})[1]["data"]
        return [self._dressed(one, False) for one in reversed(found) if one["created"] >= since]

    def _cancel(self, name: str) -> object:
        return self._ask("POST", f"{INTENTS}/{name}/cancel", {})

    def _ask(self, method: str, path: str, said: dict[str, Any]) -> Answer:
        content = _folded({name: value for name, value in said.items() if name != "expand"})
        client = self.client
        found = (
            client.get(path, params=content) if method == "GET" else client.post(path, data=content)
        )
        return found.status_code, found.json()

    def _dressed(self, thing: Any, expanded: bool) -> Any:
        """With the fields of today's API, and what a test has changed."""
        if isinstance(thing, list):
            return [self._dressed(one, expanded) for one in thing]
        if not isinstance(thing, dict):
            return thing
        dressed = {name: self._dressed(value, expanded) for name, value in thing.items()}
        if dressed.get("object") == "charge":
            let_go = sum(r["amount"] for r in dressed["refunds"]["data"] if not r["payment_intent"])
            dressed["amount_captured"] = dressed["amount"] - let_go if dressed["captured"] else 0
            del dressed["refunds"]  # expandable since 2022-11-15
        if dressed.get("object") == "payment_intent":
            dressed.pop("charges", None)  # gone since 2022-11-15
            if not expanded and dressed["latest_charge"]:
                dressed["latest_charge"] = dressed["latest_charge"]["id"]
        return {**dressed, **self.changed.get(str(dressed.get("id")), {})}


_CANCELLABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
)


def _folded(said: dict[str, Any], under: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in said.items():
        path = f"{under}[{name}]" if under else name
        flat.update(_folded(value, path) if isinstance(value, dict) else {path: value})
    return flat


def _handler(proxy: StripeProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            key = self.headers.get("Idempotency-Key", "")
            said = unfold(body if self.command == "POST" else url.query)
            answered = proxy.answer(Request(self.command, url.path, said, key))
            if answered is None:
                self.close_connection = True
                return
            (status, content), headers = answered
            self._send(status, json.dumps(content).encode(), headers)

        def do_GET(self) -> None:
            self.do_POST()

        def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any, **named: Any) -> None:
            """Nothing on stderr."""

    return Handler
