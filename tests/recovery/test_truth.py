"""While no worker runs: pages say what is known, take what is asked for, and pretend no progress."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.conf import settings
from django.test import Client

from checkout.adapters.inbound.access import OWNER
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db

USUAL, LONG = "This takes longer than usual. Nothing is lost", "This takes unusually long."
NOT_CHARGED = "You have not been charged."


@pytest.fixture
def world() -> Iterator[World]:
    """Nobody ticks unless the test does."""
    with World() as built:
        yield built


@pytest.fixture
def shopper(world: World) -> Client:
    """The browser that placed the order."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[OWNER] = "browser"
    session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    world.start()
    return client


def page(client: Client, world: World) -> str:
    """The page of the order, without scripts."""
    return client.get(f"/checkout/{world.id}/").content.decode()


def shown_words(html: str) -> str:
    """What stands beside the dots; the other words are for scripts."""
    return html.partition('class="waiting__words">')[2].partition("<")[0]


def test_after_a_while_the_page_does_not_pretend_to_work(world: World, shopper: Client) -> None:
    html = page(shopper, world)
    assert shown_words(html) == "This page changes by itself."
    assert "Doing it now" in html
    world.shift(11)
    html = page(shopper, world)
    assert shown_words(html).startswith(USUAL)
    assert "Doing it now" not in html
    assert NOT_CHARGED in html
    world.shift(50)
    html = page(shopper, world)
    assert shown_words(html).startswith(LONG)
    assert NOT_CHARGED in html
    world.tick()
    assert "Ready to pay" in page(shopper, world)


def test_the_time_counts_from_the_last_change(world: World, shopper: Client) -> None:
    """Not from the step's begin: a shopper may have been on the payment page for minutes."""
    world.tick()
    world.shift(300)
    world.payments.trouble("lookup", "unavailable")
    world.order("confirm")
    world.tick()
    html = page(shopper, world)
    assert "Confirming your payment" in html
    assert shown_words(html) == "This page changes by itself."


def test_a_wish_to_cancel_is_kept_and_shown_before_it_is_done(
    world: World, shopper: Client
) -> None:
    world.tick()
    assert "Pay €" in page(shopper, world)
    answer = shopper.post(f"/checkout/{world.id}/abort/", follow=True)
    html = answer.content.decode()
    assert "Cancelling your order" in html
    assert "Please do not pay." in html
    assert "Pay €" not in html
    assert "Cancel this order" not in html
    assert world.checkout.state == "awaiting_payment"
    world.tick()
    assert "You cancelled this order" in page(shopper, world)


def test_what_was_asked_for_reaches_an_open_page_at_once(world: World, shopper: Client) -> None:
    """The answer to the button has no version of its own; the page takes it for what it asks."""
    world.tick()
    before = page(shopper, world)
    assert 'data-asked=""' in before
    answer = shopper.post(f"/checkout/{world.id}/abort/", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert 'data-asked="abort"' in html
    assert f'data-version="{world.row.version}"' in html
    world.tick()
    assert 'data-asked=""' in page(shopper, world)
