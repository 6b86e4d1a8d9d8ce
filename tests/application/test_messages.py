"""Messages of the provider: twice, out of order, too early, unknown, late, and not signed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.application.ports.inbound.confirm_checkout_port import ProviderCall
from checkout.domain.exceptions import BadSignature, Refused
from checkout.domain.value_objects.checkout_id import effect_key
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db


def hook(world: World, event: str, *, signed: bool = True, **said: Any) -> bool:
    """The provider sends a message; True when it was new."""
    assert world.id is not None
    body = {
        "id": event,
        "kind": "payment.changed",
        "merchant_reference": effect_key(world.id, "payments.initiate", 1),
        "reference": "pay_1",
        **said,
    }
    headers = {"x-signature": "valid" if signed else "forged"}
    call = ProviderCall("fake", headers, json.dumps(body).encode())
    return world.services.desk.receive(call)


def test_a_message_brings_the_lookup_forward_and_decides_nothing(waiting: World) -> None:
    assert hook(waiting, "evt-1", kind="payment.approved")
    waiting.tick()
    assert waiting.checkout.state == "awaiting_payment"
    waiting.payments.pay()
    assert hook(waiting, "evt-2", kind="payment.failed")
    waiting.tick()
    assert waiting.checkout.state == "completed"
    check(waiting, most_calls=1)


def test_the_same_message_again_changes_nothing(waiting: World) -> None:
    """C9: it acts once, however often it comes."""
    waiting.payments.pay()
    assert hook(waiting, "evt-1")
    drive(waiting, idle)
    version, wake = waiting.checkout.version, waiting.row.wake
    for _ in range(3):
        assert not hook(waiting, "evt-1")
    assert (waiting.checkout.version, waiting.row.wake) == (version, wake)
    check(waiting, most_calls=1)


def test_a_failure_that_arrives_after_the_success_harms_nobody(waiting: World) -> None:
    """B6, C7: success stays, however late a failure is told."""
    waiting.payments.pay()
    hook(waiting, "evt-2", kind="payment.authorised")
    drive(waiting, idle)
    waiting.payments.decline(final=True)
    hook(waiting, "evt-1", kind="payment.failed")
    looks = len(waiting.payments.called("lookup"))
    drive(waiting, idle)
    assert len(waiting.payments.called("lookup")) == looks + 1
    assert waiting.checkout.state == "completed"
    check(waiting, most_calls=1)


def test_facts_that_shrink_are_late_facts(waiting: World) -> None:
    """C7: what was paid does not become unpaid."""
    waiting.payments.pay()
    hook(waiting, "evt-1")
    waiting.tick()
    waiting.payments.meanwhile = lambda method: None
    before = waiting.checkout.payment.facts
    waiting.payments.change(captured=0, authorised=0, closed=False)
    hook(waiting, "evt-2")
    waiting.tick()
    after = waiting.checkout.payment.facts
    assert (after.captured, after.authorised, after.closed) == (
        before.captured,
        before.authorised,
        before.closed,
    )


def test_an_unknown_reference_is_parked_and_adopted_when_it_becomes_known(world: World) -> None:
    """B9, C1: not yet is no never."""
    world.start()
    assert hook(world, "evt-early", merchant_reference="not ours", reference="pay_1")
    assert not hook(world, "evt-early", merchant_reference="not ours", reference="pay_1")
    row = CheckoutInbox.objects.get(message_id="evt-early")
    assert row.checkout_id is None
    world.tick()
    row.refresh_from_db()
    assert row.checkout_id == world.id
    drive(world, pays)
    row.refresh_from_db()
    assert row.outcome == "applied"
    check(world, most_calls=1)


def test_a_message_that_was_parked_between_two_commits_is_adopted_by_the_sweep(
    waiting: World,
) -> None:
    """B9: parked in the very moment in which the reference was stored."""
    hook(waiting, "evt-gap", merchant_reference="not ours", reference="unheard")
    row = CheckoutInbox.objects.get(message_id="evt-gap")
    assert waiting.services.repository.adopt_all_parked() == 0
    CheckoutInbox.objects.filter(pk=row.pk).update(reference="pay_1")
    assert waiting.services.repository.adopt_all_parked() == 1
    row.refresh_from_db()
    assert row.checkout_id == waiting.id
    waiting.tick()
    row.refresh_from_db()
    assert row.applied_at is not None


def test_a_message_that_names_a_stranger_s_checkout_is_parked(waiting: World) -> None:
    from checkout.domain.value_objects.checkout_id import new_checkout_id

    stranger = effect_key(new_checkout_id(), "payments.initiate", 1)
    assert hook(waiting, "evt-1", merchant_reference=stranger, reference="pay_99")
    assert CheckoutInbox.objects.get(message_id="evt-1").checkout_id is None


def test_a_forged_or_senseless_message_is_not_stored(waiting: World) -> None:
    with pytest.raises(BadSignature):
        hook(waiting, "evt-1", signed=False)
    call = ProviderCall("fake", {"x-signature": "valid"}, b"[]")
    with pytest.raises(Refused):
        waiting.services.desk.receive(call)
    assert not CheckoutInbox.objects.filter(source="provider:fake").exists()


def test_a_message_during_the_tick_makes_it_due_again(waiting: World) -> None:
    """C4: the wake race: what arrives after the inbox was read is not slept over."""
    waiting.payments.meanwhile = lambda method: method == "lookup" and hook(waiting, "evt-race")
    waiting.later(3)
    assert waiting.row.due_at is not None
    waiting.payments.meanwhile = lambda method: None
    waiting.payments.pay()
    waiting.tick()
    assert waiting.checkout.state == "completed"
    assert CheckoutInbox.objects.get(message_id="evt-race").outcome == "applied"
    check(waiting, most_calls=1)


def test_a_message_during_the_last_call_wakes_a_finished_checkout(waiting: World) -> None:
    waiting.payments.pay()
    waiting.payments.meanwhile = lambda method: method == "capture" and hook(waiting, "evt-last")
    waiting.order("confirm")
    waiting.tick()
    assert waiting.checkout.state == "completed"
    assert not waiting.quiet
    drive(waiting, idle)
    check(waiting, most_calls=1)


def test_hints_while_it_is_being_undone_are_looked_at(waiting: World) -> None:
    """C11: money that comes while all is given back goes back, too."""
    waiting.inventory.trouble("release", "unavailable", 2)
    waiting.order("abort")
    waiting.tick()
    assert waiting.checkout.state == "aborting"
    waiting.payments.change(authorised=2990, captured=2990)
    hook(waiting, "evt-late")
    drive(waiting, idle)
    assert waiting.checkout.state == "aborted"
    assert waiting.payments.called("refund")
    check(waiting)
