"""Before a command is given it is shown what it would lead to; then it does just that."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.testing.proof.world import World
from project.shop.mail import hearing
from tests.adapters.admin.asking import give, there
from tests.adapters.commands.conftest import awaiting, completed, confirmed, with_a_coupon

PASSWORD = "a long pass phrase"


def shown(client: Client, world: World, command: str, query: str = "") -> str:
    answer = client.get(there(world, command) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_refund_says_how_much_and_whom_it_tells(world: World, boss: Client) -> None:
    completed(world)
    text = shown(boss, world, "refund", "?amount=9.90")
    assert "Refund €9.90." in text
    assert "Send 1 event: payment_refunded." in text
    assert "The shop mails the shopper (payment_refunded)." in text
    assert "being refunded" in text or "refunded" in text
    assert give(boss, world, "refund", amount="9.90").status_code == 302
    world.tick()
    assert world.payments.last.facts.refunded == 990
    assert "amount: 990." in LogEntry.objects.get().change_message


def test_an_abort_says_what_is_given_back(world: World, boss: Client) -> None:
    with_a_coupon(world)
    text = shown(boss, world, "abort")
    for said in (
        "Close the payment, so that nobody can pay any more.",
        "Release 2 units.",
        "Give back the coupons SAVE2.",
        "Give the basket back to the shopper.",
        "checkout_aborted",
        'Then it is <span class="checkout-state checkout-state--aborted">aborted</span>',
        "money: <b>not charged</b>",
    ):
        assert said in text, said


def test_an_order_that_is_stuck_says_what_is_left(world: World, boss: Client) -> None:
    confirmed(world)
    text = shown(boss, world, "retry_now")
    assert text.index("Place the order.") < text.index("Take €29.90.")
    assert "checkout-state--completed" in text


def test_looking_at_a_preview_changes_nothing(world: World, boss: Client) -> None:
    awaiting(world)
    row = world.row
    for command in ("abort", "recheck", "extend", "hold"):
        shown(boss, world, command)
    shown(boss, world, "force", "?edge=force_abort")
    assert CheckoutInbox.objects.count() == LogEntry.objects.count() == 0
    assert (world.row.version, world.row.wake, world.row.due_at) == (
        row.version,
        row.wake,
        row.due_at,
    )
    assert not world.payments.last.facts.closed


@pytest.mark.parametrize(
    "amount", ["", "0", "-1", "29.91", "9.901", "1e3", "NaN", "nine", "9" * 40]
)
def test_an_amount_that_cannot_be_is_refused(world: World, boss: Client, amount: str) -> None:
    completed(world)
    answer = give(boss, world, "refund", amount=amount)
    assert answer.status_code in (400, 409)
    assert CheckoutInbox.objects.count() == 1  # the shopper's own "I have paid"
    assert boss.get(there(world, "refund") + f"?amount={amount}").status_code in (200, 400)


def test_an_edge_that_is_not_there_is_refused(world: World, boss: Client) -> None:
    awaiting(world)
    assert boss.get(there(world, "force") + "?edge=complete_it").status_code == 400
    text = shown(boss, world, "force", "?edge=force_retry_payment")
    assert "Create a payment of €29.90." in text


def test_staff_extends_beyond_the_shoppers_limit(
    world: World, boss: Client, settings: Settings
) -> None:
    awaiting(world)
    for _ in range(world.policy.max_extensions):
        world.order("extend")
        world.tick()
    before = world.checkout.deadline_at
    assert before is not None
    assert give(boss, world, "extend").status_code == 302
    world.tick()
    after = world.checkout.deadline_at
    assert after is not None
    assert after > before


def test_a_note_is_read_in_the_timeline(world: World, boss: Client) -> None:
    completed(world)
    assert give(boss, world, "annotate", reason="Called back, all is well.").status_code == 302
    world.tick()
    detail = boss.get(there(world)).content.decode()
    assert detail.count("Called back, all is well.") >= 1
    assert "annotate" in detail


def test_the_shops_mails_are_known(settings: Settings) -> None:
    said = {name.removesuffix(".v1") for name in hearing.KINDS} - {"link_requested"}
    assert said == set(settings.CHECKOUT["MAILED_EVENTS"])


@pytest.fixture
def known(db: None) -> Client:
    """Somebody with a password, who may do everything."""
    User.objects.create_superuser("mara", password=PASSWORD)
    client = Client()
    assert client.login(username="mara", password=PASSWORD)
    return client


@pytest.mark.parametrize("command", ["refund", "force"])
def test_after_a_while_the_password_is_asked_for_again(
    world: World, known: Client, command: str
) -> None:
    (completed if command == "refund" else awaiting)(world)
    stored = CheckoutInbox.objects.count()
    with time_machine.travel(timezone.now() + timedelta(seconds=901), tick=True):
        asked = give(known, world, command)
        assert asked.status_code == 302
        question = asked.headers["Location"]
        assert "is-it-you" in question
        assert CheckoutInbox.objects.count() == stored
        back = there(world, command)
        wrong = known.post(question, {"password": "wrong", "next": back})
        assert wrong.status_code == 400
        assert "is-it-you" in give(known, world, command).headers["Location"]
        right = known.post(question, {"password": PASSWORD, "next": back})
        assert right.headers["Location"] == back
        assert give(known, world, command).headers["Location"] == there(world)
    assert CheckoutInbox.objects.count() == stored + 1


def test_the_question_leads_to_no_other_site(world: World, known: Client) -> None:
    page = "/admin/checkout/checkoutsession/is-it-you/"
    said = {"password": PASSWORD, "next": "https://evil.example/"}
    assert known.post(page, said).headers["Location"] == "/admin/"


def test_what_is_harmless_asks_for_no_password(world: World, known: Client) -> None:
    awaiting(world)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        assert give(known, world, "recheck").headers["Location"] == there(world)
