"""From one device to another by mail: asked for on the live page, opened where no script runs."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import expect_state, open_context, pay, start
from tests.e2e.conftest import Console
from tests.e2e.stack import Stack
from tests.patience import eventually

BETWEEN_MAILS = re.compile(rb"^-{79}\n", re.MULTILINE)


def mails_of(folder: Path, checkout: str, count: int) -> dict[str, str]:
    """Subjects and texts of the mails about a checkout, once there are so many."""
    found: dict[str, str] = {}

    def look() -> bool:
        files = [path.read_bytes() for path in folder.iterdir()]
        for raw in (part for file in files for part in BETWEEN_MAILS.split(file) if part.strip()):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            body = message.get_body(("plain",))
            text = str(body.get_content()) if body else ""
            if checkout in text:
                found[str(message["Subject"])] = text
        return len(found) >= count

    eventually(look, found.keys)
    assert len(found) == count, found.keys()
    return found


def link_in(text: str) -> str:
    """The link of a mail."""
    found = re.search(r"http\S+\?link=(\S+)", text)
    assert found
    return found.group()


def test_a_mail_leads_to_the_order_on_another_device_and_once(
    page: Page, browser: Browser, stack: Stack, mails: Path, console: Console
) -> None:
    checkout = start(page, stack.url)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.locator("#notices")).to_contain_text("on its way to you")
    link = link_in(mails_of(mails, checkout, 1)["The link to your order"])

    with open_context(browser, java_script_enabled=False) as phone:
        there = phone.new_page()
        seen: list[str] = []
        there.on("request", lambda asked: seen.append(asked.headers.get("referer", "")))
        there.goto(link)
        there.get_by_role("button", name="Show my order here").click()
        expect(there.locator("#checkout-progress")).to_have_attribute(
            "data-state", "awaiting_payment"
        )
        there.goto(stack.url)
        expect(there.get_by_role("link", name="See how far it is")).to_be_visible()
        assert len(seen) > 3
        assert not [referer for referer in seen if "link=" in referer]

        pay(page)
        expect_state(page, "completed")
        there.goto(link)  # used, but the order is here
        expect(there.get_by_role("heading", level=1)).to_contain_text("Your order is placed")

    with open_context(browser) as stranger:
        late = stranger.new_page()
        late.goto(link)
        late.get_by_role("button", name="Send me a new link").click()
        expect(late.get_by_role("heading", level=1)).to_contain_text("A new link is on its way")

    subjects = mails_of(mails, checkout, 2)
    assert any("is confirmed" in subject for subject in subjects)
    logs = "".join(path.read_text(errors="replace") for path in stack.folder.glob("*.log"))
    assert link.split("=")[1] not in logs
    assert "mara@" not in logs
