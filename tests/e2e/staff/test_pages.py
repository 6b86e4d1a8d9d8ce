"""Every page of the admin in a browser: under its policy, quiet in the console, fit for everybody."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility.measuring import axe_faults
from tests.e2e.conftest import Console
from tests.e2e.stack import Stack
from tests.e2e.staff.acting import Desk
from tests.e2e.staff.conftest import Place

pytestmark = pytest.mark.pages
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
LINKS = "links => links.map(link => link.href)"
INLINE = "document.head.insertAdjacentHTML('beforeend', '<style>p { color: red }</style>')"


def walk(desk: Desk, starts: list[str]) -> dict[str, str]:
    """Open these pages and all of ours that links lead to: one of a kind, whatever row it shows."""
    waiting, seen = starts, {}
    while waiting:
        address = waiting.pop()
        kind = CHANGING.sub("*", urlsplit(address).path)
        if kind in seen:
            continue
        answer = desk.page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        seen[kind] = answer.headers["content-security-policy"]
        links = desk.page.locator("a[href]").evaluate_all(LINKS)
        waiting += [link for link in links if "/admin/checkout/" in link]
    return seen


def test_nothing_in_the_admin_breaks_the_policy(
    place: Place, desk: Desk, console: Console, stack: Stack
) -> None:
    waits, order = place(), place()
    for one in (waits, order):
        one.shows("awaiting_payment")
    order.order.play("approve")
    order.shows("completed")
    site = [f"{stack.url}/admin/{page}" for page in ("", "password_change/", "shop/coupon/add/")]
    seen = walk(
        desk,
        [
            *site,
            f"{stack.url}/admin/shop/product/1/change/",
            f"{desk.list}{order.id}/change/",
            f"{desk.list}{order.id}/refund/?amount=5.00",
            f"{desk.list}{waits.id}/force/?edge=force_abort",
        ],
    )
    rows = "/admin/checkout/checkoutsession/"
    for kind in (rows, f"{rows}*/change/", f"{rows}*/history/", f"{rows}*/hold/"):
        assert kind in seen, sorted(seen)
    assert len(set(seen.values())) == 1, "one policy for the whole admin"
    assert console.unexpected() == []
    desk.page.evaluate(INLINE)
    assert "Content Security Policy" in str(console.complaints), "it would have been noticed"
    console.complaints.clear()


def test_everybody_can_use_our_pages(place: Place, desk: Desk) -> None:
    opened = place()
    opened.shows("awaiting_payment")
    row = f"{desk.list}{opened.id}"
    for address in (
        f"{row}/change/",
        f"{row}/force/",
        f"{row}/force/?edge=force_abort",
        f"{desk.list}is-it-you/",
        f"{desk.list}dashboard/",
    ):
        desk.page.goto(address)
        assert axe_faults(desk.page, "#content") == [], address
    desk.page.goto(desk.list)
    assert axe_faults(desk.page, "#result_list") == [], "the list"


def test_many_are_recovered_while_one_watches(place: Place, desk: Desk, console: Console) -> None:
    """From the ticks in the list to the end of the job, on a page that goes on by itself."""
    both = [place(), place()]
    for opened in both:
        opened.shows("awaiting_payment")
        desk.nobody_drives(opened.id)
        opened.order.play("lose_webhook")
    page = desk.page
    page.goto(desk.list)
    for opened in both:
        page.get_by_role("row", name=opened.id[:8]).get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Recover in bulk")
    page.get_by_role("button", name="Go").click()
    assert axe_faults(page, "#content") == [], "the choice"
    page.get_by_role("radio", name="Recheck with provider").check()
    page.get_by_role("button", name="Try it out").click()
    phase = page.locator(".checkout-headline .checkout-state")
    expect(phase).to_have_text("waits for your decision")
    assert "2 checkouts can be given it" in desk.told()
    assert axe_faults(page, "#content") == [], "the dry run"
    desk.fill("a night without webhooks")
    page.get_by_role("button", name="Recheck with provider: start").click()
    expect(phase).to_have_text("done")
    assert axe_faults(page, "#content") == [], "the end"
    for opened in both:
        opened.shows("completed")
        desk.check_written(opened.id, "Recheck with provider", "a night without webhooks")
    assert console.unexpected() == []
