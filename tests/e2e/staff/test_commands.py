"""Each command of staff, from the choice to the page that a shopper has open meanwhile.

In both forms those that go on with a worker and with money; the others differ in their words alone.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.ledgers import Ledgers
from tests.e2e.ordering import BadDays
from tests.e2e.staff.acting import Desk
from tests.e2e.staff.conftest import Place

CLOSE = "Close the payment, so that nobody can pay any more."
BACK = "Release 1 unit. Give the basket back to the shopper."


def test_force_forward(place: Place, desk: Desk) -> None:
    """A payment that hangs is closed, and the page leads to a new one."""
    opened = place()
    opened.shows("awaiting_payment")
    opened.order.play("never_answer")
    desk.nobody_drives(opened.id)
    first = opened.pay_link()
    told = desk.choose(opened.id, "Force a transition", edge="force_retry_payment")
    assert CLOSE in told
    assert "Create a payment of €22.90. Send 1 event: payment_initiated." in told
    desk.give("Force a transition", "the bank hangs", typed=opened.id[:8])
    opened.leads_elsewhere_than(first)
    assert desk.history(opened.id, "force_retry_payment") == ["the bank hangs"]
    desk.check_written(opened.id, "Force a transition", "the bank hangs")
    opened.order.play("approve")
    opened.shows("completed")


@pytest.mark.pages
def test_force_an_end_and_retry_what_had_no_answer(
    place: Place, desk: Desk, bad_days: BadDays
) -> None:
    bad_days.fail("create")
    opened = place()
    opened.shows("inventory_reserved")
    desk.nobody_drives(opened.id)
    told = desk.choose(opened.id, "Force a transition", edge="force_abort")
    assert f"{CLOSE} {BACK}" in told
    assert "The shop mails the shopper (checkout_aborted). Then it is aborted" in told
    desk.give("Force a transition", "the shop closes", typed=opened.id[:8])
    opened.shows("aborting")
    desk.check_written(opened.id, "Force a transition", "the shop closes")
    desk.nobody_drives(opened.id)
    assert "Then it is aborted, money: not charged." in desk.choose(opened.id, "Retry now")
    bad_days.end()
    desk.give("Retry now", "they are back")
    opened.shows("aborted")
    opened.says("The shop cancelled this order")
    assert desk.history(opened.id, "force_abort") == ["the shop closes"]


@pytest.mark.pages
def test_retry_now_goes_forward(place: Place, desk: Desk, bad_days: BadDays) -> None:
    bad_days.fail("create")
    opened = place()
    opened.shows("inventory_reserved")
    desk.nobody_drives(opened.id)
    bad_days.end()
    told = desk.choose(opened.id, "Retry now")
    assert "Create a payment of €22.90." in told
    assert "Then it is awaiting_payment" in told
    desk.give("Retry now", "the provider is well again")
    opened.shows("awaiting_payment")
    desk.check_written(opened.id, "Retry now", "the provider is well again")


@pytest.mark.pages
def test_recheck_finds_what_nobody_was_told(place: Place, desk: Desk) -> None:
    opened = place()
    opened.shows("awaiting_payment")
    desk.nobody_drives(opened.id)
    opened.order.play("lose_webhook")
    assert "Ask the provider for the facts." in desk.choose(opened.id, "Recheck with provider")
    opened.shows("awaiting_payment")
    desk.give("Recheck with provider", "the shopper has paid")
    opened.shows("completed")
    desk.check_written(opened.id, "Recheck with provider", "the shopper has paid")


def test_abort(place: Place, desk: Desk, ledgers: Ledgers) -> None:
    opened = place()
    opened.shows("awaiting_payment")
    told = desk.choose(opened.id, "Abort")
    assert f"{CLOSE} {BACK}" in told
    assert "Send 3 events: payment_failed, inventory_released, checkout_aborted." in told
    desk.give("Abort", "the mug is broken")
    opened.shows("aborted")
    opened.says("The shop cancelled this order")
    assert desk.history(opened.id, "start_compensation") == ["the mug is broken"]
    desk.check_written(opened.id, "Abort", "the mug is broken")
    assert ledgers.orders(opened.id) == []


def test_refund_a_part_and_then_the_rest(place: Place, desk: Desk, ledgers: Ledgers) -> None:
    opened = place()
    opened.shows("awaiting_payment")
    opened.order.play("approve")
    opened.shows("completed")
    told = desk.choose(opened.id, "Refund", amount="5.00")
    assert "Refund €5.00. Send 1 event: payment_refunded." in told
    assert "Then it is completed, money: charged €17.90." in told
    desk.give("Refund", "a scratch")
    opened.tells_of_money("You paid €17.90")
    desk.check_written(opened.id, "Refund. amount: 500.", "a scratch")
    desk.nothing_waits(opened.id)
    told = desk.choose(opened.id, "Refund", amount="17.90")
    assert "Then it is completed, money: refunded €22.90." in told
    desk.give("Refund", "it came broken")
    opened.says("Your money was given back")
    opened.tells_of_money("€22.90 was given back to you")
    [(_, captured, kept, _)] = ledgers.payments(opened.id)
    assert (captured, kept) == (2290, 0)
    opened.page.get_by_role("link", name="See your receipt").click()
    expect(opened.page.locator(".receipt .money-line")).to_contain_text("€22.90 was given back")
    assert len(ledgers.orders(opened.id)) == 1, "the order stands"


@pytest.mark.pages
def test_extend(place: Place, desk: Desk) -> None:
    opened = place()
    opened.shows("awaiting_payment")
    before = opened.held_until()
    assert "Hold 1 unit for longer." in desk.choose(opened.id, "Extend the hold")
    desk.give("Extend the hold", "they look for their card")
    expect(opened.page.locator(".countdown")).not_to_have_attribute("data-until", before)
    assert opened.held_until() > before
    desk.check_written(opened.id, "Extend the hold", "they look for their card")


def test_hold_and_resume_and_a_note(place: Place, desk: Desk) -> None:
    """Nothing moves while it is held; what arrived meanwhile is looked at when it is resumed."""
    opened = place()
    opened.shows("awaiting_payment")
    desk.choose(opened.id, "Hold")
    desk.give("Hold", "the price is looked at")
    desk.wait_for_history(opened.id, "hold")
    opened.order.play("approve")
    desk.wait_for_messages(opened.id, "payment")
    desk.look(opened.id)
    desk.page.get_by_role("link", name="Leave a note", exact=True).click()
    desk.give("Leave a note", "asked the shopper by telephone")
    desk.wait_for_history(opened.id, "annotate")
    opened.shows("awaiting_payment")
    assert "Ask the provider for the facts." in desk.choose(opened.id, "Resume")
    desk.give("Resume", "the price is right")
    opened.shows("completed")
    for label, edge, reason in (
        ("Hold", "hold", "the price is looked at"),
        ("Leave a note", "annotate", "asked the shopper by telephone"),
        ("Resume", "resume", "the price is right"),
    ):
        assert desk.history(opened.id, edge) == [reason]
        desk.check_written(opened.id, label, reason)
