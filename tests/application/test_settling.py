"""What is true at the provider now? Asked before a repetition, and before an order is begun."""

from __future__ import annotations

from typing import Any

import pytest

from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db
A_DAY = 90_000  # seconds, and a little more: as long as providers keep a key


def give_back(world: World, amount: int) -> None:
    """Staff orders a refund in minor units; the engine asks for it."""
    world.order("refund", amount=amount, actor="user:7", reason="a broken mug")
    world.staff_refunds[world.known] = amount
    world.tick()


def forget_keys(world: World) -> None:
    """The provider forgets what it did under which key, as many do after a day."""
    world.payments.last.moved.clear()


@pytest.mark.parametrize("trouble", ["lost", "unavailable"])
def test_a_refund_without_an_answer_is_looked_for_before_it_is_asked_for_again(
    bought: World, trouble: str
) -> None:
    """H1: a part of the money would go back twice once the provider has forgotten the key."""
    bought.payments.trouble("refund", trouble)
    give_back(bought, 500)
    assert len(bought.payments.called("refund")) == 1
    forget_keys(bought)
    drive(bought, idle)
    assert bought.payments.last.facts.returned == 500
    assert len(bought.payments.called("refund")) == (1 if trouble == "lost" else 2)
    check(bought)


def test_a_refund_that_is_theirs_to_decide_is_only_looked_at(bought: World) -> None:
    """H1: banks take days, and keys are kept for one. Staff's "retry now" looks at once."""
    bought.payments.pending_refunds = True
    give_back(bought, 500)
    for _ in range(6):
        forget_keys(bought)
        bought.jump()
        bought.tick()
    bought.later(A_DAY)
    looks = len(bought.payments.called("lookup"))
    bought.order("retry_now", actor="user:7")
    bought.tick()
    assert len(bought.payments.called("lookup")) == looks + 1
    assert len(bought.payments.called("refund")) == 1
    assert bought.row.due_at is not None
    bought.payments.pending_refunds = False
    drive(bought, idle)
    assert bought.payments.last.facts.returned == 500
    assert bought.body["money"] == {"status": "charged", "amount": 2490, "currency": "EUR"}
    check(bought, most_calls=1)


def test_while_nobody_says_what_became_of_a_refund_it_is_not_repeated(bought: World) -> None:
    """Silence on the look is no "it was not done"."""
    bought.payments.trouble("refund", "lost")
    give_back(bought, 500)
    bought.payments.trouble("lookup", "unavailable", 5)
    for _ in range(5):
        bought.jump()
        bought.tick()
    assert len(bought.payments.called("refund")) == 1
    drive(bought, idle)
    check(bought, most_calls=1)


def test_what_was_taken_when_it_was_approved_is_not_taken_again(world: World) -> None:
    """B3: nobody is asked to do what is done already."""
    world.payments.sale = True
    world.start()
    drive(world, pays)
    assert world.checkout.state == "completed"
    assert not world.payments.called("capture")
    check(world)


@pytest.mark.parametrize(
    "facts",
    [
        {"voided": 2990},
        {"captured": 2990, "refunded": 2990},
        {"captured": 2000, "voided": 990},
    ],
    ids=["let go", "given back", "taken in part"],
)
def test_money_that_is_gone_before_we_look_begins_no_order(
    world: World, facts: dict[str, Any]
) -> None:
    """H5: approved is not at hand. A hold that lapsed or was lifted buys nothing."""
    world.start()
    world.tick()
    world.payments.change(authorised=2990, closed=True, **facts)
    world.order("confirm")
    drive(world, idle)
    assert (world.checkout.state, world.checkout.needs_attention) == ("aborted", "capture_refused")
    assert world.checkout.failure is not None
    assert world.checkout.failure.code == "capture_refused"
    assert not world.orders.called("place")
    assert "payment_confirmed" not in world.published.types
    check(world)


def test_a_note_about_many_attempts_does_not_hide_a_failing_refund(bought: World) -> None:
    """H1, K4: staff must see the money before the note."""
    note = InboxMessage("system:limits", "1", "limit", "system:limits", {"reason": "too many"})
    bought.services.repository.receive(bought.known, note)
    bought.tick()
    assert bought.checkout.needs_attention == "many_attempts"
    bought.payments.failing_refunds = 1
    give_back(bought, 500)
    assert bought.checkout.needs_attention == "refund_failing"
    drive(bought, idle)
    check(bought)
