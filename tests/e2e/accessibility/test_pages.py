"""WCAG 2.2 AA on every page that a shopper meets, in two widths and two colour schemes."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import Page, expect

from checkout.adapters.inbound.web.outage import unavailable
from checkout.adapters.inbound.web.slow_down import slow_down
from checkout.domain.exceptions import Refused
from tests.e2e.accessibility.deciding import pay_at
from tests.e2e.accessibility.listening import focused
from tests.e2e.accessibility.measuring import ALL, Setting, inspect
from tests.e2e.browsing import MUG, PROVIDER, expect_state, fill_basket, place_order, start
from tests.e2e.stack import Stack

View = Callable[[HttpRequest], HttpResponse]


def test_the_shop(shop: Page, stack: Stack) -> None:
    shop.goto(f"{stack.url}/")
    shop.locator(f'[data-sku="{MUG}"]').get_by_role("button", name="Add").click()
    expect(shop.get_by_role("status").filter(has_text="is in your basket")).to_be_visible()
    assert inspect(shop) == [], "the window, with a toast in front of it"
    shop.goto(f"{stack.url}/products/{MUG}/")
    assert inspect(shop) == [], "a product"
    fill_basket(shop, stack.url)
    assert inspect(shop) == [], "a basket"
    shop.get_by_role("button", name="Remove Tide mug").click()
    expect(shop.get_by_role("heading", level=1)).to_have_text("Your basket is empty")
    assert inspect(shop) == [], "an empty basket"


def test_what_is_wrong_in_the_basket_is_said_and_led_to(shop: Page, stack: Stack) -> None:
    fill_basket(shop, stack.url)
    shop.get_by_label("E-mail").fill("nonsense")
    shop.get_by_label("Postcode").fill("")
    shop.get_by_role("button", name="Place order").click()
    expect(shop).to_have_title(re.compile("^Error: "))
    assert focused(shop).startswith("alert")
    summary = shop.get_by_role("alert")
    expect(summary.get_by_role("heading", name="There is a problem")).to_be_visible()
    words = summary.get_by_role("link").all_inner_texts()
    assert len(words) == 2
    for said in words:
        summary.get_by_role("link", name=said).press("Enter")
        field = shop.locator("*:focus")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(re.escape(said)))
    assert inspect(shop) == []


def test_the_start_and_the_end_of_a_checkout(shop: Page, stack: Stack) -> None:
    start(shop, stack.url)
    assert inspect(shop, ALL) == [], "the start"
    pay = shop.get_by_role("link", name=re.compile("^Pay "))
    pay.click()
    shop.wait_for_url(PROVIDER)
    assert inspect(shop) == [], "the simulated provider"
    shop.go_back()
    expect(pay).to_be_visible()
    pay_at(shop, stack, "decline")
    expect(shop.get_by_role("button", name="Try another card")).to_be_visible()
    assert inspect(shop) == [], "a decline"
    shop.get_by_role("button", name="Try another card").click()
    expect(shop.get_by_role("heading", level=1)).to_have_text("Ready to pay")
    pay_at(shop, stack, "approve")
    expect_state(shop, "completed")
    assert inspect(shop, ALL) == [], "the end"
    shop.get_by_role("link", name="See your receipt").click()
    shop.wait_for_url(re.compile("/summary/$"))
    assert inspect(shop) == [], "the receipt"


def test_other_words_and_the_other_direction(shop: Page, stack: Stack) -> None:
    start(shop, stack.url)
    for code, language in settings.LANGUAGES:
        name = settings.LANGUAGE_COOKIE_NAME
        shop.context.add_cookies([{"name": name, "value": code, "url": stack.url}])
        shop.reload()
        expect(shop.locator("html")).to_have_attribute("lang", code)
        assert inspect(shop, [Setting(320, "light")]) == [], language
    shop.context.clear_cookies(name=settings.LANGUAGE_COOKIE_NAME)


def test_a_checkout_that_ended_badly(shop: Page, stack: Stack) -> None:
    fill_basket(shop, stack.url)
    place_order(shop)
    expect_state(shop, "awaiting_payment")
    pay_at(shop, stack, "wrong_amount")
    expect_state(shop, "aborted")
    assert inspect(shop) == []


def too_many(request: HttpRequest) -> HttpResponse:
    """The page for who tried to pay too often."""
    no = Refused("too_many_attempts", "You have tried to pay several times.", retry_after=60)
    return slow_down(request, no, "/cart/")


def with_a_link(request: HttpRequest) -> HttpResponse:
    """The page for who comes by a link of a mail."""
    return render(request, "checkout/resume.html", {"situation": "good", "link": "given"})


def open_written(page: Page, stack: Stack, path: str, view: View) -> None:
    """Show a page that takes trouble to reach, written here, in the place of one of the shop's."""
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    html = view(request).content
    page.route(f"**{path}", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{stack.url}{path}")


def test_pages_that_take_trouble_to_reach(shop: Page, stack: Stack) -> None:
    answer = shop.goto(f"{stack.url}/products/NONE/")
    assert answer is not None
    assert answer.status == 404
    assert inspect(shop) == []
    shop.goto(f"{stack.url}{reverse('checkout:resume')}?link=cut-off")
    expect(shop.get_by_role("heading", level=1)).to_have_text("We do not know this link")
    assert inspect(shop) == []
    open_written(shop, stack, "/on-another-device/", with_a_link)
    assert inspect(shop) == []
    open_written(shop, stack, "/too-many/", too_many)
    assert inspect(shop) == []
    open_written(shop, stack, "/away/?live=0", unavailable)
    assert inspect(shop) == []
    # It refreshes, but leads to a page that does not: what WCAG 2.2.1 asks for, and axe cannot see.
    open_written(shop, stack, "/away/", unavailable)
    assert inspect(shop, unruly=("meta-refresh",)) == []
    shop.get_by_role("link", name="Stop refreshing").click()
    expect(shop.get_by_role("link", name="Look again")).to_have_attribute("href", "/away/")
