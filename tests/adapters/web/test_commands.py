"""Every command as a plain form and by htmx; what is refused is said; only the owner may."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.conf import LazySettings

from checkout import bootstrap
from checkout.adapters.outbound.persistence.models import CheckoutHistory, CheckoutInbox
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.web.visiting import Visitor

KINDS = ["abort", "retry", "extend", "confirm"]


def path_of(checkout: Any, kind: str = "") -> str:
    return f"/checkout/{checkout}/{kind}/" if kind else f"/checkout/{checkout}/"


def test_cancelling_is_a_plain_form(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    answer = shopper.submit(waiting, "abort", follow=False).response
    assert (answer.status_code, answer["Location"]) == (302, path_of(waiting))
    world.run_until_quiet()
    assert shopper.progress(waiting).state == "aborted"
    assert world.body["failure"]["code"] == "cancelled_by_shopper"


def test_more_time_is_a_plain_form(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    before = world.body["expires_at"]
    shopper.submit(waiting, "extend")
    world.tick()
    assert world.body["expires_at"] > before


def test_another_card_is_a_plain_form(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    world.payments.decline(final=True)
    world.order("confirm")
    world.tick()
    assert "retry" in shopper.progress(waiting).commands
    shopper.submit(waiting, "retry")
    world.tick()
    page = shopper.progress(waiting)
    assert "/pay/pay_2/" in page.html
    assert "retry" not in page.commands


def test_coming_back_changes_nothing_by_itself(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    page = shopper.see(path_of(waiting) + "?returned=1")
    assert not CheckoutInbox.objects.exists()
    assert f'hx-post="{path_of(waiting, "confirm")}"' in page.html
    assert 'hx-trigger="load"' in page.html


def test_a_refusal_is_said(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    """A retry of a payment whose page is still open."""
    text = "The current payment is still open: use its page."
    assert shopper.send(path_of(waiting, "retry")).response.status_code == 302
    assert text in shopper.progress(waiting).text
    assert text in shopper.send(path_of(waiting, "retry"), HX_Request="true").text


def test_too_many_tries_are_told_to_wait(
    world: World, shopper: Visitor, waiting: CheckoutId, settings: LazySettings
) -> None:
    """K4: 429 with Retry-After, as a page that leads back and as a fragment that says it."""
    limits = {"ATTEMPTS_PER_CHECKOUT": 1, "COOL_DOWN": 120}
    settings.CHECKOUT = {**settings.CHECKOUT, **limits}
    bootstrap.use(world.services)
    world.payments.decline(final=True)
    world.order("confirm")
    world.tick()
    page = shopper.send(path_of(waiting, "retry"))
    fragment = shopper.send(path_of(waiting, "retry"), HX_Request="true")
    for shown in (page, fragment):
        assert shown.response.status_code == 429
        assert 100 < int(shown.response["Retry-After"]) <= 120
        assert "Please try again in 2 minutes." in shown.text
    assert f'href="{path_of(waiting)}"' in page.html
    assert fragment.state == "awaiting_payment"
    world.tick()
    assert world.checkout.generation == 1


def test_htmx_shows_what_a_429_brings(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    page = html.unescape(shopper.progress(waiting).html)
    handled = re.findall(r'\{"code": "([^"]+)", "swap": (true|false)', page)
    first = next(swap for code, swap in handled if re.search(code, "429"))
    assert first == "true"
    assert next(swap for code, swap in handled if re.search(code, "500")) == "false"


def test_a_double_cancel_is_one(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    for _ in range(2):
        shopper.send(path_of(waiting, "abort"))
    world.run_until_quiet()
    ended = CheckoutHistory.objects.filter(checkout_id=waiting, target="aborting")
    assert ended.exclude(source="aborting").count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_command_by_looking(
    world: World, shopper: Visitor, waiting: CheckoutId, kind: str
) -> None:
    assert shopper.client.get(path_of(waiting, kind)).status_code == 405
    assert not CheckoutInbox.objects.exists()


def test_there_is_no_other_command(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    assert shopper.send(path_of(waiting, "force")).response.status_code == 404


def test_a_logged_in_shopper_cancels_as_a_shopper(
    world: World, shopper: Visitor, waiting: CheckoutId, django_user_model: Any
) -> None:
    shopper.client.force_login(django_user_model.objects.create_user("ada"))
    session = shopper.client.session
    session["checkout_owner_id"] = "browser"
    session.save()
    shopper.submit(waiting, "abort")
    world.run_until_quiet()
    assert world.body["failure"]["code"] == "cancelled_by_shopper"
