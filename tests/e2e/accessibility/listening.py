"""Listening to a page: a small screen reader of our own, as a script in every page of a browser.

Why our own: what has to be proven are the rules of live regions, which fit on a page. A simulator
from npm would put a second language's registry and 60 MB in front of the one test command. What
things are called and which role they have is asked of Chromium's own accessibility tree instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import BrowserContext, Page

STOPS_AT_MOST = 80
LOST = "Connection lost. Your order is still being processed."
SCRIPT = Path(__file__).with_name("virtual_reader.js")


class Heard(NamedTuple):
    """One utterance: `polite`, `assertive`, `focus` or `title`, and its words."""

    how: str
    words: str


def give_ears(context: BrowserContext) -> None:
    """Let every page of this browser be listened to, from its first moment on."""
    context.add_init_script(path=SCRIPT)


def heard(page: Page, *hows: str) -> list[Heard]:
    """What was spoken on this page so far; of these kinds, when some are named.

    Without what is said of the line: on a machine that is busy for seconds it is lost indeed.
    """
    said = [one for one in _everything(page) if one.words != LOST]
    return [one for one in said if not hows or one.how in hows]


def heard_of_the_line(page: Page) -> list[str]:
    """How often this page has said that the line is lost."""
    return [one.how for one in _everything(page) if one.words == LOST]


def _everything(page: Page) -> list[Heard]:
    return [Heard(one["how"], one["words"]) for one in page.evaluate("() => reader.heard")]


def forget(page: Page) -> None:
    """Listen from here on."""
    page.evaluate("() => { reader.heard.length = 0; }")


def wait_to_hear(page: Page, words: str) -> None:
    """Wait until something is spoken that has these words in it."""
    page.wait_for_function(
        "(words) => reader.heard.some((one) => one.how !== 'title' && one.words.includes(words))",
        arg=words,
    )


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something has the focus whose role and name have these words in them."""
    for _ in range(STOPS_AT_MOST):
        page.keyboard.press("Tab")
        if name in focused(page):
            return
    raise AssertionError(f"{STOPS_AT_MOST} tabs did not lead to {name!r} on {page.url}.")


def focused(page: Page) -> str:
    """What has the focus, as Chromium's accessibility tree names it: `heading "…" [level=1]`."""
    if page.evaluate("() => document.activeElement === document.body"):
        return ""
    lines = page.locator("*:focus").aria_snapshot().splitlines()
    return lines[0].removeprefix("- ").rstrip(":") if lines else ""
