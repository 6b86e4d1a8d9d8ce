"""What happens to a checkout from elsewhere, while its page stays open and is not touched."""

from __future__ import annotations

import httpx2
from playwright.sync_api import Page

from tests import patience
from tests.e2e.stack import Stack
from tests.ports import PLAIN_HTTP


def pay_at(page: Page, stack: Stack, outcome: str) -> None:
    """Decide at the provider's, while the page of the checkout stays open."""
    link = page.locator("#checkout-progress a[href*='/pay/']").get_attribute("href")
    address, data = str(httpx2.URL(stack.url).join(str(link))), {"outcome": outcome}
    answer = httpx2.post(address, data=data, timeout=patience.SECONDS, verify=PLAIN_HTTP)
    assert answer.status_code == 303, answer.text
