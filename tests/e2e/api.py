"""A shopper without a browser: the REST interface and the provider's hosted page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx2

from tests import patience
from tests.patience import eventually
from tests.ports import PLAIN_HTTP


class Shopper:
    """Buys through the API of a running site."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.http = httpx2.Client(base_url=site, timeout=patience.SECONDS, verify=PLAIN_HTTP)
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

    def wait_for(self, *states: str) -> dict[str, Any]:
        """Look until the checkout is in one of these states."""
        return self.until(lambda seen: seen["state"] in states)

    def until(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Look until what is seen is as wanted. Raises AssertionError when it never is."""
        seen = self.look()

        def is_as_wanted() -> object:
            nonlocal seen
            seen = self.look()
            return wanted(seen)

        eventually(is_as_wanted, lambda: f"It is still {seen['state']}: {seen}")
        return seen

    def pay(self, outcome: str = "approve") -> httpx2.Response:
        """POST an outcome to exactly the address that the shopper is sent to."""
        url = self.wait_for("awaiting_payment")["payment"]["action"]["url"]
        data = {"outcome": outcome}
        return httpx2.post(url, data=data, timeout=patience.SECONDS, verify=PLAIN_HTTP)

    def command(self, name: str) -> httpx2.Response:
        """confirm, retry, abort or extend."""
        path = f"/api/v1/checkouts/{self.id}/{name}"
        return self.http.post(path, json={}, headers=self.authorization)
