"""A person buys in a browser, with every turn that the payment can take.

What a decline and a bank's question come to in either form is asked in `test_outcomes.py`; what a
person sees of them is the same in both.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import (
    MUG,
    PROGRESS,
    cancel,
    expect_state,
    fill_basket,
    go_to_provider,
    pay,
    pay_by_card,
    place_order,
    start,
)
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack


def test_buys_and_sees_the_receipt(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    fill_basket(page, stack.url)
    checkout = place_order(page)
    expect_state(page, "awaiting_payment")  # by itself: nothing is reloaded
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready to pay")
    pay(page)
    expect_state(page, "completed")
    expect(page).to_have_title(re.compile("Thank you"))
    page.get_by_role("link", name="See your receipt").click()

    [(number, total)] = ledgers.orders(checkout)
    expect(page.locator("article.receipt")).to_contain_text(number)
    expect(page.locator("article.receipt")).to_contain_text("Tide mug")
    expect(page.locator("article.receipt")).to_contain_text("mara@example.com")
    assert ledgers.payments(checkout) == [(total, total, total, True)]


@pytest.mark.pages
def test_pays_with_another_card_after_a_decline(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    checkout = start(page, stack.url)
    go_to_provider(page)
    pay_by_card(page, "No funds")
    expect(page.get_by_role("alert")).to_contain_text("not enough money")
    pay_by_card(page, "Approved")
    page.wait_for_url(PROGRESS)
    expect_state(page, "completed")
    assert len(ledgers.orders(checkout)) == len(ledgers.payments(checkout)) == 1


@pytest.mark.pages
def test_starts_a_new_payment_after_a_final_decline(
    page: Page, stack: Stack, ledgers: Ledgers
) -> None:
    checkout = start(page, stack.url)
    go_to_provider(page)
    page.get_by_role("button", name="Decline for good").click()
    page.wait_for_url(PROGRESS)
    page.get_by_role("button", name="Try another card").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready to pay")
    pay(page)
    expect_state(page, "completed")
    assert [kept for _, _, kept, _ in ledgers.payments(checkout)] == [
        0,
        ledgers.orders(checkout)[0][1],
    ]


@pytest.mark.pages
def test_answers_the_bank(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    checkout = start(page, stack.url)
    go_to_provider(page)
    pay_by_card(page, "3-D Secure")
    page.get_by_role("button", name="Yes, pay").click()
    page.wait_for_url(PROGRESS)
    expect_state(page, "completed")
    assert len(ledgers.orders(checkout)) == 1


def test_cancels_and_finds_the_basket_again(page: Page, stack: Stack, ledgers: Ledgers) -> None:
    before = ledgers.held(MUG)
    checkout = start(page, stack.url)
    cancel(page)
    expect_state(page, "aborted")
    expect(page.get_by_role("heading", level=1)).to_have_text("You cancelled this order")
    page.get_by_role("link", name="Back to basket").click()
    expect(page.locator(f'#basket [data-sku="{MUG}"]')).to_be_visible()
    assert ledgers.orders(checkout) == []
    assert ledgers.held(MUG) == before
    assert [taken for _, taken, _, _ in ledgers.payments(checkout)] == [0]


def test_abandons_until_the_deadline(page: Page, hasty_stack: Stack) -> None:
    ledgers = Ledgers(hasty_stack)
    fill_basket(page, hasty_stack.url)
    checkout = place_order(page)  # "Ready to pay" is shown for six seconds, if somebody looks then
    expect_state(page, "aborted")
    expect(page.get_by_role("heading", level=1)).to_have_text("The time to pay is over")
    expect(page.get_by_role("link", name="Start again")).to_be_visible()
    assert ledgers.orders(checkout) == []
    assert ledgers.held(MUG) == 0
    assert [closed for _, _, _, closed in ledgers.payments(checkout)] == [True]
