"""A link of a mail leads back to its checkout: once, from any device, and nobody else."""

from __future__ import annotations

import logging
import time
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from checkout import bootstrap
from checkout.adapters.inbound import limits, rounds
from checkout.adapters.inbound.access import STARTED
from checkout.adapters.outbound.persistence.models import CheckoutInbox, UsedLink
from checkout.bootstrap import services
from checkout.domain.value_objects.checkout_id import CheckoutId, new_checkout_id
from checkout.domain.value_objects.resume_link import ResumeLink
from checkout.testing.proof.world import World
from tests.adapters.persistence.helpers import in_threads
from tests.adapters.web.visiting import Shown, Visitor

pytestmark = pytest.mark.django_db
URL = "/checkout/resume/"
DAY = 86_400


@pytest.fixture
def link(waiting: CheckoutId) -> str:
    """A fresh link to a checkout that waits for its payment."""
    return signed(waiting)


@pytest.fixture
def other() -> Visitor:
    """Another device, which has never been here."""
    return Visitor()


def signed(checkout: CheckoutId, age: float = 0, secret: str = "") -> str:
    """A link of a mail that was sent so many seconds ago."""
    issued = int(time.time() - age)
    return ResumeLink(checkout, uuid4(), issued).signed(secret or settings.SECRET_KEY)


def opened(visitor: Visitor, link: str) -> Shown:
    """What the link of the mail shows."""
    return Shown(visitor.client.get(URL, {"link": link}))


def pressed(visitor: Visitor, link: str, to: str = URL) -> Shown:
    """The button of the page."""
    return visitor.send(to, {"link": link})


def test_opening_it_changes_nothing_and_pressing_the_button_shows_the_order_here(
    other: Visitor, waiting: CheckoutId, link: str
) -> None:
    for _ in range(3):  # scanners of mails open links, too
        page = opened(other, link)
        assert page.response.status_code == 200
        assert "29.90" not in page.text
        assert "@" not in page.text.split("Questions")[0]
        assert other.progress(waiting).response.status_code == 404
    assert not UsedLink.objects.exists()
    session = other.client.session.session_key
    answer = pressed(other, link).response
    assert (answer.status_code, answer["Location"]) == (302, f"/checkout/{waiting}/")
    assert other.client.session.session_key != session
    assert other.progress(waiting).state == "awaiting_payment"
    assert {"abort", "extend"} <= other.progress(waiting).commands


def test_it_works_once_and_then_offers_another(
    other: Visitor, waiting: CheckoutId, link: str, world: World
) -> None:
    pressed(other, link)
    third = Visitor()
    for page in (opened(third, link), pressed(third, link)):
        assert page.response.status_code == 410
        assert page.heading == "This link was used already"
    assert third.progress(waiting).response.status_code == 404
    world.order("link")  # the mail of the link that was used now
    for _click in range(2):
        assert pressed(third, link, f"{URL}again/").heading == "A new link is on its way"
    world.tick()
    assert world.published.types.count("link_requested") == 2
    assert third.progress(waiting).response.status_code == 404, (
        "the mail is the proof, not the page"
    )
    back = opened(other, link).response  # who has the order here needs no link
    assert (back.status_code, back["Location"]) == (302, f"/checkout/{waiting}/")


def test_an_old_one_is_gone(other: Visitor, waiting: CheckoutId) -> None:
    lifetime = limits.said("LINK_LIFETIME")
    assert opened(other, signed(waiting, lifetime - 60)).response.status_code == 200
    old = signed(waiting, lifetime + 60)
    for page in (opened(other, old), pressed(other, old)):
        assert page.response.status_code == 410
        assert page.heading == "This link is too old"
    assert STARTED not in other.client.session
    assert not UsedLink.objects.exists()


def test_only_our_own_links_lead_anywhere(other: Visitor, waiting: CheckoutId, link: str) -> None:
    wrong = [
        *("", "x", link[:-1], link + "AAAA", "é", link[:-4] + "AAA="),
        link[:40] + ("A" if link[40] != "A" else "B") + link[41:],
        signed(waiting, secret="somebody else's"),
        signed(new_checkout_id()),
    ]
    for text in wrong:
        for page in (
            opened(other, text),
            pressed(other, text),
            pressed(other, text, f"{URL}again/"),
        ):
            assert page.response.status_code == 404, text
            assert page.heading == "We do not know this link"
    assert not UsedLink.objects.exists()
    assert not CheckoutInbox.objects.filter(kind="link").exists()


def test_a_link_of_before_the_secret_was_changed_still_works(
    other: Visitor, link: str, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one" * 8
    assert opened(other, link).response.status_code == 200


def test_it_is_in_no_log_no_referer_and_no_cache(
    other: Visitor, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [opened(other, link), pressed(other, link), opened(Visitor(), link)]
    answers.append(pressed(Visitor(), link, f"{URL}again/"))
    forged = other.client.post(URL, {"link": link})
    assert forged.status_code == 403
    for answer in answers:
        assert answer.response["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer.response["Cache-Control"]
    assert "Gone: /checkout/resume/" in caplog.text
    assert link not in caplog.text
    kept = [str(vars(row)) for row in (*UsedLink.objects.all(), *CheckoutInbox.objects.all())]
    assert kept
    assert not [row for row in kept if link in row]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_in(transactional_db: None) -> None:
    links = services().links
    assert sorted(map(str, in_threads(6, lambda _: links.use("hash")))) == ["False"] * 5 + ["True"]


def test_used_links_are_forgotten_once_they_are_too_old_anyway(world: World) -> None:
    for used in ("a", "b"):
        services().links.use(used)
    rounds.do_due()
    assert UsedLink.objects.count() == 2
    world.shift(limits.said("LINK_LIFETIME") + 2 * DAY)
    rounds.do_due()
    assert not UsedLink.objects.exists()


class TestAsking:
    def test_it_is_offered_while_nobody_knows(
        self, world: World, shopper: Visitor, waiting: CheckoutId
    ) -> None:
        """ux 5.1: no other action, since nobody should pay again."""
        assert "Send me a link to this page by mail" in shopper.progress(waiting).text
        world.payments.trouble("lookup", "unavailable", 5)
        world.later(3)
        page = shopper.progress(waiting)
        assert page.money.startswith("unknown")
        assert "Tell me by mail" in page.text
        told = shopper.submit(waiting, "link")
        assert "on its way to you" in told.text
        world.tick()
        assert world.published.types[-1] == "link_requested"

    def test_a_double_click_is_one_mail_and_too_many_are_refused(
        self, world: World, shopper: Visitor, waiting: CheckoutId
    ) -> None:
        most = limits.said("LINKS_PER_CHECKOUT")
        answers = [shopper.submit(waiting, "link", follow=False) for _ in range(most + 1)]
        assert [a.response.status_code for a in answers] == [302] * most + [429]
        world.tick()
        assert 1 <= world.published.types.count("link_requested") <= 2

    def test_nobody_else_can_ask(self, waiting: CheckoutId, other: Visitor) -> None:
        assert other.send(f"/checkout/{waiting}/link/").response.status_code == 404
        assert not CheckoutInbox.objects.exists()

    def test_a_shop_that_mails_no_links_offers_none(
        self, shopper: Visitor, waiting: CheckoutId, other: Visitor, settings: Any
    ) -> None:
        chosen = services()
        settings.CHECKOUT = {**settings.CHECKOUT, "MAILS_LINKS": False}
        bootstrap.use(chosen)  # changed settings would build the services of the project
        assert "link" not in shopper.progress(waiting).commands
        used = signed(waiting)
        pressed(other, used)
        assert "Send me a new link" not in opened(Visitor(), used).text
