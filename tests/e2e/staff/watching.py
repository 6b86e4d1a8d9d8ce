"""The page that a shopper has open: it is looked at, and never touched or loaded again."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.browsing import expect_state
from tests.e2e.ordering import Ordering

PAY = "#checkout-progress a[href*='/pay/']"


class Opened:
    """A shopper's open page. `order` pays and presses for them, outside of any browser."""

    def __init__(self, order: Ordering, page: Page) -> None:
        self.order, self.page, self.id = order, page, order.id
        page.goto(order.url)
        page.evaluate("window.opened = 'once'")

    def shows(self, state: str) -> None:
        """Wait until the page shows this state by itself."""
        expect_state(self.page, state)
        self._is_untouched()

    def says(self, heading: str) -> None:
        """Wait until the page says this by itself."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self._is_untouched()

    def tells_of_money(self, words: str) -> None:
        """Wait until the money line says this by itself."""
        expect(self.page.locator(".money-line")).to_contain_text(re.compile(words))
        self._is_untouched()

    def held_until(self) -> str:
        """Until when the page says that the items are held."""
        return str(self.page.locator(".countdown").get_attribute("data-until"))

    def pay_link(self) -> str:
        """Where the page leads to for paying."""
        return str(self.page.locator(PAY).get_attribute("href"))

    def leads_elsewhere_than(self, link: str) -> None:
        """Wait until the page by itself leads to another payment."""
        expect(self.page.locator(PAY)).not_to_have_attribute("href", link)
        self._is_untouched()

    def _is_untouched(self) -> None:
        assert self.page.evaluate("window.opened") == "once", "the page was loaded again"
