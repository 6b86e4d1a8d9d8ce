"""A shopper with cookies and no browser: the pages of the shop and the buttons of the checkout.

Its cookies can be given to a browser, which then has the page of the checkout to itself.
"""

from __future__ import annotations

import re
from typing import Any

import httpx2

from project.environment import derive
from tests import patience
from tests.e2e.browsing import PROGRESS
from tests.e2e.stack import Stack
from tests.ports import PLAIN_HTTP

DETAILS = {
    "email": "mara@example.com",
    "name": "Mara Quist",
    "street": "Kaistrasse 4",
    "postcode": "20457",
    "city": "Hamburg",
    "country": "DE",
    "shipping": "standard",
}
_FIELD = r'name="{}"[^>]*? value="([^"]*)"'
_ACTION = re.compile(r'class="button[^"]*" href="([^"]*/pay/[^"]*)"')
_SHOWN = re.compile(
    r'data-version="(\d+)" data-state="(\w+)".*?<h1[^>]*>(.*?)</h1>'
    r'.*?<p class="money-line[^>]*>(.*?)</p>',
    re.S,
)


class Ordering:
    """One shopper. `url` is the page of the checkout once it was placed."""

    def __init__(self, stack: Stack) -> None:
        self.site, self.url, self.id = stack.url, "", ""
        self.http = httpx2.Client(
            base_url=stack.url, timeout=patience.SECONDS, verify=PLAIN_HTTP, follow_redirects=True
        )

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def fill(self, sku: str) -> None:
        """Take a product into the basket."""
        self._press("/", "/cart/add/", {"sku": sku})

    def place(self) -> None:
        """Place the order."""
        basket = self.http.get("/cart/").text
        seen = {name: self._field(name, basket) for name in ("cart_id", "seen_total")}
        answer = self._press("/cart/", "/cart/place/", {**DETAILS, **seen})
        found = PROGRESS.search(str(answer.url))
        assert found is not None, answer.text
        self.url, self.id = str(answer.url), found.group(1)

    def command(self, kind: str) -> None:
        """Press a button of the page."""
        self._press(self.url, f"{self.url}{kind}/", {})

    def play(self, outcome: str, **more: str) -> None:
        """What happens on the payment page."""
        found = _ACTION.search(self.http.get(self.url).text)
        assert found is not None, self.shown()
        address = httpx2.URL(self.site).join(found.group(1))
        data = {"outcome": outcome, **more}
        answer = httpx2.post(address, data=data, timeout=patience.SECONDS, verify=PLAIN_HTTP)
        assert answer.status_code in (200, 303), answer.text

    def shown(self) -> tuple[str, ...]:
        """Version, state, heading and money line as the server tells them now."""
        found = _SHOWN.search(self.http.get(self.url).text)
        assert found is not None
        return tuple(
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", part)).strip() for part in found.groups()
        )

    def cookies(self) -> list[Any]:
        """As a browser takes them."""
        return [{"name": n, "value": v, "url": self.site} for n, v in self.http.cookies.items()]

    def _press(self, page: str, action: str, fields: dict[str, str]) -> httpx2.Response:
        token = self._field("csrfmiddlewaretoken", self.http.get(page).text)
        answer = self.http.post(action, data={**fields, "csrfmiddlewaretoken": token})
        assert answer.status_code == 200, answer.text
        return answer

    def _field(self, name: str, page: str) -> str:
        found = re.search(_FIELD.format(name), page)
        assert found is not None, f"no field {name}"
        return found.group(1)


class BadDays:
    """Plans what the provider does wrong, and forgets it."""

    def __init__(self, stack: Stack) -> None:
        base = stack.environment.get("PROVIDER_URL", f"{stack.url}/provider")
        key = derive(stack.environment["SECRET_KEY"], "provider api key")
        self._url, self._proof = f"{base}/v1/faults", {"Authorization": f"Bearer {key}"}

    def fail(self, method: str) -> None:
        """Every call of this method is answered with 500, and does nothing."""
        planned = {"method": method, "mode": "500", "count": 10_000}
        httpx2.post(
            self._url,
            json=planned,
            headers=self._proof,
            timeout=patience.SECONDS,
            verify=PLAIN_HTTP,
        ).raise_for_status()

    def end(self) -> None:
        """From now on everything goes well."""
        httpx2.delete(
            self._url, headers=self._proof, timeout=patience.SECONDS, verify=PLAIN_HTTP
        ).raise_for_status()
