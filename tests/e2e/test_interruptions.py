"""The line is cut, the server is restarted, there is no script, there is no mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.e2e.browsing import (
    MUG,
    PROGRESS,
    PROVIDER,
    expect_state,
    fill_delivery,
    open_context,
    pay,
    pay_by_card,
    place_order,
    start,
)
from tests.e2e.conftest import Console
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack
from tests.patience import eventually

# In the production form `test_chaos.py` does the like to every state.
pytestmark = pytest.mark.pages
# What a browser says by itself when there is nobody at the other end.
CUT = ["net::ERR_", "WebSocket connection", "/django_htmx/", "undefined"]
TABS_AT_MOST = 80


def pay_elsewhere(browser: Browser, address: str) -> None:
    """Pay on another device, which has no cookie of the shop's."""
    with open_context(browser) as other:
        elsewhere = other.new_page()
        elsewhere.goto(address)
        pay_by_card(elsewhere, "Approved")
        elsewhere.wait_for_url(PROGRESS)


def payment_address(page: Page, stack: Stack) -> str:
    """Where the page leads to for the payment."""
    link = page.get_by_role("link", name=re.compile("^Pay ")).get_attribute("href")
    return str(link) if str(link).startswith("http") else f"{stack.url}{link}"


def test_says_that_the_line_is_cut_and_then_the_truth(
    page: Page, stack: Stack, console: Console, browser: Browser
) -> None:
    console.expected += CUT
    start(page, stack.url)
    address = payment_address(page, stack)
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    pay_elsewhere(browser, address)
    expect_state(page, "awaiting_payment")  # it cannot know yet
    page.context.set_offline(False)
    expect_state(page, "completed")
    expect(page.locator("#connection")).to_be_hidden()


def test_comes_back_after_a_restart_of_the_server(
    page: Page, stack: Stack, console: Console, browser: Browser
) -> None:
    console.expected += CUT
    start(page, stack.url)
    address = payment_address(page, stack)
    name = "web" if stack.production else "demo"
    stack.kill(name)
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    stack.start_all()
    pay_elsewhere(browser, address)
    expect_state(page, "completed")
    expect(page.locator("#connection")).to_be_hidden()


def test_finds_out_that_the_line_died_without_a_word(
    page: Page, stack: Stack, console: Console, browser: Browser
) -> None:
    """A phone that changed its network, or slept: the browser believes in its socket for minutes."""
    died: list[bool] = []

    def line(ours: WebSocketRoute) -> None:
        theirs = ours.connect_to_server()
        ours.on_message(lambda said: None if died else theirs.send(said))
        theirs.on_message(lambda said: None if died else ours.send(said))

    console.expected += CUT
    page.route_web_socket("**/ws/**", line)
    start(page, stack.url)
    address = payment_address(page, stack)
    died.append(True)
    pay_elsewhere(browser, address)
    expect_state(page, "completed")


def test_buys_without_javascript(
    browser: Browser, stack: Stack, console: Console, ledgers: Ledgers
) -> None:
    with open_context(browser, java_script_enabled=False, locale="en-GB") as plain:
        console.watch(plain)
        page = plain.new_page()
        page.goto(f"{stack.url}/")
        page.locator(f'[data-sku="{MUG}"]').get_by_role("button", name="Add").click()
        page.wait_for_url(re.compile("/cart/$"))
        fill_delivery(page)
        checkout = place_order(page)
        refresh_until(page, "awaiting_payment")
        pay(page)
        refresh_until(page, "completed")
        page.get_by_role("link", name="See your receipt").click()
        [(number, _)] = ledgers.orders(checkout)
        expect(page.locator("article.receipt")).to_contain_text(number)


def refresh_until(page: Page, state: str) -> None:
    """What the page itself asks for every ten seconds, only sooner."""

    def shown() -> bool:
        page.goto(page.url.split("?")[0])
        return page.locator("#checkout-progress").get_attribute("data-state") == state

    eventually(shown, page.content)


def test_buys_with_the_keyboard_alone(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    page.emulate_media(reduced_motion="reduce")  # the toast stays until it was looked at
    page.goto(f"{stack.url}/")
    tab_to(page, "Add Tide mug to the basket")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="View basket")).to_be_visible()
    page.goto(f"{stack.url}/cart/")
    for label, typed in (
        ("E-mail", "mara@example.com"),
        ("Full name", "Mara Quist"),
        ("Street and house number", "Kaistrasse 4"),
        ("Postcode", "20457"),
        ("Town or city", "Hamburg"),
        ("Country", "Germany"),
    ):
        tab_to(page, label)
        page.keyboard.type(typed)
    tab_to(page, "Place order")
    page.keyboard.press("Enter")
    page.wait_for_url(PROGRESS)
    checkout = page.url.split("/")[-2]
    expect_state(page, "awaiting_payment")
    tab_to(page, "Pay ")
    page.keyboard.press("Enter")
    page.wait_for_url(PROVIDER)
    tab_to(page, "Pay ")  # the good card is chosen already
    page.keyboard.press("Enter")
    page.wait_for_url(PROGRESS)
    expect_state(page, "completed")
    assert page.evaluate("() => document.activeElement.tagName") in ("H1", "BODY")
    tab_to(page, "See your receipt")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/summary/$"))
    assert len(ledgers.orders(checkout)) == 1


FOCUSED = r"""() => {
  const at = document.activeElement, label = at.labels && at.labels[0];
  const seen = getComputedStyle(at), of = label ? getComputedStyle(label) : seen;
  const shown = (s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0)
    || s.boxShadow !== 'none';
  const name = (label || at).textContent.replace(/\s+/g, ' ').trim();
  return {name, visible: shown(seen) || shown(of)};
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus; the focus can be seen on all of it."""
    for _ in range(TABS_AT_MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["name"].startswith(name):
            assert focused["visible"], f"The focus on {name!r} cannot be seen."
            return
    raise AssertionError(f"{TABS_AT_MOST} tabs did not lead to {name!r} on {page.url}.")
