"""A purchase from right to left: the layout turns round, and every fragment speaks as its page does."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility.deciding import pay_at
from tests.e2e.browsing import MUG, PROGRESS, expect_state
from tests.e2e.stack import Stack

pytestmark = pytest.mark.pages
WIDTHS = (1280, 320)
INSIDE = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def expect_room(page: Page) -> None:
    """Nothing is wider than the page, on a desk and on the smallest phone."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(INSIDE), f"{page.url} scrolls sideways at {width} px"
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def left_edges(page: Page, selector: str) -> list[float]:
    """Where the left edges of these elements are, in their order in the document."""
    boxes = [found.bounding_box() for found in page.locator(selector).all()]
    return [box["x"] for box in boxes if box]


def test_a_purchase_in_arabic(context: BrowserContext, page: Page, stack: Stack) -> None:
    context.add_cookies([{"name": "django_language", "value": "ar", "url": stack.url}])
    page.emulate_media(reduced_motion="reduce")  # a toast stays until somebody is ready to click
    page.goto(f"{stack.url}/products/{MUG}/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("h1")).to_have_text("كوب المدّ")
    expect_room(page)
    page.locator(".detail__buy button").click()
    page.locator(".toast a").click()
    page.locator("[name=email]").fill("mara@example.com")
    page.locator("[name=shipping][value=pickup]").check()
    expect(page.locator("[data-total]")).to_contain_text("18.00")
    expect_room(page)
    page.locator("button[form=details]").click()
    page.wait_for_url(PROGRESS)
    expect_state(page, "awaiting_payment")  # the fragment that says so came over the socket
    expect(page.locator("h1")).to_have_text("جاهز للدفع")
    expect_room(page)
    steps = left_edges(page, ".step")
    assert len(steps) == 4
    assert steps == sorted(steps, reverse=True), "the first step is on the right"
    words, order = left_edges(page, ".progress > *")
    assert words > order, "what is beside the words stands on their left"
    reference = page.locator("bdi.reference").first
    assert reference.evaluate("found => getComputedStyle(found).direction") == "ltr"
    pay_at(page, stack, "approve")
    expect_state(page, "completed")
    expect(page.locator("h1")).to_have_text("شكرًا لك. تم تقديم طلبك.")
    expect(page.locator(".price").first).to_contain_text("18.00")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("h1")).to_have_text("Danke. Ihre Bestellung ist aufgegeben.")
    expect(page.locator(".sums__total dd")).to_have_text("18,00 €")
    expect(page.locator(".lines bdi")).to_have_text("كوب المدّ")  # as it was ordered
