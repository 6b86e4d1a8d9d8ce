"""A shopper with a browser: from the grid of products to the receipt."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import patience

MUG, BOWL = "MUG-TIDE", "BOWL-DUNE"
PROGRESS = re.compile(r"/checkout/([0-9a-f-]{36})/(\?returned=1)?$")
PROVIDER = re.compile(r"/provider/pay/")
PATIENCE_MS = patience.SECONDS * 1000


def open_context(browser: Browser, **how: Any) -> BrowserContext:
    """A browser with cookies of its own, as patient as the tests."""
    opened = browser.new_context(**how)
    opened.set_default_timeout(PATIENCE_MS)
    return opened


def fill_basket(page: Page, site: str, sku: str = MUG) -> None:
    """Take a product from the grid, look into the basket, and say where it goes."""
    page.goto(f"{site}/")
    page.emulate_media(reduced_motion="reduce")  # the toast stays until somebody is ready to click
    page.locator(f'[data-sku="{sku}"]').get_by_role("button", name="Add").click()
    page.get_by_role("link", name="View basket").click()
    page.emulate_media(reduced_motion=None)
    fill_delivery(page)


def fill_delivery(page: Page) -> None:
    """The delivery form of the basket, and the wait until its last change is kept."""
    form = page.locator("#details")
    form.get_by_label("E-mail").fill("mara@example.com")
    form.get_by_label("Full name").fill("Mara Quist")
    form.get_by_label("Street and house number").fill("Kaistrasse 4")
    form.get_by_label("Postcode").fill("20457")
    form.get_by_label("Town or city").fill("Hamburg")
    form.get_by_label("Country").select_option("DE")


def place_order(page: Page) -> str:
    """Press the button; the id of the checkout whose page it leads to."""
    page.get_by_role("button", name="Place order").click()
    page.wait_for_url(PROGRESS)
    return id_of(page)


def start(page: Page, site: str, sku: str = MUG) -> str:
    """Everything up to the button that leads to the payment page."""
    fill_basket(page, site, sku)
    checkout = place_order(page)
    expect_state(page, "awaiting_payment")
    return checkout


def id_of(page: Page) -> str:
    """The id of the checkout whose page this is."""
    found = PROGRESS.search(page.url)
    assert found is not None, f"{page.url} is not the page of a checkout"
    return found.group(1)


def expect_state(page: Page, state: str) -> None:
    """Wait until the page shows this state, without touching it."""
    expect(page.locator("#checkout-progress")).to_have_attribute("data-state", state)


def ask_to_cancel(page: Page) -> None:
    """Press what leads to the question whether the order is to be cancelled."""
    page.locator("details.cancel > summary").click()


def cancel(page: Page) -> None:
    """Cancel, and mean it."""
    ask_to_cancel(page)
    page.get_by_role("button", name="Yes, cancel this order").click()


def go_to_provider(page: Page) -> None:
    """From the live page to the provider's."""
    page.locator("#checkout-progress").get_by_role(
        "link", name=re.compile("^Pay |card|again")
    ).click()
    page.wait_for_url(PROVIDER)


def pay_by_card(page: Page, card: str) -> None:
    """Choose a test card on the provider's page and press its button."""
    page.get_by_role("radio", name=card).check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def pay(page: Page) -> None:
    """Pay with a good card and come back."""
    go_to_provider(page)
    pay_by_card(page, "Approved")
    page.wait_for_url(PROGRESS)
