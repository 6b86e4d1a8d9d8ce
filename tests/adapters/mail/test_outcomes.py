"""Every end of a checkout has exactly the mails of its story, and each says what is true."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives

from checkout.adapters.outbound.messaging.checkout_event_publisher import ConsumersFirst
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.application.use_cases.relay_events import RelayEvents
from checkout.testing.builders import snapshot
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World
from project.shop.mail.hearing import hear
from project.shop.mail.sending import send_due
from project.shop.models import Cart, Mail
from tests.adapters.mail.conftest import heard, later
from tests.adapters.mail.mailserver import MailServer
from tests.adapters.web.visiting import Visitor

pytestmark = pytest.mark.django_db
PAID = "Your order order-1 is confirmed"
NOT_CHARGED = "Your order was not completed, and you were not charged"
NOT_COMPLETED = "Your order was not completed"
CHECKING = "We are checking your payment"
BACK = "Your money back: €29.90"
LINK = "The link to your order"


def begin(world: World, cart: Cart) -> None:
    """Place the order."""
    world.carts.carts[str(cart.pk)] = snapshot(str(cart.pk))
    world.start(str(cart.pk))


def deliver(world: World) -> list[EmailMultiAlternatives]:
    """Hand every event over twice, and send what follows, as often as a crash could."""
    for event in world.published.events:
        for _ in range(2):
            hear(event)
            send_due()
    later(200)
    send_due()
    sent: list[Any] = outbox.outbox
    return sent


def silent(world: World) -> None:
    """The provider says nothing any more."""
    for method in ("lookup", "close"):
        world.payments.trouble(method, "unavailable", 500)


def pass_time(world: World, seconds: float) -> None:
    """Let so much time pass, with a look now and then."""
    for _ in range(int(seconds / 31) + 1):
        world.later(31)


def paid(world: World) -> None:
    drive(world, pays)


def expired(world: World) -> None:
    drive(world, idle)


def cancelled(world: World) -> None:
    world.tick()
    world.order("abort")
    drive(world, idle)


def out_of_stock(world: World) -> None:
    world.inventory.trouble("reserve", "refused")
    drive(world, idle)


def never_frozen(world: World) -> None:
    world.carts.trouble("snapshot", "refused")
    drive(world, idle)


def unknown_then_paid(world: World) -> None:
    world.tick()
    silent(world)
    pass_time(world, 700)
    world.payments.forget_troubles()
    drive(world, pays)


def unknown_then_unpaid(world: World) -> None:
    world.tick()
    silent(world)
    pass_time(world, 1000)
    world.payments.forget_troubles()
    drive(world, idle)


def unknown_for_a_moment(world: World) -> None:
    world.tick()
    silent(world)
    pass_time(world, 300)
    world.payments.forget_troubles()
    drive(world, pays)


def taken_and_not_delivered(world: World) -> None:
    world.payments.sale = True
    world.orders.trouble("place", "refused")
    drive(world, pays)


def held_and_let_go(world: World) -> None:
    world.orders.trouble("place", "refused")
    drive(world, pays)


def held_and_not_let_go(world: World) -> None:
    world.payments.trouble("void", "unavailable", 3)
    held_and_let_go(world)


def given_back_by_staff(world: World) -> None:
    drive(world, pays)
    for amount in (500, 2490):
        world.order("refund", amount=amount, actor="user:7", reason="a broken mug")
        drive(world, idle)


def with_a_link(world: World) -> None:
    world.tick()
    world.order("link")
    drive(world, pays)


STORIES: list[tuple[Callable[[World], None], list[str]]] = [
    (paid, [PAID]),
    (expired, [NOT_CHARGED]),
    (cancelled, [NOT_CHARGED]),
    (out_of_stock, [NOT_CHARGED]),
    (never_frozen, [NOT_CHARGED]),
    (unknown_then_paid, [CHECKING, PAID]),
    (unknown_then_unpaid, [CHECKING, NOT_CHARGED]),
    (unknown_for_a_moment, [PAID]),
    (taken_and_not_delivered, [NOT_COMPLETED, BACK]),
    (held_and_let_go, [NOT_CHARGED]),
    (held_and_not_let_go, [NOT_COMPLETED]),
    (given_back_by_staff, [PAID, "Your money back: €5.00", BACK]),
    (with_a_link, [LINK, PAID]),
]


@pytest.mark.parametrize(
    ("story", "mails"), STORIES, ids=[story.__name__ for story, _mails in STORIES]
)
def test_a_story_has_exactly_its_mails(
    world: World, cart: Cart, story: Callable[[World], None], mails: list[str]
) -> None:
    begin(world, cart)
    story(world)
    assert world.checkout.state.is_final
    sent = deliver(world)
    assert sorted(message.subject for message in sent) == sorted(mails)
    assert {message.to[0] for message in sent} == {"ada@example.org"}
    assert not Mail.objects.exclude(outcome="sent").exists()


@pytest.mark.parametrize("trouble", ["no mail server", "a bug in the consumer"])
def test_no_trouble_of_mails_touches_a_checkout(
    world: World, cart: Cart, server: MailServer, trouble: str
) -> None:
    """J2, B5: what follows an order is told after it, and cannot undo or delay it."""
    broken = trouble.startswith("a bug")

    def consume(event: Mapping[str, Any]) -> None:
        if broken:
            raise ZeroDivisionError("a consumer with a bug")
        hear(event)
        send_due()

    told = RelayEvents(DjangoOutbox(), ConsumersFirst([consume], world.published))
    world.services = replace(world.services, relay=told)
    server.down()
    try:
        begin(world, cart)
        world.tick()
        world.payments.pay()
        world.order("confirm")
        world.tick()
    finally:
        server.up()
    assert world.checkout.state == "completed"
    assert bool(world.untold) == broken
    broken = False
    world.later(20)
    assert world.untold == []
    later(60)
    send_due()
    assert [str(message["Subject"]) for message in server.received] == [PAID]


def test_the_confirmation_says_what_was_bought_and_paid(world: World, cart: Cart) -> None:
    begin(world, cart)
    drive(world, pays)
    (message,) = deliver(world)
    html = str(message.alternatives[0][0])
    for text in (message.body, html):
        for words in ("order-1", "You paid €29.90.", "2 × Mug", "Total", str(world.id)):
            assert words in text
        assert text.count("Harbour & Pine") + text.count("Harbour &amp; Pine") >= 1
    assert "<script" not in html
    assert "src=" not in html, "nothing is loaded from anywhere"
    assert 'lang="en"' in html


def test_what_was_taken_is_never_called_not_charged(world: World, cart: Cart) -> None:
    begin(world, cart)
    taken_and_not_delivered(world)
    texts = " ".join(str(message.body) for message in deliver(world))
    assert "€29.90 was given back to you." in texts
    assert "not been charged" not in texts


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"charged": 2990, "returned": 0, "held": 0}, "€29.90 is going back to you."),
        ({"charged": 2990, "returned": 990, "held": 0}, "€20.00 is going back to you."),
        ({"charged": 2990, "returned": 2990, "held": 0}, "€29.90 was given back to you."),
        ({"charged": 0, "returned": 0, "held": 2990}, "the €29.90 that your bank had reserved"),
        ({"charged": 0, "returned": 0, "held": 0}, "You have not been charged."),
        ({}, ""),
    ],
)
def test_the_sentence_about_the_money(cart: Cart, said: dict[str, Any], words: str) -> None:
    heard(cart, "checkout_aborted", code="new_reason", currency="EUR", **said)
    send_due()
    (message,) = outbox.outbox
    assert words in str(message.body)
    assert ("not been charged" in str(message.body)) == (words == "You have not been charged.")
    assert ("not charged" in message.subject) == (words == "You have not been charged.")


def test_of_a_refund_in_parts_each_mail_tells_the_sum(world: World, cart: Cart) -> None:
    begin(world, cart)
    given_back_by_staff(world)
    _, first, second = deliver(world)
    assert "given €5.00 of the €29.90 that you paid back" in first.body
    assert "given €29.90 back to you: all that you paid" in second.body


def test_nobody_is_told_that_we_are_checking_once_the_end_is_known(
    world: World, cart: Cart
) -> None:
    """A mail server that was away, or a worker that died with the mail, must not confuse anybody."""
    begin(world, cart)
    unknown_then_paid(world)
    for event in world.published.events:
        hear(event)
    send_due()
    assert [message.subject for message in outbox.outbox] == [PAID]
    assert Mail.objects.get(kind=Mail.DOUBT).outcome == "outdated"


def test_the_link_of_a_mail_leads_to_the_order_on_another_device(world: World, cart: Cart) -> None:
    begin(world, cart)
    drive(world, pays)
    (message,) = deliver(world)
    link = re.search(r"http://127\.0\.0\.1:\d+(/checkout/resume/\?link=(\S+))", str(message.body))
    assert link
    assert link[1] in str(message.alternatives[0][0])
    phone = Visitor()
    assert phone.see(link[1]).heading == "Go on with your order"
    answer = phone.send("/checkout/resume/", {"link": link[2]}).response
    assert answer["Location"] == f"/checkout/{world.id}/"
    assert phone.progress(world.id).state == "completed"


def test_it_is_written_in_the_language_of_the_order(world: World, cart: Cart) -> None:
    Cart.objects.update(language="de")
    begin(world, cart)
    drive(world, pays)
    (message,) = deliver(world)
    assert 'lang="de"' in str(message.alternatives[0][0])
    Cart.objects.update(language="tlh")
    Mail.objects.update(ended_at=None, outcome="")
    (_, again) = deliver(world)
    assert 'lang="en"' in str(again.alternatives[0][0])
