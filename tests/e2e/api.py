"""A shopper without a browser: the REST interface and the provider's hosted page."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx2


class Shopper:
    """Buys through the API of a running site."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.http = httpx2.Client(base_url=site, timeout=30, follow_redirects=False)
        self.id = ""
        self.token = ""

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def cart(self, lines: dict[str, int], coupons: tuple[str, ...] = ()) -> dict[str, Any]:
        """A new cart: quantities by sku."""
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]
        answer = self.http.post("/api/v1/carts", json={"lines": wanted, "coupons": list(coupons)})
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    def place_order(self, cart: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Start the checkout of a cart."""
        answer = self.http.post(
            "/api/v1/checkouts",
            json={"cart_id": cart["id"], "cart_token": cart["cart_token"]},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )
        answer.raise_for_status()
        started: dict[str, Any] = answer.json()
        self.id, self.token = started["id"], started["token"]
        return started

    @property
    def authorization(self) -> dict[str, str]:
        """The bearer header."""
        return {"Authorization": f"Bearer {self.token}"}

    def look(self) -> dict[str, Any]:
        """The checkout as it is now."""
        answer = self.http.get(f"/api/v1/checkouts/{self.id}", headers=self.authorization)
        answer.raise_for_status()
        seen: dict[str, Any] = answer.json()
        return seen

    def wait_for(self, *states: str, seconds: float = 30) -> dict[str, Any]:
        """Look until the checkout is in one of these states."""
        return self.until(lambda seen: seen["state"] in states, seconds)

    def until(self, wanted: Callable[[dict[str, Any]], Any], seconds: float = 30) -> dict[str, Any]:
        """Look until what is seen is as wanted. Raises AssertionError after so many seconds."""
        end = time.monotonic() + seconds
        while not wanted(seen := self.look()):
            if time.monotonic() > end:
                raise AssertionError(f"After {seconds} s it is still {seen['state']}: {seen}")
            time.sleep(0.03)
        return seen

    def pay(self, outcome: str = "approve") -> httpx2.Response:
        """POST an outcome to exactly the address that the shopper is sent to."""
        url = self.wait_for("awaiting_payment")["payment"]["action"]["url"]
        return httpx2.post(url, data={"outcome": outcome}, timeout=30, follow_redirects=False)

    def command(self, name: str) -> httpx2.Response:
        """confirm, retry, abort or extend."""
        path = f"/api/v1/checkouts/{self.id}/{name}"
        return self.http.post(path, json={}, headers=self.authorization)
