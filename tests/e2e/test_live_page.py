"""The live page in a browser: what it weighs, that it stands still, that its reader is in charge."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests import patience
from tests.e2e.accessibility.listening import give_ears, wait_to_hear
from tests.e2e.browsing import ask_to_cancel, expect_state, start
from tests.e2e.stack import Stack
from tests.ports import PLAIN_HTTP

pytestmark = pytest.mark.pages
MOST_BYTES = 60_000
# What moved without having been asked to, and how many fragments came over the socket.
WATCH = """
window.shifts = []; window.fragments = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) { window.shifts.push(entry.value); }
})).observe({type: "layout-shift", buffered: true});
document.addEventListener("htmx:wsBeforeMessage", (event) => {
  if (event.detail.message !== "pong") { window.fragments += 1; }
});
"""


class Traffic:
    """What a page asks for from now on, without a cache: each address with its kind and bytes."""

    def __init__(self, page: Page) -> None:
        self.asked: dict[str, tuple[str, str]] = {}
        self.bytes: dict[str, float] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._begun)
        session.on("Network.loadingFinished", self._ended)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _begun(self, event: dict[str, Any]) -> None:
        self.asked[event["requestId"]] = (event["type"], event["response"]["url"])

    def _ended(self, event: dict[str, Any]) -> None:
        self.bytes[event["requestId"]] = event["encodedDataLength"]

    def of(self, kind: str) -> list[str]:
        """The addresses of one kind, such as `Stylesheet`."""
        return [url for asked, url in self.asked.values() if asked == kind]


def decide(page: Page, stack: Stack, outcome: str) -> None:
    """Decide at the provider's, while the page of the checkout stays open."""
    link = str(page.locator("#checkout-progress .actions a").get_attribute("href"))
    address, data = str(httpx2.URL(stack.url).join(link)), {"outcome": outcome}
    answer = httpx2.post(address, data=data, timeout=patience.SECONDS, verify=PLAIN_HTTP)
    assert answer.status_code == 303, answer.text


def whatever_the_machine_does(page: Page) -> None:
    """For this page no time passes: that a machine is busy for seconds is no line that is lost."""
    page.clock.set_fixed_time(datetime.now(UTC))


def moved(page: Page) -> float:
    """The cumulative layout shift so far."""
    return float(page.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)"))


def spoken(page: Page) -> list[str]:
    """What stands in the regions that are spoken."""
    return page.locator("#say, #say-now").all_inner_texts()


def test_it_is_light_and_stands_still(page: Page, stack: Stack) -> None:
    page.set_viewport_size({"width": 390, "height": 760})
    whatever_the_machine_does(page)
    page.add_init_script(WATCH)
    start(page, stack.url)
    assert moved(page) < 0.01, "until the shopper may pay"
    traffic = Traffic(page)
    page.reload()
    expect_state(page, "awaiting_payment")
    expect(page.get_by_role("button", name="Pause updates")).to_be_visible()
    weight = sum(traffic.bytes.values())
    assert 10_000 < weight < MOST_BYTES, sorted(traffic.asked.values())
    assert len(traffic.of("Stylesheet")) == 1
    assert len(traffic.of("Document")) == 1
    assert all(url.startswith(stack.url) for _, url in traffic.asked.values()), (
        "nobody else is asked"
    )
    decide(page, stack, "decline_retry")
    expect(page.get_by_role("link", name="Try another card")).to_be_visible()
    decide(page, stack, "approve")
    expect_state(page, "completed")
    assert moved(page) < 0.01, "from the payment to the end"
    expect(page.get_by_role("button", name="Pause updates")).to_be_hidden()
    page.get_by_role("link", name="See your receipt").click()
    check_the_printed_receipt(page)


def check_the_printed_receipt(page: Page) -> None:
    """Black on white from a dark screen, with who to ask, and nothing that paper cannot do."""
    page.emulate_media(media="print", color_scheme="dark")
    for kept in ("Thank you", "Order number", "Total", "What happens next", "Your reference:"):
        expect(page.get_by_text(kept).first).to_be_visible()
    for gone in (".button", ".languages", ".secure", ".outcome__mark", ".no-print"):
        expect(page.locator(gone).first).to_be_hidden()
    colours = "(body) => { const s = getComputedStyle(body); return [s.color, s.backgroundColor]; }"
    assert page.locator("body").evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_who_pauses_reads_in_peace(page: Page, stack: Stack) -> None:
    whatever_the_machine_does(page)
    page.add_init_script(WATCH)
    start(page, stack.url)
    page.get_by_role("button", name="Pause updates").click()
    expect(page.get_by_text("Updates are paused. Your order goes on.")).to_be_visible()
    before, said = page.evaluate("window.fragments"), spoken(page)
    decide(page, stack, "decline_retry")
    page.wait_for_function("(before) => window.fragments > before", arg=before)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready to pay")
    expect(page).to_have_title(re.compile("^Ready to pay"))
    assert spoken(page) == said
    page.get_by_role("button", name="Show updates again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment declined")
    expect(page).to_have_title(re.compile("^Payment declined .* – Harbour & Pine$"))
    # Who presses something wants to see what comes of it, paused or not.
    page.get_by_role("button", name="Pause updates").click()
    ask_to_cancel(page)
    page.get_by_role("button", name="Yes, cancel this order").click()
    expect_state(page, "aborted")


def test_a_question_stays_open_and_the_clock_of_the_shopper_counts_for_nothing(
    page: Page, stack: Stack
) -> None:
    give_ears(page.context)
    # An hour late: times are counted from the answer of the server on.
    page.clock.set_system_time(datetime.now(UTC) - timedelta(hours=1))
    start(page, stack.url)
    left = page.locator(".countdown__left")
    expect(left).to_have_text(re.compile("1[0-5] min left"))
    ask_to_cancel(page)
    version = page.locator("#checkout-progress").get_attribute("data-version")
    page.get_by_role("button", name="I need more time").click()
    shown = page.locator("#checkout-progress")
    expect(shown).not_to_have_attribute("data-version", str(version))
    expect(page.get_by_role("button", name="Yes, cancel this order")).to_be_visible()
    until = datetime.fromisoformat(str(page.locator(".countdown").get_attribute("data-until")))
    seconds = until.timestamp() - time.time()
    page.clock.set_system_time(datetime.now(UTC) + timedelta(seconds=seconds - 3600 - 50))
    expect(left).to_have_text(re.compile("less than a minute left"))
    wait_to_hear(page, "Your items are held for 1 more minute.")
    page.clock.set_system_time(datetime.now(UTC) + timedelta(seconds=seconds - 3600 + 5))
    expect(page.locator(".countdown__over")).to_be_visible()
    expect(page.get_by_role("button", name="I need more time")).to_be_hidden()
