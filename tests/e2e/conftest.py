"""One running product and one browser for all browser tests of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import chromium
from tests.e2e.stack import Stack

PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The product, started once."""
    with Stack() as running:
        yield running


@pytest.fixture(scope="session")
def hasty_stack() -> Iterator[Stack]:
    """The product with a payment window of a few seconds."""
    with Stack(CHECKOUT_PAYMENT_WINDOW="6") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A shopper's browser with cookies of its own."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB") as opened:
        opened.set_default_timeout(PATIENCE_MS)
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()
