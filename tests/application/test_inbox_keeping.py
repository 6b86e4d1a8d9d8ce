"""B9, C1, C9: what is parked finds its checkout, and what is kept is kept long enough."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings

from checkout.adapters.inbound import rounds
from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.adapters.outbound.persistence.repositories import writes
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db
A_DAY = 86_400


def park(world: World, event: str, reference: str, source: str = "provider:x") -> None:
    """A message about a payment that nobody knows yet."""
    message = InboxMessage(source, event, "payment", f"provider:{event}", {}, reference)
    assert world.services.repository.receive(None, message)


def left() -> set[str]:
    """The messages that are there."""
    return set(CheckoutInbox.objects.values_list("message_id", flat=True))


def test_a_parked_message_is_applied_when_its_reference_appears(world: World) -> None:
    park(world, "early", "pay_1")
    world.start()
    world.tick()
    row = CheckoutInbox.objects.get()
    assert (row.checkout_id, row.outcome) == (world.id, "")
    world.payments.pay()
    world.tick()
    assert world.checkout.state == "completed"


def test_however_many_nobody_claims_the_others_find_theirs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep looks at the newest; the round at all of them, a part at a time."""
    monkeypatch.setattr(rounds, "AT_ONCE", 100)
    world.start()
    world.tick()
    park(world, "ours", "pay_1")  # as if it had come between two commits
    for number in range(250):
        park(world, f"of nobody {number}", f"foreign_{number}")
    assert writes.adopt_known_references() == 0
    rounds.do_due()
    assert CheckoutInbox.objects.get(message_id="ours").checkout_id == world.id
    park(world, "later", "pay_1")
    for _ in range(3):
        world.shift(61)
        rounds.do_due()
    assert not CheckoutInbox.objects.filter(reference="pay_1", checkout=None).exists()
    assert CheckoutInbox.objects.filter(checkout=None).count() == 250


def after(world: World, days: float) -> set[str]:
    """What is left so many days later."""
    world.shift(days * A_DAY)
    rounds.do_due()
    return left()


def test_messages_are_kept_for_their_time_and_then_forgotten(
    world: World, settings: LazySettings
) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, "INBOX_RETENTION_DAYS": 30}
    world.start()
    drive(world, pays)
    world.post("evt-1")
    drive(world, pays)
    park(world, "parked", "pay_9")
    world.order("recheck", actor="user:7")
    drive(world, pays)
    kept = left()
    assert {"evt-1", "parked"} < kept
    assert after(world, 29.9) >= kept
    assert after(world, 0.2) >= kept - {"evt-1", "parked"}
    assert not {"evt-1", "parked"} & left(), "only commands stay: they are part of the story"


def test_without_the_setting_it_is_three_months(world: World) -> None:
    park(world, "parked", "pay_9")
    assert after(world, 89) == {"parked"}
    assert after(world, 2) == set()


def test_what_may_still_matter_is_not_forgotten(world: World, settings: Any) -> None:
    """A message of a checkout that goes on, or that nobody has applied, stays whatever its age."""
    settings.CHECKOUT = {**settings.CHECKOUT, "INBOX_RETENTION_DAYS": 30}
    world.start()
    world.tick()
    world.post("applied")
    world.deliver()
    world.tick()
    world.post("waiting")
    world.deliver()
    assert {"applied", "waiting"} <= after(world, 365)


def test_a_message_that_comes_again_after_that_is_a_hint_like_any_other(world: World) -> None:
    world.start()
    drive(world, pays)
    world.post("evt-1")
    drive(world, pays)
    assert "evt-1" not in after(world, 91)
    world.delivered.clear()
    world.post("evt-1")
    drive(world, pays)
    assert "evt-1" in left()
    assert len(world.payments.called("capture")) == 1
