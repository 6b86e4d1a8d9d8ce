"""Somebody who may do everything, logged in once; each test has a browser of its own for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.browsing import MUG, open_context
from tests.e2e.conftest import Console
from tests.e2e.ledgers import Ledgers
from tests.e2e.ordering import Ordering
from tests.e2e.stack import Stack
from tests.e2e.staff.acting import Desk, log_in
from tests.e2e.staff.watching import Opened

Place = Callable[[], Opened]


@pytest.fixture(scope="package")
def logged_in(stack: Stack, browser: Browser) -> Any:
    """The cookies of a member of staff."""
    stack.environment["DJANGO_SUPERUSER_PASSWORD"] = Desk.PASSWORD
    stack.manage("createsuperuser", "--noinput", "--username", Desk.NAME, "--email", "b@shop.test")
    with open_context(browser) as context:
        log_in(context.new_page(), stack.url)
        return context.storage_state()


@pytest.fixture
def desk(
    browser: Browser, console: Console, stack: Stack, ledgers: Ledgers, logged_in: Any
) -> Iterator[Desk]:
    """A member of staff at their desk: one tab of the admin."""
    with open_context(browser, storage_state=logged_in, locale="en-GB") as context:
        console.watch(context)
        yield Desk(context.new_page(), stack.url, ledgers)


@pytest.fixture
def place(context: BrowserContext, stack: Stack) -> Iterator[Place]:
    """Places an order and opens its page, which nobody touches from then on."""
    with ExitStack() as leaving:

        def placed() -> Opened:
            order = leaving.enter_context(closing(Ordering(stack)))
            order.fill(MUG)
            order.place()
            context.add_cookies(order.cookies())
            return Opened(order, context.new_page())

        yield placed
