"""The pages after the live one: the receipt, what was refunded, what did not happen, and help."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import RequestFactory

from checkout.adapters.inbound.web.outage import server_error, unavailable
from checkout.adapters.inbound.web.screen import screen
from checkout.adapters.inbound.web.slow_down import slow_down
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.web.test_words import view
from tests.adapters.web.visiting import Shown, Visitor

EUR_16, EUR_18 = ({"amount": amount, "currency": "EUR"} for amount in (1600, 1800))
HELP = "Questions? Write to hello@harbourandpine.example ."


def pay(world: World) -> None:
    """The shopper pays and comes back."""
    world.payments.pay()
    world.order("confirm")
    world.tick()


def test_the_receipt_says_what_when_and_to_whom(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    pay(world)
    page = shopper.see(f"/checkout/{waiting}/summary/")
    finished = datetime.fromisoformat(str(world.checkout.finished_at))
    assert f'<time datetime="{finished.isoformat()}">' in page.html
    assert "Order number order-1" in page.text
    assert "Your e-mail ada@example.org" in page.text
    assert page.title.startswith("Order order-1")
    assert page.primary == [], "nothing is left to be done"
    world.shift(100 * 86_400)
    assert shopper.see(f"/checkout/{waiting}/summary/").heading == page.heading, "it stays"


def test_what_was_not_completed_leads_on(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    world.order("abort")
    world.run_until_quiet()
    page = shopper.see(f"/checkout/{waiting}/summary/")
    assert page.primary == ["Back to basket"]
    assert "Ended on" in page.text
    assert "What happens next" not in page.text


def test_an_order_whose_money_went_back_is_not_thanked_for() -> None:
    shown = screen(view("completed", money="refunded", order="HP-1"))
    assert (shown.heading, shown.tone) == ("Your money was given back", "neutral")
    assert shown.lead == "Your order number is HP-1."
    assert screen(view("completed", money="charged", order="HP-1")).tone == "good"


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"old": EUR_16, "new": EUR_18}, "It was €16.00, and it is €18.00 now."),
        ({"new": EUR_18}, "The total is €18.00 now."),
        ({"new": 1800}, ""),
        ({"old": EUR_16}, ""),
        ({}, ""),
    ],
)
def test_what_has_changed_is_told_with_old_and_new(detail: dict[str, Any], said: str) -> None:
    failed = view("aborted", "price_unavailable")
    failed.body["failure"].update(message="Mug costs more.", detail=detail)
    lead = screen(failed).lead
    assert lead.startswith(f"Mug costs more. {said}".strip())
    assert ("€" in lead) is bool(said)


def test_help_stands_in_the_same_place_on_every_page(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    there = f"/checkout/{waiting}/"
    request = RequestFactory().get(there)
    request.session = shopper.client.session
    no = Refused("cool_down", "Slowly.", retry_after=60)
    pages = [
        shopper.progress(waiting),
        Shown(slow_down(request, no, there, str(waiting))),
        Shown(unavailable(request, there, str(waiting))),
        Shown(server_error(request)),
    ]
    pay(world)
    pages.append(shopper.see(f"{there}summary/"))
    for page in pages:
        footer = page.html.partition("<footer")[2]
        assert footer.count(f">{waiting}</") == 1
        assert f'href="mailto:hello@harbourandpine.example?subject={waiting}"' in footer
        assert page.text.count(str(waiting)) == 1, "once on a page"
        assert HELP in page.text
    assert Shown(shopper.client.get("/nothing/")).text.count("Questions?") == 1


def test_a_page_for_a_bug_that_meets_another_bug_is_still_shown() -> None:
    request = RequestFactory().get("/checkout/broken/")  # without a session, which the frame reads
    answer = server_error(request)
    assert answer.status_code == 500
    assert b"Please do not pay again" in answer.content
