"""The progress page in every state: what it says, what it offers, and what it says of the money."""

from __future__ import annotations

import pytest
from django.test import Client

from checkout.adapters.inbound.web import words
from checkout.testing.builders import line, snapshot
from checkout.testing.proof.world import World
from tests.adapters.web.looking import look, raw, send, text_of

NOT_CHARGED = "You have not been charged."
CHECKING = "We are checking with your bank."


def complete(world: World) -> None:
    """The shopper pays and the order is placed."""
    world.payments.pay()
    world.order("confirm")
    world.tick()
    assert world.checkout.state == "completed"


def decline(world: World, error: str, final: bool) -> None:
    """The bank says no, and we look."""
    world.payments.decline(error, final=final)
    world.order("confirm")
    world.tick()


def test_a_started_checkout_holds_the_items(world: World, client: Client) -> None:
    answer = look(client, f"/checkout/{world.start()}/")
    assert "Holding your items" in text_of(answer)
    assert NOT_CHARGED in text_of(answer)
    assert raw(answer).count('aria-current="step"') == 1
    assert "<title>Holding your items (Step 1 of 4)" in raw(answer)


def test_ready_to_pay_names_the_amount(world: World, client: Client, page: str) -> None:
    answer = look(client, page)
    assert "Pay €29.90" in text_of(answer)
    assert 'href="/pay/pay_1/"' in raw(answer)
    assert "Waiting for you" in text_of(answer)
    assert "I need more time" in text_of(answer)
    assert "Cancel this order" in text_of(answer)


def test_who_comes_back_is_not_told_to_pay_again(world: World, client: Client, page: str) -> None:
    answer = look(client, page + "?returned=1")
    assert "Confirming your payment" in text_of(answer)
    assert "Ready to pay" not in text_of(answer)
    assert "Pay €29.90" not in text_of(answer)
    assert f'hx-post="{page}confirm/" hx-trigger="load"' in raw(answer)
    assert 'hx-trigger="load"' not in raw(look(client, page))


@pytest.mark.parametrize(("error", "said"), sorted(words.DECLINES.items()))
@pytest.mark.parametrize("final", [False, True])
def test_a_decline_says_why_and_offers_another_card(
    world: World, client: Client, page: str, error: str, said: str, final: bool
) -> None:
    decline(world, error, final)
    answer = look(client, page)
    assert said in text_of(answer)
    assert NOT_CHARGED in text_of(answer)
    assert words.next_try(error) in text_of(answer)
    assert (f'action="{page}retry/"' in raw(answer)) is final


@pytest.mark.parametrize("error", ["stolen_card", "lost_card", "fraudulent", "card_declined"])
def test_thieves_read_what_everybody_reads(
    world: World, client: Client, page: str, error: str
) -> None:
    decline(world, error, True)
    answer = look(client, page)
    assert words.GENERIC_DECLINE in text_of(answer)
    assert error not in raw(answer)


def test_a_lost_capture_is_not_called_uncharged_and_asks_for_no_money(
    world: World, client: Client, page: str
) -> None:
    world.payments.pay()
    world.payments.trouble("capture", "lost")
    world.order("confirm")
    world.tick()
    answer = look(client, page)
    assert NOT_CHARGED not in text_of(answer)
    assert "Pay €29.90" not in text_of(answer)
    assert f"{page}retry/" not in raw(answer)


def test_an_unanswered_start_of_the_payment_is_not_called_uncharged(
    world: World, client: Client
) -> None:
    world.payments.trouble("initiate", "lost")
    path = f"/checkout/{world.start()}/"
    world.tick()
    answer = look(client, path)
    assert world.body["money"]["status"] == "checking"
    assert CHECKING in text_of(answer)
    assert NOT_CHARGED not in text_of(answer)


def test_completed_shows_order_and_receipt(world: World, client: Client, page: str) -> None:
    complete(world)
    answer = look(client, page)
    assert "Your order number is order-1." in text_of(answer)
    assert "You paid €29.90." in text_of(answer)
    assert f'href="{page}summary/"' in raw(answer)
    assert "data-final" in raw(answer)
    assert "Cancel this order" not in text_of(answer)
    assert 'http-equiv="refresh"' not in raw(answer)


def test_cancelled_is_not_called_a_failure(world: World, client: Client, page: str) -> None:
    world.order("abort")
    world.tick()
    answer = look(client, page)
    assert "You cancelled this order" in text_of(answer)
    assert "Did not work" not in text_of(answer)
    assert 'href="/cart/"' in raw(answer)


def test_out_of_stock_names_the_item(world: World, client: Client) -> None:
    world.carts.carts["cart-1"] = snapshot(lines=(line(quantity=50),))
    path = f"/checkout/{world.start()}/"
    world.tick()
    answer = look(client, path)
    assert "Not enough in stock" in text_of(answer)
    assert world.body["failure"]["message"] in text_of(answer)
    assert NOT_CHARGED in text_of(answer)


def test_a_page_without_javascript_refreshes_until_it_is_stopped(
    world: World, client: Client, page: str
) -> None:
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in raw(
        look(client, page)
    )
    stopped = look(client, page + "?live=0")
    assert 'http-equiv="refresh"' not in raw(stopped)
    assert "Look again" in text_of(stopped)


def test_htmx_gets_the_fragment_alone(world: World, client: Client, page: str) -> None:
    fragment = raw(look(client, page, HX_Request="true"))
    assert fragment.startswith('<section id="checkout-progress"')
    assert f'data-version="{world.checkout.version}" data-state="awaiting_payment"' in fragment
    assert "<html" not in fragment


def test_an_extension_is_sent_by_a_plain_form(world: World, client: Client, page: str) -> None:
    before = world.body["expires_at"]
    assert send(client, page + "extend/").status_code == 302
    world.tick()
    assert world.body["expires_at"] > before
