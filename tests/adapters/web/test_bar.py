"""What is on its way is shown in the shop: to whom it belongs, until it has ended."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.web.test_resuming import pressed, signed
from tests.adapters.web.visiting import Shown, Visitor

pytestmark = pytest.mark.django_db
BAR = "on its way"


def shop(visitor: Visitor) -> Shown:
    """A page of the shop."""
    return visitor.see("/")


def test_a_guest_sees_it_in_every_tab_and_nobody_else_does(
    shopper: Visitor, waiting: CheckoutId
) -> None:
    for _tab in range(2):
        page = shop(shopper)
        assert "You have an order on its way." in page.text
        assert f'href="/checkout/{waiting}/"' in page.html
    assert BAR not in shop(Visitor()).text
    assert BAR not in shop(Visitor("somebody else")).text


@pytest.mark.parametrize("end", ["paid", "cancelled"])
def test_it_goes_when_the_order_has_ended(
    world: World, shopper: Visitor, waiting: CheckoutId, end: str
) -> None:
    if end == "paid":
        world.payments.pay()
    world.order("confirm" if end == "paid" else "abort")
    world.tick()
    assert world.checkout.state.is_final
    assert BAR not in shop(shopper).text


def test_it_stays_through_login_and_follows_the_user_to_another_device(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    user = get_user_model().objects.create(username="ada")
    shopper.client.force_login(user)
    assert "an order on its way" in shop(shopper).text
    theirs = world.start("cart-2", user_id=user.pk)
    elsewhere = Visitor()
    assert BAR not in shop(elsewhere).text
    elsewhere.client.force_login(user)
    page = shop(elsewhere)
    assert f'href="/checkout/{theirs}/"' in page.html
    assert str(waiting) not in page.html, "that one belongs to the other browser"


def test_a_device_that_was_led_back_by_a_link_sees_it(waiting: CheckoutId) -> None:
    other = Visitor()
    pressed(other, signed(waiting))
    assert "an order on its way" in shop(other).text


def test_of_several_the_newest_are_named(world: World, shopper: Visitor) -> None:
    ids = [world.start(f"cart-{number}") for number in range(1, 5)]
    page = shop(shopper)
    assert "You have 4 orders on their way." in page.text
    named = [checkout for checkout in ids if f'href="/checkout/{checkout}/"' in page.html]
    assert named == ids[1:]
    assert page.html.index(str(ids[3])) < page.html.index(str(ids[1]))


def test_a_page_costs_one_query_for_it(shopper: Visitor, waiting: CheckoutId) -> None:
    with CaptureQueriesContext(connection) as seen:
        shop(shopper)
    about = [query["sql"] for query in seen if "finished_at" in query["sql"]]
    assert len(about) == 1
