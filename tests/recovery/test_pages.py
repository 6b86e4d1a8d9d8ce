"""While our database is away: 503 with a sentence everywhere, and pages that look again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from checkout.adapters.inbound.access import OWNER
from checkout.testing.proof.world import World
from tests.contracts.documents import PROBLEM

pytestmark = pytest.mark.django_db

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@contextmanager
def outage() -> Iterator[None]:
    """Every statement fails, also those of the session."""

    def gone(*_: Any) -> None:
        raise OperationalError("could not connect to 10.0.0.7")

    with connection.execute_wrapper(gone):
        yield


@pytest.fixture
def shopper() -> Iterator[tuple[Client, World]]:
    """A browser on its way to the payment page."""
    with World() as world:
        world.start()
        world.tick()
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[OWNER] = "browser"
        session.save()
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        yield client, world


@pytest.mark.parametrize("page", ["/", "/cart/", "/checkout/{id}/", "/checkout/{id}/summary/"])
def test_a_page_says_so_and_looks_again(shopper: tuple[Client, World], page: str) -> None:
    client, world = shopper
    address = page.format(id=world.id)
    with outage():
        answer = client.get(address, headers=BROWSER)
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "It goes on by itself, and nothing is lost." in html
    assert 'http-equiv="refresh" content="10; url=/' in html
    assert int(answer["Retry-After"]) > 0
    assert "10.0.0.7" not in html
    assert client.get(address, headers=BROWSER).status_code in (200, 302)


def test_looking_again_can_be_stopped_and_begun_again(shopper: tuple[Client, World]) -> None:
    client, world = shopper
    address = f"/checkout/{world.id}/"
    with outage():
        assert f'href="{address}?live=0"' in client.get(address, headers=BROWSER).content.decode()
        stopped = client.get(f"{address}?live=0", headers=BROWSER).content.decode()
        shown = client.get("/?from=mail&live=0", headers=BROWSER).content.decode()
    assert 'http-equiv="refresh"' not in stopped + shown
    assert f'<a href="{address}">Look again</a>' in stopped
    assert '<a href="/?from=mail">Look again</a>' in shown


def test_a_button_leads_back_to_the_page_of_the_order(shopper: tuple[Client, World]) -> None:
    client, world = shopper
    with outage():
        answer = client.post(f"/checkout/{world.id}/abort/", headers=BROWSER)
    assert answer.status_code == 503
    assert f'content="10; url=/checkout/{world.id}/"' in answer.content.decode()
    assert world.checkout.state == "awaiting_payment"


def test_a_form_of_the_shop_is_not_sent_again_by_itself(shopper: tuple[Client, World]) -> None:
    client, _ = shopper
    with outage():
        answer = client.post("/cart/add/", {"sku": "MUG-TIDE", "quantity": 1}, headers=BROWSER)
    assert answer.status_code == 503
    assert 'http-equiv="refresh"' not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/products"),
        ("post", "/api/v1/carts"),
        ("get", "/api/v1/checkouts/{id}"),
        ("post", "/api/v1/checkouts/{id}/abort"),
        ("post", "/api/v1/checkouts/{id}/extend"),
    ],
)
def test_the_api_answers_with_a_problem(
    shopper: tuple[Client, World], method: str, path: str
) -> None:
    client, world = shopper
    body = {"lines": [{"sku": "MUG-TIDE", "quantity": 1}], "coupons": []} if "carts" in path else {}
    with outage():
        answer = getattr(client, method)(
            path.format(id=world.id), body, content_type="application/json"
        )
    assert (answer.status_code, answer["Content-Type"]) == (503, PROBLEM)
    assert answer.json()["code"] == "unavailable"
    assert int(answer["Retry-After"]) > 0


def test_a_bug_is_still_a_bug(shopper: tuple[Client, World], monkeypatch: Any) -> None:
    client, world = shopper

    def bug(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(world.services.queries, "progress", bug)
    answer = client.get(f"/checkout/{world.id}/", headers=BROWSER)
    assert answer.status_code == 500
    assert b"Something went wrong on our side" in answer.content
