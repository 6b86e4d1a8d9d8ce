"""A command meets something else: a payment, a second click, a form that is not complete."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Console
from tests.e2e.ledgers import Ledgers
from tests.e2e.stack import Stack
from tests.e2e.staff.acting import Desk
from tests.e2e.staff.conftest import Place

# Both are on their way before either is answered.
SENT_TWICE = """form => Promise.all([0, 1].map(() =>
  fetch(form.action, {method: 'POST', body: new FormData(form)}).then(answer => answer.status)))"""
OLD_LOGIN = """
from django.contrib.sessions.backends.db import SessionStore
kept = SessionStore(session_key="{key}")
kept["checkout_password_said_at"] = 0
kept.save()
"""


def test_the_payment_is_first_and_staff_is_told(place: Place, desk: Desk, console: Console) -> None:
    console.expected.append("409 (Conflict)")
    opened = place()
    opened.shows("awaiting_payment")
    desk.choose(opened.id, "Abort")
    opened.order.play("approve")
    opened.shows("completed")
    desk.fill("nobody pays any more")
    desk.button("Abort").click()
    expect(desk.page.get_by_role("alert")).to_contain_text("The checkout changed while you looked.")
    expect(desk.button("Abort")).to_be_hidden()
    assert desk.logged(opened.id) == []
    desk.page.get_by_role("link", name="Look again").click()
    expect(desk.page.get_by_text("It is too late to cancel").first).to_be_visible()
    opened.shows("completed")


def test_staff_is_first_and_the_late_money_goes_back(
    place: Place, desk: Desk, ledgers: Ledgers
) -> None:
    opened = place()
    opened.shows("awaiting_payment")
    desk.nobody_drives(opened.id)
    opened.order.play("approve_late", delay="3600")
    desk.choose(opened.id, "Abort")
    desk.give("Abort", "sold out")
    opened.tells_of_money("We are checking with your bank")
    opened.shows("aborting")
    ledgers.rows("UPDATE provider_timer SET due_at = ?", "2000-01-01 00:00:00")
    opened.shows("aborted")
    opened.says("The shop cancelled this order")
    opened.tells_of_money("You have not been charged")
    given_back = "SELECT authorised, voided, captured FROM provider_payment WHERE reference LIKE ?"
    assert ledgers.rows(given_back, f"%{opened.id}%") == [(2290, 2290, 0)]
    assert ledgers.orders(opened.id) == []


def test_one_form_sent_twice_is_one_refund(
    place: Place, desk: Desk, ledgers: Ledgers, console: Console
) -> None:
    console.expected.append("409 (Conflict)")  # when the first was applied before the second came
    opened = place()
    opened.shows("awaiting_payment")
    opened.order.play("approve")
    opened.shows("completed")
    desk.nothing_waits(opened.id)
    desk.choose(opened.id, "Refund", amount="5.00")
    desk.fill("a scratch")
    answers = desk.page.locator("form[method=post]", has=desk.button("Refund")).evaluate(SENT_TWICE)
    assert 200 in answers
    assert set(answers) <= {200, 409}
    opened.tells_of_money("You paid €17.90")
    desk.nothing_waits(opened.id)
    [(_, captured, kept, _)] = ledgers.payments(opened.id)
    assert (captured, kept) == (2290, 1790)


@pytest.mark.pages
def test_what_is_missing_is_asked_for(
    place: Place, desk: Desk, stack: Stack, console: Console
) -> None:
    """The start of the id, and after an old login the password; until then nothing is done."""
    console.expected.append("400 (Bad Request)")
    opened = place()
    opened.shows("awaiting_payment")
    desk.choose(opened.id, "Force a transition", edge="force_abort")
    for typed, said in (("", "This field is required."), ("00000000", "That is not how the id")):
        desk.fill("it hangs", typed)
        desk.button("Force a transition").click()
        expect(desk.page.get_by_text(said)).to_be_visible()
    [key] = [c["value"] for c in desk.page.context.cookies() if c["name"] == "sessionid"]
    stack.manage("shell", "-c", OLD_LOGIN.format(key=key))
    desk.fill("it hangs", opened.id[:8])
    desk.button("Force a transition").click()
    expect(desk.page.get_by_role("heading", name="Is it you?")).to_be_visible()
    assert desk.logged(opened.id) == []
    for password, seen in (("wrong", "That is not the password"), (Desk.PASSWORD, "Force a")):
        desk.page.get_by_label("Password of").fill(password)
        desk.page.get_by_role("button", name="Go on").click()
        expect(desk.page.get_by_text(seen).first).to_be_visible()
    opened.shows("awaiting_payment")
    desk.choose(opened.id, "Force a transition", edge="force_abort")
    desk.give("Force a transition", "it hangs", typed=opened.id[:8])
    opened.shows("aborted")
