"""One running product and one browser for all browser tests of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebError,
    expect,
    sync_playwright,
)

from tests.browser import chromium
from tests.e2e.api import Shopper
from tests.e2e.browsing import PATIENCE_MS, open_context
from tests.e2e.ledgers import Ledgers
from tests.e2e.ordering import BadDays
from tests.e2e.stack import Stack

# Told once: on SQLite the same pages are cut off, restarted and reloaded by test_interruptions.py.
collect_ignore = [] if Stack.production else ["test_chaos.py"]


class Console:
    """What browsers complained about. A test that cuts the line says which complaints it expects."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of a browser, also to those that are opened later."""
        context.on("console", self._said)
        context.on("weberror", self._threw)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def _threw(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def unexpected(self) -> list[str]:
        """The complaints that no expected text is part of."""
        return [c for c in self.complaints if not any(text in c for text in self.expected)]


@pytest.fixture(scope="package")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the product mails."""
    return tmp_path_factory.mktemp("mails")


@pytest.fixture(scope="package")
def stack(mails: Path) -> Iterator[Stack]:
    """The product, started once."""
    with Stack(EMAIL_URL=f"filemail:///{mails}") as running:
        yield running


@pytest.fixture(scope="module")
def hasty_stack() -> Iterator[Stack]:
    """The product with a payment window of a few seconds."""
    with Stack(CHECKOUT_PAYMENT_WINDOW="6") as running:
        yield running


@pytest.fixture
def arrive() -> Iterator[Callable[[Stack], Shopper]]:
    """Lets a shopper come to a product; all of them leave with the test."""
    with ExitStack() as leaving:
        yield lambda to: leaving.enter_context(closing(Shopper(to.url)))


@pytest.fixture
def ledgers(stack: Stack) -> Ledgers:
    """The tables of the product."""
    return Ledgers(stack)


@pytest.fixture
def bad_days(stack: Stack) -> Iterator[BadDays]:
    """A provider that can be made to fail, and is well again after the test."""
    days = BadDays(stack)
    yield days
    days.end()


# Not longer than this folder: while Playwright lives, a loop runs in the thread of the tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def console() -> Iterator[Console]:
    """Fails the test when a browser has logged an error, a warning or a policy violation."""
    watched = Console()
    yield watched
    assert watched.unexpected() == []


@pytest.fixture
def context(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """A shopper's browser with cookies of its own."""
    look = {"width": 1280, "height": 900}
    with open_context(browser, viewport=look, locale="en-GB") as opened:
        console.watch(opened)
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()
