"""How long after its commit in a worker a change can be seen in a browser.

    python -m tests.bench.visible [--checkouts 20] [--json]
    python -m tests.services run -- python -m tests.bench.visible

The first is the embedded form, the second the production form: PostgreSQL, Redis, and processes for
web and worker. Chromium opens the page of a checkout, time is asked for again and again, then it is
paid on another device; every change comes over the socket. From the time that the history gives a
version (its transaction began then, so the commit itself is part of the span) to the first moment
after the browser has drawn a frame with it. Changes from before the socket was open are left out.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.latency import percentile
from tests.browser import chromium
from tests.e2e.browsing import expect_state, start
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack

WARM_UP = 1
EXTENSIONS = 10  # as many as the policy allows
TARGETS = {"p50_ms": 50.0, "p99_ms": 250.0}
# What was drawn when: after the frame that a change asked for, and when the socket was there.
OBSERVE = """
window.drawn = []; window.openSince = 0;
const now = () => performance.timeOrigin + performance.now();
document.addEventListener('htmx:wsOpen', () => { window.openSince = window.openSince || now(); });
document.addEventListener('DOMContentLoaded', () => {
  const root = () => document.getElementById('checkout-progress');
  let known = root() && root().dataset.version;
  new MutationObserver(() => {
    const version = root() && root().dataset.version;
    if (!version || version === known) { return; }
    known = version;
    const came = now();
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => window.drawn.push([Number(version), came, now()]);
      after.port2.postMessage(0);
    });
  }).observe(document.body, {childList: true, subtree: true});
});
"""
EXTEND = """() => {
  const headers = JSON.parse(document.getElementById('live').getAttribute('hx-headers'));
  return fetch(location.pathname + 'extend/', {method: 'POST', redirect: 'manual', headers});
}"""
NEWER = "before => Number(document.getElementById('checkout-progress').dataset.version) > before"


class Span(NamedTuple):
    """Milliseconds until a change was in the page, and until it was drawn."""

    in_page: float
    drawn: float


def version_of(page: Page) -> int:
    """The version that the page shows."""
    return int(page.locator("#checkout-progress").get_attribute("data-version") or 0)


def one_checkout(browser: Browser, stack: Stack) -> list[Span]:
    """The spans of all changes of one purchase, in milliseconds."""
    with browser.new_context(locale="en-GB") as context:
        context.add_init_script(OBSERVE)
        page = context.new_page()
        checkout = start(page, stack.url)
        page.wait_for_function("window.openSince > 0")
        for _ in range(EXTENSIONS):
            before = version_of(page)
            page.evaluate(EXTEND)
            page.wait_for_function(NEWER, arg=before)
        link = page.get_by_role("link", name=re.compile("^Pay ")).get_attribute("href") or ""
        address = link if link.startswith("http") else f"{stack.url}{link}"
        httpx2.post(address, data={"outcome": "approve"}, timeout=30)
        expect_state(page, "completed")
        page.wait_for_timeout(100)  # the last frame may still be drawn
        drawn, since = page.evaluate("[window.drawn, window.openSince]")
    return spans(Ledgers(stack), checkout, drawn, since)


def spans(ledgers: Ledgers, checkout: str, drawn: list[Any], since: float) -> list[Span]:
    """From the time in the history, for what was committed since then."""
    rows = ledgers.rows(
        "SELECT version, at FROM checkout_checkouthistory"
        " WHERE REPLACE(CAST(checkout_id AS TEXT), '-', '') = ?",
        checkout.replace("-", ""),
    )
    committed = {int(version): milliseconds(at) for version, at in rows}
    since_then = [(committed[v], *at) for v, *at in drawn if committed[v] > since]
    return [Span(came - began, seen - began) for began, came, seen in since_then]


def milliseconds(moment: datetime | str) -> float:
    """Since the epoch; SQLite gives a text without a zone, which is UTC."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return aware.timestamp() * 1000


def measure(checkouts: int) -> dict[str, Any]:
    """Run them and sum up, in milliseconds."""
    with Stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        runs = [one_checkout(browser, stack) for _ in range(checkouts + WARM_UP)]
        browser.close()
    found = [span for run in runs[WARM_UP:] for span in run]
    drawn = [span.drawn for span in found]
    return {
        "form": "production" if Stack.production else "embedded",
        "changes": len(found),
        "in_page_p50_ms": round(statistics.median(span.in_page for span in found), 1),
        "p50_ms": round(statistics.median(drawn), 1),
        "p99_ms": round(percentile(drawn, 0.99), 1),
        "longest_ms": round(max(drawn), 1),
    }


def main() -> int:
    """Measure and print; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--checkouts", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = measure(arguments.checkouts)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            wanted = f"  (at most {TARGETS[name]:g})" if name in TARGETS else ""
            print(f"{name:14} {value}{wanted}")
    return int(any(figures[name] > most for name, most in TARGETS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
