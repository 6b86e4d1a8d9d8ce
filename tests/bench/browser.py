"""From the click on Pay to "confirmed" painted in the same browser, and the parts of that time.

    python -m tests.bench browser [--form embedded|production] [--short] [--json]

The click is on the provider's page. The parts: until our inbox holds the first word of it, until the
payment is confirmed, until there is an order, and until the browser has drawn that. Beside them how
long the way back to our page takes, which happens meanwhile.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.measuring.figures import median, percentile, report, table
from tests.bench.measuring.stacks import FORMS, Running, running
from tests.bench.visible import milliseconds
from tests.browser import chromium
from tests.e2e.browsing import expect_state, go_to_provider, start
from tests.e2e.ledgers import Ledgers

WARM_UP = 1
# When a frame with this state was drawn, whether the page came with it or was told.
DRAWN = """
window.drawn = {};
const now = () => performance.timeOrigin + performance.now();
document.addEventListener('DOMContentLoaded', () => {
  const look = () => {
    const root = document.getElementById('checkout-progress');
    const state = root && root.dataset.state;
    if (!state || state in window.drawn) { return; }
    window.drawn[state] = 0;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => { window.drawn[state] = now(); };
      after.port2.postMessage(0);
    });
  };
  new MutationObserver(look).observe(document.body,
    {childList: true, subtree: true, attributes: true});
  look();
});
"""
CLICK = """button => {
  const at = performance.timeOrigin + performance.now();
  setTimeout(() => button.click());
  return at;
}"""
CAME_BACK = """() => {
  const [way] = performance.getEntriesByType('navigation');
  return performance.timeOrigin + way.domContentLoadedEventEnd;
}"""
CONFIRMED = ("payment_confirmed", "completed")
EDGES = ("await_payment_result", "finalize_order")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--form", choices=FORMS, default="production")


def run(said: argparse.Namespace) -> int:
    """Measure and print."""
    count = 4 if said.short else 60
    with running(said.form) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        runs = [one_purchase(browser, site) for _ in range(count + WARM_UP)][WARM_UP:]
        browser.close()
    rows = [
        {
            "part": name,
            "p50 ms": median(one[name] for one in runs),
            "p99 ms": percentile((one[name] for one in runs), 0.99),
        }
        for name in runs[0]
    ]
    figures: dict[str, Any] = {"form": said.form, "purchases": count, "parts": rows}
    report(figures, f"{said.form}\n\n{table(rows, list(rows[0]))}", said.json)
    return 0


def one_purchase(browser: Browser, site: Running) -> dict[str, float]:
    """Buy; milliseconds from the click on."""
    with browser.new_context(locale="en-GB") as context:
        context.add_init_script(DRAWN)
        page = context.new_page()
        checkout = start(page, site.stack.url)
        go_to_provider(page)
        page.get_by_role("radio", name="Approved").check()
        button = page.get_by_role("button", name=re.compile("^Pay "))
        clicked = button.evaluate(CLICK)
        expect_state(page, "completed")
        page.wait_for_function("window.drawn.completed > 0")
        return parts(Ledgers(site.stack), page, checkout, clicked)


def parts(ledgers: Ledgers, page: Page, checkout: str, clicked: float) -> dict[str, float]:
    """The whole and its parts; the times of our own rows are those of their transactions."""
    this = "REPLACE(CAST(checkout_id AS TEXT), '-', '') = ?"
    key = checkout.replace("-", "")
    ((heard,),) = ledgers.rows(
        f"SELECT MIN(received_at) FROM checkout_checkoutinbox WHERE {this}", key
    )
    found = ledgers.rows(f"SELECT edge, at FROM checkout_checkouthistory WHERE {this}", key)
    edges = {edge: milliseconds(at) for edge, at in found}
    paid, ordered = (edges[edge] for edge in EDGES)
    drawn, back = page.evaluate("window.drawn"), page.evaluate(CAME_BACK)
    confirmed = min(drawn[state] for state in CONFIRMED if drawn.get(state))
    first = milliseconds(heard)
    return {
        "click → confirmed drawn": confirmed - clicked,
        "click → completed drawn": drawn["completed"] - clicked,
        "click → heard of": first - clicked,
        "heard of → paid": paid - first,
        "paid → ordered": ordered - paid,
        "ordered → drawn": drawn["completed"] - ordered,
        "click → back on our page": back - clicked,
    }
