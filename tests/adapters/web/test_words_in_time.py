"""What the page says as time goes by: how long items are held, what is waited for, what may be done."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import override_settings

from checkout.adapters.inbound.web import words
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.web.visiting import Shown, Visitor

WAITING = re.compile(
    r'<p class="waiting([^"]*)" data-waited="([\d.]+)" data-after-10="([^"]*)" data-after-60="([^"]*)">'
)
SILENT = {**settings.CHECKOUT, "MAILED_EVENTS": []}


def shown_after(world: World, shopper: Visitor, seconds: float) -> Shown:
    """The page when nothing has changed for so long."""
    world.shift(seconds)
    return shopper.progress(world.id)


def test_the_step_stands_in_title_and_heading(
    world: World, shopper: Visitor, started: CheckoutId
) -> None:
    page = shopper.progress(started)
    assert page.title.startswith("Holding your items (Step 1 of 4)")
    assert '<hgroup><p class="eyebrow">Step 1 of 4</p><h1 tabindex="-1">' in page.html
    world.tick()
    page = shopper.progress(started)
    assert page.title.startswith("Ready to pay (Step 2 of 4)")
    world.order("abort")
    world.run_until_quiet()
    page = shopper.progress(started)
    assert "Step" not in page.title
    assert 'class="eyebrow"' not in page.html


def test_the_first_second_is_silent_and_later_ones_say_more(
    world: World, shopper: Visitor, started: CheckoutId
) -> None:
    kind, waited, _ten, sixty = WAITING.findall(shopper.progress(started).html)[0]
    assert (kind, float(waited) < 1) == ("", True)
    assert sixty == words.WE_ARE_LATE
    page = shown_after(world, shopper, 5)
    assert WAITING.findall(page.html)[0][0] == " waiting--now"
    assert words.CHANGES_BY_ITSELF in page.text
    assert words.LONGER_THAN_USUAL in shown_after(world, shopper, 6).text
    assert words.WE_ARE_LATE in shown_after(world, shopper, 50).text


def test_mail_is_promised_only_where_it_is_sent_and_there_is_an_address(
    world: World, shopper: Visitor, started: CheckoutId
) -> None:
    assert "e-mail" not in shopper.progress(started).text, "nobody has said where to yet"
    world.tick()
    world.payments.trouble("lookup", "unavailable", 50)
    world.order("confirm")
    world.tick()
    page = shown_after(world, shopper, 11)
    assert "You can leave this page: we will e-mail you." in page.text
    with override_settings(CHECKOUT=SILENT):
        assert "e-mail" not in shopper.progress(started).text


def test_the_hold_counts_down_in_minutes_and_warns(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    page = shopper.progress(waiting)
    assert '<span class="countdown__left" aria-hidden="true"> (15 min left)</span>' in page.html
    assert "countdown--soon" not in page.html
    page = shown_after(world, shopper, 13.5 * 60)
    assert "(2 min left)" in page.text
    assert '<div class="countdown countdown--soon"' in page.html
    assert "extend" in page.commands
    assert "less than a minute left" in shown_after(world, shopper, 60).text


def test_on_zero_nobody_is_sent_to_pay(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    page = shown_after(world, shopper, 901)
    assert page.state == "awaiting_payment", "the engine has not come to it yet"
    assert page.heading == "The time to pay is over"
    assert "Please do not pay now." in page.text
    assert page.primary == []
    assert not page.commands & {"extend", "retry"}
    world.run_until_quiet()
    page = shopper.progress(waiting)
    assert page.primary == [words.START_AGAIN]


def test_to_cancel_is_asked_twice_without_a_script(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    page = shopper.progress(waiting)
    details = re.findall(r'<details class="cancel">(.*?)</details>', page.html, re.S)
    assert len(details) == 1
    question = details[0].partition("</summary>")[2]
    assert words.CANCEL_UNPAID in question
    assert f'action="/checkout/{waiting}/abort/"' in question
    assert "Yes, cancel this order" in question
    assert '<noscript><a class="link-button" href="?cancel=1">' in page.html
    asked = shopper.see(f"/checkout/{waiting}/?cancel=1").html
    assert '<details class="cancel" open>' in asked
    assert 'http-equiv="refresh"' not in asked, "the question stands still"
    world.payments.trouble("lookup", "unavailable", 50)
    world.order("confirm")
    world.tick()
    page = shopper.progress(waiting)
    assert words.CANCEL_IN_DOUBT in page.text
    assert words.CANCEL_UNPAID not in page.text


@pytest.mark.parametrize(
    ("error", "button", "said"),
    [
        ("insufficient_funds", "Try another card", "not enough money"),
        ("lost_card", "Try another card", words.ASK_YOUR_BANK),
        ("three_d_secure_failed", "Try again", "could not confirm it was you"),
        ("processing_error", "Try again", "It was not your card."),
    ],
)
@pytest.mark.parametrize("final", [False, True])
def test_a_decline_leads_to_what_helps(
    world: World,
    shopper: Visitor,
    waiting: CheckoutId,
    error: str,
    button: str,
    said: str,
    final: bool,
) -> None:
    world.payments.decline(error, final=final)
    world.order("confirm")
    world.tick()
    page = shopper.progress(waiting)
    assert page.primary == [button]
    assert said in page.text
    assert (words.ASK_YOUR_BANK in page.text) is (said == words.ASK_YOUR_BANK)
