"""What core and shop said in English, hours ago perhaps, is read in the language of the page."""

from __future__ import annotations

from typing import Any

import pytest

from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from project.shop.words import Sentence
from tests.adapters.web.visiting import Visitor


@pytest.fixture
def german(shopper: Visitor, settings: Any) -> Visitor:
    """The shopper, who has chosen German."""
    shopper.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    return shopper


def test_why_it_failed_is_told_in_another_language(
    world: World, german: Visitor, started: CheckoutId, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = {"name": "Tide mug", "available": 1}
    said = Sentence("Only %(available)s of %(name)s left.", gaps)

    def refuse(*_: object) -> None:
        raise said.refusal("out_of_stock", sku="MUG-TIDE")

    monkeypatch.setattr(world.inventory, "reserve", refuse)
    world.tick()
    assert world.body["failure"]["message"] == "Only 1 of Tide mug left."
    page = german.progress(started)
    assert page.heading == "Nicht genug auf Lager"
    assert "Nur noch 1 Stück da: Gezeitenbecher. Jemand war schneller." in page.text
    assert "left" not in page.text


def test_no_is_said_in_the_language_of_who_asked(
    world: World, german: Visitor, waiting: CheckoutId
) -> None:
    world.order("abort")
    world.tick()
    answer = german.send(f"/checkout/{waiting}/retry/", HX_Request="true")
    assert "Es gibt gerade keine Zahlung zum Wiederholen." in answer.text
    asked = german.send(f"/api/v1/checkouts/{waiting}/retry")
    assert asked.response.json()["code"] == "not_awaiting_payment"
    assert asked.response.json()["detail"] == "Es gibt gerade keine Zahlung zum Wiederholen."
