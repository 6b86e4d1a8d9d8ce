"""Who gets in, starting, commands without and with htmx, the receipt, and a database that is away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from django.test import Client

from checkout import bootstrap
from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutSession
from checkout.domain.exceptions import Refused, StorageUnavailable
from checkout.testing.proof.world import World
from tests.adapters.api.asking import proven
from tests.adapters.web.looking import look, raw, send, text_of
from tests.adapters.web.test_progress_page import complete

COMMANDS = ("abort", "retry", "extend", "confirm")


@pytest.mark.parametrize("path", ["", "summary/"])
def test_others_are_told_that_it_does_not_exist(world: World, page: str, path: str) -> None:
    assert Client().get(page + path).status_code == 404


@pytest.mark.parametrize("kind", COMMANDS)
def test_others_cannot_command(world: World, page: str, kind: str) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert send(stranger, f"{page}{kind}/").status_code == 404
    assert not CheckoutInbox.objects.exists()


@pytest.mark.parametrize("name", ["2a566121-4260-4737-a9d7-b4a12da3b823", "nonsense", "0" * 36])
def test_what_is_no_checkout_is_not_found(world: World, client: Client, name: str) -> None:
    assert client.get(f"/checkout/{name}/").status_code == 404
    assert send(client, f"/checkout/{name}/abort/").status_code == 404


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_post_without_its_token_is_refused(
    world: World, client: Client, page: str, kind: str
) -> None:
    assert client.post(f"{page}{kind}/").status_code == 403
    assert client.get(f"{page}{kind}/").status_code == 405
    assert not CheckoutInbox.objects.exists()


def test_cancelling_twice_cancels_once(world: World, client: Client, page: str) -> None:
    for _ in range(2):
        answer = send(client, page + "abort/")
        assert (answer.status_code, answer["Location"]) == (302, page)
    world.tick()
    world.tick()
    assert world.checkout.state == "aborted"
    assert world.payments.called("close") == world.payments.called("close")[:1]


def test_a_command_by_htmx_answers_the_fragment(world: World, client: Client, page: str) -> None:
    answer = send(client, page + "confirm/", HX_Request="true")
    assert answer.status_code == 200
    assert raw(answer).startswith('<section id="checkout-progress"')
    assert 'name="csrfmiddlewaretoken"' in raw(answer)


def test_too_late_to_cancel_is_said_in_words(world: World, client: Client, page: str) -> None:
    complete(world)
    by_htmx = send(client, page + "abort/", HX_Request="true")
    assert 'id="say" hx-swap-oob="innerHTML"' in raw(by_htmx)
    assert send(client, page + "abort/").status_code == 302
    assert "notice--warn" in raw(look(client, page))
    assert world.checkout.state == "completed"


def test_starting_leads_to_the_page_and_twice_to_the_same(world: World, client: Client) -> None:
    first, second = (send(client, "/checkout/start/", {"cart_id": "cart-1"}) for _ in range(2))
    assert first.status_code == 302
    assert first["Location"] == second["Location"]
    assert CheckoutSession.objects.count() == 1
    assert look(client, first["Location"])


@pytest.mark.parametrize("cart", ["cart-2", "", "' OR 1=1"])
def test_a_basket_that_is_not_proven_starts_nothing(
    world: World, client: Client, cart: str
) -> None:
    answer = send(client, "/checkout/start/", {"cart_id": cart})
    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    assert not CheckoutSession.objects.exists()


class NoStart:
    """A start that is refused, or has no database."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble

    def start(self, request: Any) -> Any:
        """Raise the trouble."""
        raise self.trouble


@pytest.mark.parametrize(
    "trouble", [Refused("shop_closed", "The shop is closed."), StorageUnavailable("away")]
)
def test_a_refused_start_leads_back_to_the_basket(
    world: World, client: Client, trouble: Exception
) -> None:
    bootstrap.use(replace(world.services, prove_cart=proven, start=cast("Any", NoStart(trouble))))
    answer = send(client, "/checkout/start/", {"cart_id": "cart-1"})
    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    assert not CheckoutSession.objects.exists()


def test_the_receipt_of_an_order(world: World, client: Client, page: str) -> None:
    unfinished = client.get(page + "summary/")
    assert (unfinished.status_code, unfinished["Location"]) == (302, page)
    complete(world)
    said = text_of(look(client, page + "summary/"))
    assert "order-1" in said
    assert "You paid €29.90." in said
    assert "What you ordered" in said


def test_the_receipt_of_no_order(world: World, client: Client, page: str) -> None:
    world.order("abort")
    world.tick()
    said = text_of(look(client, page + "summary/"))
    assert "You cancelled this order" in said
    assert "You have not been charged." in said
    assert "What happens next" not in said


class NoQueries:
    """A database that is away."""

    def ownership(self, checkout_id: Any) -> Any:
        """Nobody can say."""
        raise StorageUnavailable("The database does not answer.")


@pytest.mark.parametrize("path", ["", "summary/"])
def test_without_a_database_the_page_says_so(
    world: World, client: Client, page: str, path: str
) -> None:
    bootstrap.use(replace(world.services, queries=cast("Any", NoQueries())))
    answer = client.get(page + path)
    assert answer.status_code == 503
    assert "One moment please" in text_of(answer)
    assert "do not pay again" in text_of(answer)
