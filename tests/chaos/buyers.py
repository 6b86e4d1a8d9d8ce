"""A shopper in bad times: asks again, at the other web process, until somebody answers."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

from tests.ports import PLAIN_HTTP

PATIENCE_SECONDS = 40.0
ANSWER_SECONDS = 10.0
FINAL = ("completed", "aborted")


def new_client() -> httpx2.Client:
    """A client for one thread of shoppers."""
    return httpx2.Client(timeout=ANSWER_SECONDS, trust_env=False, verify=PLAIN_HTTP)


class GaveUp(Exception):
    """The shopper has waited long enough, or has seen that there is nothing more to do."""


@dataclass
class Purchase:
    """What a shopper set out to do, and what became of it as far as the shopper knows."""

    kind: str
    id: str = ""
    seen: str = ""  # the last state that was shown
    version: int = 0
    abort_taken: bool = False
    complaints: list[str] = field(default_factory=list)


class Buyer:
    """One shopper with one purchase. `answers` counts the status codes of all shoppers together."""

    def __init__(
        self,
        http: httpx2.Client,
        sites: list[str],
        kind: str,
        random: Random,
        answers: Counter[int],
        window: float,
    ) -> None:
        self.http, self.sites, self.random, self.answers = http, sites, random, answers
        self.purchase, self.window = Purchase(kind), window
        self._site = random.randrange(len(sites))
        self._bearer: dict[str, str] = {}

    def ask(self, method: str, url: str, **how: Any) -> httpx2.Response:
        """One request, until there is an answer below 500. A path is asked of one site after another.

        Raises GaveUp.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            whole = f"{self.sites[self._site]}{url}" if url.startswith("/") else url
            try:
                answer = self.http.request(method, whole, **how)
            except httpx2.HTTPError:
                self.answers[0] += 1
            else:
                self.answers[answer.status_code] += 1
                if answer.status_code < 500:
                    return answer
            self._site = (self._site + 1) % len(self.sites)
            time.sleep(self.random.uniform(0.1, 0.4))
        raise GaveUp(f"no answer from {url}")

    def place(self, lines: dict[str, int], coupons: list[str]) -> None:
        """Make a cart and place the order. What cannot be had is left out once. Raises GaveUp."""
        cart = self._cart(lines, coupons)
        self._start(cart)
        if self.purchase.kind == "double_click":
            first = self.purchase.id
            self._start(cart)
            if self.purchase.id != first:
                self.purchase.complaints.append("One cart was made into two checkouts.")

    def _cart(self, lines: dict[str, int], coupons: list[str]) -> dict[str, Any]:
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]
        answer = self.ask("POST", "/api/v1/carts", json={"lines": wanted, "coupons": coupons})
        if answer.status_code != 201 and coupons:
            answer = self.ask("POST", "/api/v1/carts", json={"lines": wanted})
        if answer.status_code != 201:
            raise GaveUp(f"no cart: {answer.text}")
        made: dict[str, Any] = answer.json()
        return made

    def _start(self, cart: dict[str, Any]) -> None:
        proof = {"cart_id": cart["id"], "cart_token": cart["cart_token"]}
        key = {"Idempotency-Key": uuid.UUID(int=self.random.getrandbits(128)).hex}
        answer = self.ask("POST", "/api/v1/checkouts", json=proof, headers=key)
        if answer.status_code not in (200, 201):
            raise GaveUp(f"not started: {answer.text}")
        self.purchase.id = answer.json()["id"]
        self._bearer = {"Authorization": f"Bearer {answer.json()['token']}"}

    def look(self) -> dict[str, Any]:
        """The checkout as it is shown. It never goes back, and its end never changes."""
        path = f"/api/v1/checkouts/{self.purchase.id}"
        answer = self.ask("GET", path, headers=self._bearer)
        if answer.status_code != 200:
            raise GaveUp(f"not shown: {answer.text}")
        seen: dict[str, Any] = answer.json()
        mine = self.purchase
        if seen["version"] < mine.version:
            mine.complaints.append(f"It was shown at {mine.version}, then at {seen['version']}.")
        if mine.seen in FINAL and seen["state"] != mine.seen:
            mine.complaints.append(f"It was shown as {mine.seen}, then as {seen['state']}.")
        mine.version, mine.seen = seen["version"], seen["state"]
        return seen

    def wait_for_page(self, attempt: int = 1) -> str:
        """Where this attempt is paid. Raises GaveUp when it cannot be paid any more."""
        until, pause = time.monotonic() + self.window + PATIENCE_SECONDS, 0.2
        while time.monotonic() < until:
            seen = self.look()
            action = seen["payment"]["action"]
            if action and seen["payment"]["attempt"] >= attempt:
                url: str = action["url"]
                return url
            if seen["state"] in (*FINAL, "aborting", "payment_confirmed"):
                break
            time.sleep(pause)
            pause = min(pause * 1.6, 2.0)
        raise GaveUp("it cannot be paid any more")

    def wait_for_end(self, seconds: float) -> None:
        """Watch for the end, but not for ever."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.look()["state"] not in FINAL:
            time.sleep(self.random.uniform(0.6, 1.4))

    def choose(self, outcome: str, page: str = "", **more: str) -> httpx2.Response:
        """POST an outcome to the provider's page."""
        data = {"outcome": outcome, **more}
        return self.ask("POST", page or self.wait_for_page(), data=data)

    def command(self, name: str) -> int:
        """confirm, retry, abort or extend; the status code."""
        path = f"/api/v1/checkouts/{self.purchase.id}/{name}"
        status = self.ask("POST", path, json={}, headers=self._bearer).status_code
        self.purchase.abort_taken |= name == "abort" and status in (200, 202)
        return status
