"""Pictures of the collected pages, taken by Chromium without any server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser import chromium
from tests.gallery.collecting import NOW, Screen
from tests.gallery.document import name_of

SITE = "http://shop.example"
QUALITY = 30
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
}


def take(
    screens: list[Screen],
    assets: dict[str, tuple[str, bytes]],
    folder: Path,
    highest: int = 10_000,
) -> None:
    """Write the pictures of all screens in all looks, and nothing else, into the folder.

    `highest` is in pixels: a page that is longer is cut off there.
    """
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for look in LOOKS:
            for row, picture in _pictures(browser, look, screens, assets, highest):
                (folder / name_of(row, look)).write_bytes(picture)
        browser.close()


def _pictures(
    browser: Browser,
    look: str,
    screens: list[Screen],
    assets: dict[str, tuple[str, bytes]],
    highest: int,
) -> Iterator[tuple[str, bytes]]:
    same: dict[str, Any] = {**LOOKS[look], "locale": "en-GB", "reduced_motion": "reduce"}
    plain = browser.new_context(**same, java_script_enabled=False)
    lively = browser.new_context(**same, timezone_id="UTC")
    lively.clock.set_fixed_time(NOW)
    with plain, lively:
        for context in (plain, lively):
            context.route("**/*", lambda route: _serve(route, screens, assets))
        lively.route_web_socket("**/*", lambda socket: None)  # it opens, and says nothing
        pages = {True: plain.new_page(), False: lively.new_page()}
        for screen in screens:
            page = pages[screen.row.page == "plain"]
            page.goto(f"{SITE}/{screen.row.name}")
            if screen.row.page == "lost":
                _lose(page)
            yield screen.row.name, _picture(page, highest)


def _serve(route: Route, screens: list[Screen], assets: dict[str, tuple[str, bytes]]) -> None:
    path = route.request.url.removeprefix(SITE)
    if path in assets:
        kind, content = assets[path]
        route.fulfill(content_type=kind, body=content)
        return
    found = [screen.html for screen in screens if path == f"/{screen.row.name}"]
    if found:
        route.fulfill(content_type="text/html; charset=utf-8", body=found[0])
    else:
        route.fulfill(status=204)  # a form or a poll of the page: nothing newer


def _lose(page: Page) -> None:
    """The browser notices that it is offline, and time goes on."""
    page.evaluate(
        "() => { Object.defineProperty(navigator, 'onLine', {get: () => false});"
        " window.dispatchEvent(new Event('offline')); }"
    )
    page.clock.set_fixed_time(NOW.replace(second=5))
    page.locator("#connection").wait_for(state="visible")
    page.clock.set_fixed_time(NOW)


def _picture(page: Page, highest: int) -> bytes:
    """WebP of the whole page; Chromium makes it, so that no library for pictures is needed."""
    page.evaluate("() => document.fonts.ready")
    session = page.context.new_cdp_session(page)
    metrics = session.send("Page.getLayoutMetrics")["cssContentSize"]
    height = min(metrics["height"], highest)
    clip = {"x": 0, "y": 0, "width": metrics["width"], "height": height, "scale": 1}
    asked = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    taken = session.send("Page.captureScreenshot", asked)
    session.detach()
    return base64.b64decode(taken["data"])
