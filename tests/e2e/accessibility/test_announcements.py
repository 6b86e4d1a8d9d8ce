"""What is spoken while a shopper stays on a page: everything that is new, once, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from checkout.adapters.inbound.web.fragment import render_fragment
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from tests.adapters.web.test_words import view
from tests.e2e.accessibility.deciding import pay_at
from tests.e2e.accessibility.listening import (
    Heard,
    focused,
    forget,
    heard,
    heard_of_the_line,
    tab_to,
    wait_to_hear,
)
from tests.e2e.browsing import MUG, PROGRESS, expect_state, start
from tests.e2e.stack import Stack

MINUTE_MS = 60_000
DECLINED = "Payment declined. You have not been charged. Step 2 of 4."
LONGER, LATE = "This takes longer than usual.", "We do not know the answer of your bank yet."
# Two requests of the page whose answers it must not take for news.
LOOK_AGAIN = """async () => {
  const live = document.getElementById('live');
  for (let turn = 0; turn < 2; turn += 1) {
    await htmx.ajax('GET', live.dataset.url, {source: live, swap: 'none'});
  }
}"""
HELD_FOR = """() => Date.parse(document.querySelector('.countdown').dataset.until) - Date.now()"""


def spoken(page: Page) -> list[str]:
    """The sentences of the live regions. None may interrupt, and none comes twice."""
    said = heard(page, "polite", "assertive")
    assert [one for one in said if one.how == "assertive"] == []
    words = [one.words for one in said]
    assert len(words) == len(set(words)), words
    return words


def answer_with(page: Page, shown: ProgressView) -> None:
    """Let the page ask, and hear this from the server."""
    html, _ = render_fragment(shown)
    page.unroute(PROGRESS)
    page.route(PROGRESS, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.evaluate(LOOK_AGAIN)


def test_what_is_new_is_said_once_and_the_focus_stays(shop: Page, stack: Stack) -> None:
    start(shop, stack.url)
    forget(shop)
    shop.evaluate(LOOK_AGAIN)
    assert heard(shop) == []

    tab_to(shop, "I need more time")
    shop.keyboard.press("Enter")
    wait_to_hear(shop, "Your items are held until ")
    assert focused(shop) == 'button "I need more time"'
    assert len(spoken(shop)) == 1

    shop.get_by_role("link", name=re.compile("^Pay ")).focus()
    forget(shop)
    pay_at(shop, stack, "decline")
    wait_to_hear(shop, "declined")
    assert heard(shop, "polite", "assertive") == [Heard("assertive", DECLINED)]
    assert heard(shop, "title")[-1].words.startswith("Payment declined (Step 2 of 4)")
    assert focused(shop) == "main"  # the link is gone: what stood around it keeps the place

    forget(shop)
    tab_to(shop, "Try another card")
    shop.keyboard.press("Enter")
    expect(shop.get_by_role("heading", level=1)).to_have_text("Ready to pay")
    wait_to_hear(shop, "Ready to pay")
    assert spoken(shop)[-1].startswith("Ready to pay. ")
    assert focused(shop) == "main"


def test_the_end_is_told_by_its_heading(shop: Page, stack: Stack) -> None:
    start(shop, stack.url)
    tab_to(shop, "Pay ")
    forget(shop)
    pay_at(shop, stack, "approve")
    expect_state(shop, "completed")
    wait_to_hear(shop, "You paid ")
    heading = "Thank you. Your order is placed."
    assert focused(shop) == f'heading "{heading}" [level=1]'
    assert heard(shop, "focus")[-1].words == f"h1, level 1, {heading}"
    assert [one for one in heard(shop, "focus") if one.words.startswith("h1")][1:] == []
    assert heading not in " ".join(spoken(shop))
    assert heard(shop, "title")[-1].words.startswith(heading)
    steps = [int(found) for found in re.findall(r"Step (\d) of 4", " ".join(spoken(shop)))]
    assert steps == sorted(steps)


def test_time_that_passes_is_told_when_it_matters(shop: Page, stack: Stack) -> None:
    shop.clock.install()
    start(shop, stack.url)
    forget(shop)
    for minutes in (5, 1, 0):
        shop.clock.fast_forward(shop.evaluate(HELD_FOR) - minutes * MINUTE_MS + 1_000)
        shop.clock.run_for(3_000)
    assert spoken(shop) == [
        "Your items are held for 5 more minutes.",
        "Your items are held for 1 more minute.",
        "The time is over. We are asking the payment service whether you have paid.",
    ]


def test_a_long_wait_and_a_lost_line_are_told_once(shop: Page, stack: Stack) -> None:
    shop.clock.install()
    start(shop, stack.url)
    # Whoever waits for a bank sees what the server would answer then, until the page is closed.
    answer_with(shop, replace(view("awaiting_payment", money="checking"), version=999))
    shop.get_by_role("heading", name="Confirming your payment").wait_for()
    forget(shop)
    for seconds in (15, 60):
        shop.clock.fast_forward(seconds * 1000)
        shop.clock.run_for(3_000)
    long, late = spoken(shop)
    assert long.startswith(LONGER)
    assert late.startswith(LATE)

    # What is only asked for is no new version: the server will never speak of it, so the page does.
    forget(shop)
    asked = replace(view("awaiting_payment", money="checking"), version=999, asked="abort")
    answer_with(shop, asked)
    assert [said.split(".")[0] for said in spoken(shop)] == ["Cancelling your order"]

    expect(shop.locator("#connection")).to_be_hidden()  # a busy machine may have lost it before
    forget(shop)
    shop.context.set_offline(True)
    shop.clock.run_for(8_000)
    assert heard_of_the_line(shop) == ["polite"]
    assert spoken(shop) == []
    shop.context.set_offline(False)


@pytest.fixture
def basket(shop: Page, stack: Stack) -> Page:
    """The basket's page, with two things in it."""
    shop.goto(f"{stack.url}/")
    for sku in (MUG, "BOWL-DUNE"):
        forget(shop)
        shop.locator(f'[data-sku="{sku}"]').get_by_role("button", name="Add").press("Enter")
        wait_to_hear(shop, "is in your basket")
    shop.goto(f"{stack.url}/cart/")
    return shop


def test_the_basket_tells_its_new_total(basket: Page) -> None:
    tab_to(basket, "Update Tide mug")
    basket.keyboard.press("Shift+Tab")
    basket.keyboard.press("ArrowUp")
    wait_to_hear(basket, "To pay: ")
    assert focused(basket).startswith('spinbutton "Quantity of Tide mug"')
    assert len(spoken(basket)) == 1

    forget(basket)
    basket.get_by_label("E-mail").fill("mara@example.com")
    with basket.expect_response("**/cart/details/"):
        basket.keyboard.press("Tab")
    assert spoken(basket) == []  # the total is what it was
    basket.get_by_role("radio", name="Express").focus()
    basket.keyboard.press("Space")
    wait_to_hear(basket, "To pay: ")

    basket.get_by_label("Discount code").fill("NONSUCH")
    forget(basket)
    basket.keyboard.press("Enter")
    wait_to_hear(basket, "NONSUCH")
    assert len(heard(basket, "polite", "assertive")) == 1
    assert focused(basket) == 'textbox "Discount code" [invalid]: NONSUCH'

    forget(basket)
    basket.get_by_role("button", name="Remove Tide mug").press("Enter")
    wait_to_hear(basket, "To pay: ")
    assert focused(basket) == 'region "What is in it"'
