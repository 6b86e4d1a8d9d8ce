"""Browsers that are listened to, on the product and in the Chromium of the folder above."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.accessibility.listening import give_ears
from tests.e2e.browsing import open_context


@pytest.fixture(scope="module")
def accessible(browser: Browser) -> Iterator[BrowserContext]:
    """One shopper's browser for all tests of a module, listened to in every page."""
    look = {"width": 1280, "height": 900}
    with open_context(browser, viewport=look, locale="en-GB") as opened:
        give_ears(opened)
        yield opened


@pytest.fixture
def shop(accessible: BrowserContext) -> Iterator[Page]:
    """One tab of it."""
    page = accessible.new_page()
    yield page
    page.close()
