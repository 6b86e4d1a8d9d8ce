"""What happens to a checkout from elsewhere, while its page stays open and is not touched."""

from __future__ import annotations

import httpx2
from playwright.sync_api import Page

from tests.e2e.stack import Stack


def pay_at(page: Page, stack: Stack, outcome: str) -> None:
    """Decide at the provider's, while the page of the checkout stays open."""
    link = page.locator("#checkout-progress a[href*='/pay/']").get_attribute("href")
    answer = httpx2.post(str(httpx2.URL(stack.url).join(str(link))), data={"outcome": outcome})
    assert answer.status_code == 303, answer.text
