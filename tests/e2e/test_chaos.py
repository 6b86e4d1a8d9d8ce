"""Every state in a browser of its own, all of them side by side: what they show in the end is right.

One offline period and one restart are shared by all. Each checkout is open in two tabs, the second
of which never gets a socket. `cart_frozen` is missing: with the shop in the same database nobody
ever sees it. `started` is what is placed while the worker stands still.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.browsing import MUG, open_context
from tests.e2e.ledgers import Ledgers
from tests.e2e.ordering import BadDays, Ordering
from tests.e2e.stack import Stack
from tests.patience import eventually

OFFLINE_SECONDS = 10.0
# name → the state in which it is kept, and the state to which it goes while its browser is offline
HELD = {
    "started": ("started", "awaiting_payment"),
    "ready": ("awaiting_payment", "completed"),
    "declined": ("awaiting_payment", "completed"),
    "closed": ("awaiting_payment", "aborted"),
    "never answered": ("awaiting_payment", "aborted"),
    "creating": ("payment_confirmed", "completed"),
    "undoing": ("aborting", "aborted"),
    "preparing": ("inventory_reserved", "awaiting_payment"),
    "completed": ("completed", "completed"),
    "cancelled": ("aborted", "aborted"),
    "another amount": ("aborted", "aborted"),
}
LATER = {"preparing", "started"}  # placed last
SEEN = """() => {
  const read = (at) => document.querySelector(at).textContent.replace(/\\s+/g, ' ').trim();
  const root = document.getElementById('checkout-progress');
  return [root.dataset.version, root.dataset.state, read('h1'), read('.money-line')];
}"""
LOST = "() => !document.getElementById('connection').hidden"


@dataclass
class Open:
    """A checkout with its browser: a tab with a socket, and one without."""

    order: Ordering
    context: BrowserContext
    live: Page
    deaf: Page


def bring_about(stack: Stack, bad_days: BadDays, leaving: ExitStack) -> dict[str, Ordering]:
    """One checkout in each state, by what shoppers do and what a provider fails to do."""
    orders = {name: leaving.enter_context(closing(Ordering(stack))) for name in HELD}
    for name, order in orders.items():
        order.fill(MUG)
        if name not in LATER:
            order.place()
    reach(orders, dict.fromkeys(set(HELD) - LATER, "awaiting_payment"))
    for name, outcome in (
        ("completed", "approve"),
        ("declined", "decline_retry"),
        ("closed", "decline"),
        ("never answered", "never_answer"),
        ("another amount", "wrong_amount"),
    ):
        orders[name].play(outcome)
    orders["cancelled"].command("abort")
    ends = {"completed": "completed", "cancelled": "aborted", "another amount": "aborted"}
    reach(orders, ends)
    for method in ("create", "capture", "close"):
        bad_days.fail(method)
    orders["creating"].play("approve")
    orders["undoing"].command("abort")
    orders["preparing"].place()
    reach(orders, {name: states[0] for name, states in HELD.items() if name != "started"})
    leaving.callback(os.kill, stack.processes["worker"].pid, signal.SIGCONT)
    eventually(lambda: stands_still(stack, orders["preparing"]))
    orders["started"].place()
    return orders


def stands_still(stack: Stack, order: Ordering) -> bool:
    """Freeze the worker, unless it is in the middle of a call for this order.

    When it wakes, a call that failed long after the order came here would be the end of the order.
    """
    worker = stack.processes["worker"].pid
    os.kill(worker, signal.SIGSTOP)
    lease = "SELECT lease_until FROM checkout_checkoutsession WHERE id = ?"
    free = Ledgers(stack).rows(lease, order.id) == [(None,)]
    if not free:
        os.kill(worker, signal.SIGCONT)
    return free


def reach(orders: dict[str, Ordering], states: dict[str, str]) -> None:
    """Wait until each of these is in its state."""

    def missing() -> dict[str, tuple[str, ...]]:
        now = {name: orders[name].shown() for name in states}
        return {name: seen for name, seen in now.items() if seen[1] != states[name]}

    eventually(lambda: not missing(), missing)


def show_the_truth(opened: dict[str, Open], expected: dict[str, str]) -> None:
    """Every tab comes to say what the server says, and that is as expected."""

    def wrong() -> list[object]:
        found: list[object] = []
        for name, one in opened.items():
            true = one.order.shown()
            shown = {kind: tuple(getattr(one, kind).evaluate(SEEN)) for kind in ("live", "deaf")}
            found += [(name, kind, seen, true) for kind, seen in shown.items() if seen != true]
            if true[1] != expected[name]:
                found.append((name, true))
        return found

    eventually(lambda: not wrong(), wrong)


def own_up(opened: dict[str, Open]) -> None:
    """Without a line every page shows what is true, or says that it may not be."""

    def lying() -> list[str]:
        return [
            name
            for name, one in opened.items()
            if not one.live.evaluate(LOST) and tuple(one.live.evaluate(SEEN)) != one.order.shown()
        ]

    eventually(lambda: not lying(), lying)


def look(browser: Browser, orders: dict[str, Ordering], leaving: ExitStack) -> dict[str, Open]:
    """Open all of them."""
    opened = {}
    for name, order in orders.items():
        context = leaving.enter_context(open_context(browser, locale="en-GB"))
        context.add_cookies(order.cookies())
        live, deaf = context.new_page(), context.new_page()
        deaf.route_web_socket("**/ws/**", lambda socket: socket.close())
        for tab in (live, deaf):
            tab.goto(order.url)
        opened[name] = Open(order, context, live, deaf)
    return opened


def go_on(stack: Stack, orders: dict[str, Ordering], bad_days: BadDays) -> None:
    """What happens while no browser can see it."""
    bad_days.end()
    os.kill(stack.processes["worker"].pid, signal.SIGCONT)
    for name in ("ready", "declined"):
        orders[name].play("approve")
    for name in ("closed", "never answered"):
        orders[name].command("abort")
    reach(orders, {name: then for name, (_, then) in HELD.items()})


def test_the_final_screen_is_right(stack: Stack, browser: Browser, bad_days: BadDays) -> None:
    now, then = ({name: states[n] for name, states in HELD.items()} for n in (0, 1))
    errors: list[str] = []
    with ExitStack() as leaving:
        orders = bring_about(stack, bad_days, leaving)
        reach(orders, now)
        opened = look(browser, orders, leaving)
        for one in opened.values():
            one.context.on("weberror", lambda error: errors.append(str(error.error)))
        show_the_truth(opened, now)

        stack.kill("web")
        stack.start("web")
        stack.wait_until_live()
        show_the_truth(opened, now)
        for one in opened.values():
            one.live.reload()
        show_the_truth(opened, now)

        for one in opened.values():
            one.context.set_offline(True)
        time.sleep(OFFLINE_SECONDS)
        go_on(stack, orders, bad_days)
        own_up(opened)
        for one in opened.values():
            one.context.set_offline(False)
        show_the_truth(opened, then)
    assert errors == []
