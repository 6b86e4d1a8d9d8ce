"""No mouse, with scripts and without: whatever a shopper may do with a running checkout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.e2e.accessibility.deciding import pay_at
from tests.e2e.accessibility.listening import focused, tab_to
from tests.e2e.accessibility.measuring import inspect
from tests.e2e.browsing import MUG, PROGRESS, PROVIDER, fill_delivery, open_context
from tests.e2e.stack import Stack
from tests.patience import eventually

SCRIPT = re.compile(r"<script.*?</script>|</?noscript>", re.S)


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """A shopper's browser that runs no scripts."""
    with open_context(browser, java_script_enabled=False, locale="en-GB") as opened:
        yield opened


@dataclass
class Hands:
    """A shopper without a mouse, on one tab of a browser that runs scripts or does not."""

    page: Page
    scripts: bool

    def press(self, name: str) -> None:
        """Go there with Tab, from wherever the focus is, and press Enter."""
        tab_to(self.page, name)
        if self.scripts:
            self.page.keyboard.press("Enter")
            return
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def wait_for(self, heading: str) -> None:
        """Until the page says so; without scripts it is asked again, as it asks itself, but sooner."""
        self.look_for(self.page.get_by_role("heading", level=1, name=heading))
        expect(self.page).to_have_title(re.compile(re.escape(heading)))

    def look_for(self, shown: Locator) -> None:
        """Until this is on the page."""
        if self.scripts:
            expect(shown).to_be_visible()
            return

        def is_there() -> bool:
            self.page.goto(self.page.url.split("?")[0])
            return shown.is_visible()

        eventually(lambda: shown.is_visible() or is_there(), self.page.content)

    def order(self, stack: Stack) -> None:
        """A basket, and the button that places the order."""
        self.page.emulate_media(reduced_motion="reduce")  # a toast stays until it was looked at
        self.page.goto(f"{stack.url}/products/{MUG}/")
        self.press('button "Add to basket"')
        if self.scripts:
            self.page.get_by_role("status").filter(has_text="in your basket").wait_for()
            self.press('link "Basket')
        self.page.emulate_media(reduced_motion=None)
        self.page.wait_for_url("**/cart/")
        fill_delivery(self.page)
        self.press('button "Place order')
        self.page.wait_for_url(PROGRESS)
        self.wait_for("Ready to pay")


@pytest.fixture(params=["with scripts", "without scripts"])
def hands(request: pytest.FixtureRequest, accessible: BrowserContext) -> Iterator[Hands]:
    """A tab of either browser."""
    scripts = request.param == "with scripts"
    page = (accessible if scripts else request.getfixturevalue("plain")).new_page()
    yield Hands(page, scripts)
    page.close()


def test_more_time_another_card_and_the_receipt(hands: Hands, stack: Stack) -> None:
    page = hands.page
    hands.order(stack)
    until = page.locator(".countdown time").get_attribute("datetime")
    hands.press('button "I need more time"')
    hands.look_for(page.locator(f".countdown time:not([datetime='{until}'])"))
    pay_at(page, stack, "decline")
    hands.wait_for("Payment declined")
    hands.press('button "Try another card"')
    hands.wait_for("Ready to pay")
    hands.press('link "Pay ')
    page.wait_for_url(PROVIDER)
    hands.press('button "Pay ')  # the good card is chosen already
    page.wait_for_url(PROGRESS)
    hands.wait_for("Thank you")
    hands.press('link "See your receipt"')
    page.wait_for_url(re.compile("/summary/$"))
    hands.press('link "Back to the shop"')
    expect(page).to_have_url(f"{stack.url}/")


def test_an_order_is_cancelled(hands: Hands, stack: Stack) -> None:
    hands.order(stack)
    hands.press("Cancel this order")
    hands.press("Yes, cancel this order")
    hands.wait_for("You cancelled this order")
    hands.look_for(hands.page.get_by_role("link", name="Back to basket"))  # all is given back
    hands.press('link "Back to basket"')
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Your basket")


def test_mistakes_are_led_to_without_scripts(plain: BrowserContext, stack: Stack) -> None:
    hands = Hands(plain.new_page(), scripts=False)
    hands.page.goto(f"{stack.url}/products/{MUG}/")
    hands.press('button "Add to basket"')
    hands.page.get_by_label("E-mail").fill("nonsense")
    hands.press('button "Place order')
    expect(hands.page).to_have_title(re.compile("^Error: "))
    assert focused(hands.page).startswith("alert")
    hands.page.keyboard.press("Tab")
    hands.page.keyboard.press("Enter")
    assert "[invalid]" in focused(hands.page)
    hands.page.close()


def test_what_is_shown_without_scripts_only(shop: Page, stack: Stack) -> None:
    def without_scripts(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=SCRIPT.sub("", answer.text()))

    Hands(shop, scripts=True).order(stack)
    shop.route(re.compile(r"/checkout/[^/]+/\?live=0$"), without_scripts)
    shop.goto(f"{shop.url}?live=0")
    expect(shop.get_by_role("button", name="I have paid: look now")).to_be_visible()
    expect(shop.get_by_role("link", name="Look again")).to_be_visible()
    assert inspect(shop) == []
