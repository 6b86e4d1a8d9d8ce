"""Everything is clicked twice, sent twice, reloaded, gone back from and opened twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests import patience
from tests.e2e.browsing import (
    PROGRESS,
    PROVIDER,
    ask_to_cancel,
    expect_state,
    fill_basket,
    go_to_provider,
    id_of,
    open_context,
    pay,
    pay_by_card,
    start,
)
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack

# Two submissions within one turn of the page's loop: no disabled button can come between them.
# A button that a newer fragment has just replaced is none any more: then the new one is looked for.
TWICE = "button => button.isConnected && (button.click(), button.click(), true)"


def twice(button: Locator) -> None:
    """Two clicks that nothing can come between."""
    expect(button).to_be_visible()
    while not button.evaluate(TWICE):
        pass


def commands(ledgers: Ledgers, checkout: str, edge: str) -> int:
    """How often the history of a checkout holds a change of this kind."""
    found = ledgers.rows(
        "SELECT COUNT(*) FROM checkout_checkouthistory"
        " WHERE REPLACE(CAST(checkout_id AS TEXT), '-', '') = ? AND edge = ?",
        checkout.replace("-", ""),
        edge,
    )
    return int(found[0][0])


def test_everything_is_clicked_twice(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    checkouts = ledgers.rows("SELECT COUNT(*) FROM checkout_checkoutsession")[0][0]
    fill_basket(page, stack.url)
    twice(page.get_by_role("button", name="Place order"))
    page.wait_for_url(PROGRESS)
    checkout = id_of(page)
    expect_state(page, "awaiting_payment")
    twice(page.get_by_role("button", name="I need more time"))
    go_to_provider(page)
    twice(page.get_by_role("button", name="Decline for good"))
    page.wait_for_url(PROGRESS)
    twice(page.get_by_role("button", name="Try another card"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready to pay")
    go_to_provider(page)
    page.get_by_role("radio", name="Approved").check()
    twice(page.locator("form").first.get_by_role("button", name="Pay"))
    page.wait_for_url(PROGRESS)
    expect_state(page, "completed")

    [(_, total)] = ledgers.orders(checkout)
    assert ledgers.payments(checkout) == [(total, 0, 0, True), (total, total, total, True)]
    assert commands(ledgers, checkout, "retry_payment") == 1
    now = ledgers.rows("SELECT COUNT(*) FROM checkout_checkoutsession")[0][0]
    assert now == checkouts + 1


def test_two_cancels_are_one(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    checkout = start(page, stack.url)
    ask_to_cancel(page)
    twice(page.get_by_role("button", name="Yes, cancel this order"))
    expect_state(page, "aborted")
    assert ledgers.orders(checkout) == []
    assert commands(ledgers, checkout, "start_compensation") == 1
    assert commands(ledgers, checkout, "abort_checkout") == 1


def test_forms_that_arrive_in_parallel_start_one_checkout(
    page: Page, stack: Stack, ledgers: Ledgers
) -> None:
    fill_basket(page, stack.url)
    fields = page.evaluate(
        "() => Object.fromEntries(new FormData(document.getElementById('details')))"
    )
    cookies = {str(c["name"]): str(c["value"]) for c in page.context.cookies()}

    def place(_: int) -> str:
        with httpx2.Client(base_url=stack.url, cookies=cookies, timeout=patience.SECONDS) as http:
            first = http.post("/cart/place/", data=fields, follow_redirects=True)
        return str(first.url)

    with ThreadPoolExecutor(4) as pool:
        reached = set(pool.map(place, range(4)))
    assert len(reached) == 1, reached
    page.goto(reached.pop())
    expect_state(page, "awaiting_payment")
    pay(page)
    expect_state(page, "completed")
    assert len(ledgers.orders(id_of(page))) == 1


@pytest.mark.pages
def test_an_answer_that_comes_after_a_newer_page_is_taken(page: Page, stack: Stack) -> None:
    """The socket replaces the form that was sent before the answer to it is there."""
    start(page, stack.url)
    shown = page.locator("#checkout-progress")
    before = shown.get_attribute("data-version") or ""

    def late(route: Route) -> None:
        answer = route.fetch()
        expect(shown).not_to_have_attribute("data-version", before)
        notice = '<div id="notices" hx-swap-oob="innerHTML"><p>Answered late</p></div>'
        route.fulfill(response=answer, body=answer.text() + notice)

    page.route("**/extend/", late)
    page.get_by_role("button", name="I need more time").click()
    expect(page.locator("#notices")).to_contain_text("Answered late")


@pytest.mark.pages
def test_what_is_under_a_finger_stays_until_it_comes_up(page: Page, stack: Stack) -> None:
    """A fragment that arrives in the middle of a click would take the click with it."""
    start(page, stack.url)
    other = page.context.new_page()
    other.goto(page.url)
    shown, pay_now = page.locator("#checkout-progress"), page.get_by_role("link", name="Pay ")
    before = shown.get_attribute("data-version") or ""
    box = pay_now.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.clock.set_fixed_time(datetime.now(UTC))  # however slow the machine, it is one short press
    page.mouse.down()
    other.get_by_role("button", name="I need more time").click()
    theirs = other.locator("#checkout-progress")
    expect(theirs).not_to_have_attribute("data-version", before)
    expect(shown).to_have_attribute("data-version", before)
    page.mouse.up()
    page.wait_for_url(PROVIDER)


def test_reloads_and_goes_back_in_the_middle(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    checkout = start(page, stack.url)
    page.reload()
    expect_state(page, "awaiting_payment")
    go_to_provider(page)
    page.go_back()
    page.wait_for_url(PROGRESS)
    expect_state(page, "awaiting_payment")
    page.go_forward()
    page.wait_for_url(PROVIDER)
    page.reload()
    pay_by_card(page, "Approved")
    page.wait_for_url(PROGRESS)
    expect_state(page, "completed")
    page.go_back()  # the provider says that it is paid, and leads back
    page.get_by_role("link", name="Back to").first.click()
    expect_state(page, "completed")
    page.goto(f"{stack.url}/cart/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your basket is empty")
    assert len(ledgers.orders(checkout)) == len(ledgers.payments(checkout)) == 1


def test_two_tabs_show_the_same(page: Page, stack: Stack) -> None:
    start(page, stack.url)
    second = page.context.new_page()
    second.goto(page.url)
    expect_state(second, "awaiting_payment")
    pay(second)
    expect_state(second, "completed")
    expect_state(page, "completed")  # nobody touched this tab
    shown = [tab.locator("#checkout-progress h1").inner_text() for tab in (page, second)]
    assert shown[0] == shown[1], json.dumps(shown)


@pytest.mark.pages
def test_somebody_elses_browser_finds_nothing(page: Page, stack: Stack) -> None:
    checkout = start(page, stack.url)
    cookies = {"sessionid": "somebody-else"}
    for path in (f"/checkout/{checkout}/", f"/checkout/{checkout}/summary/"):
        answer = httpx2.get(f"{stack.url}{path}", cookies=cookies, timeout=patience.SECONDS)
        assert answer.status_code == 404
    browser = page.context.browser
    assert browser is not None
    with open_context(browser) as other:
        stranger = other.new_page()
        shown = stranger.goto(page.url)
        assert shown is not None
        assert shown.status == 404
        assert "Tide mug" not in stranger.content()
