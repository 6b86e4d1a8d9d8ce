"""Reconciliation and the net-money audit: captured − refunded is the order's total, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from checkout.adapters.inbound import rounds
from checkout.adapters.inbound.cli import money as doctor
from checkout.adapters.inbound.cli.explain import ATTENTION
from checkout.adapters.outbound.persistence.models import (
    CheckoutHistory,
    CheckoutInbox,
    CheckoutSession,
    PeriodicJob,
)
from checkout.adapters.outbound.persistence.repositories.django_jobs import DjangoJobs
from checkout.adapters.outbound.persistence.repositories.doctor_queries import DoctorQueries
from checkout.application.use_cases import audit_money, watch_money
from checkout.testing.builders import snapshot
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import idle, pays, pays_for_what_is_gone
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db
A_DAY = 86_400


def books_say(world: World, **facts: int) -> None:
    """Somebody writes other amounts into our books of the first payment, past the engine."""
    payments = world.row.payments
    payments["1"]["facts"].update(facts)
    CheckoutSession.objects.filter(pk=world.known).update(payments=payments)


def audited(world: World, later: float = 120) -> str:
    """What the checkout asks staff for after a round of every job."""
    world.shift(later)
    rounds.do_due()
    world.tick()
    return world.row.needs_attention


def sold(world: World) -> None:
    """A shopper whose money is captured at once, for stock that can't be had any more."""
    world.payments.sale = True
    pays_for_what_is_gone(world)


def refunding(world: World) -> None:
    """Bring it to where the money is on its way back, and not there yet."""
    world.start()
    for _ in range(8):
        sold(world)
        world.tick()
        world.jump()
    assert world.checkout.state == "aborted"
    assert world.body["money"]["status"] == "refunding"


@pytest.mark.parametrize("actor", [pays, idle], ids=["completed", "aborted"])
def test_books_that_balance_ask_for_nobody(world: World, actor: Any) -> None:
    world.start()
    drive(world, actor)
    assert audited(world) == audited(world, 2 * A_DAY) == ""
    assert not CheckoutInbox.objects.filter(source="system:audit").exists()
    check(world)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"captured": 1000}, "money_missing"),
        ({"captured": 0}, "money_missing"),
        ({"refunded": 2990}, "money_missing"),
        ({"refunded": 5980}, "money_overpaid"),
    ],
)
def test_what_does_not_balance_is_shown_to_staff(
    world: World, facts: dict[str, int], reason: str
) -> None:
    """M2: staff sees which checkout it is, why in words, and who said so (M3)."""
    world.start()
    drive(world, pays)
    books_say(world, **facts)
    assert audited(world) == reason
    assert world.body["attention"] == reason
    assert ATTENTION[reason] == audit_money.REASONS[reason]
    passage = CheckoutHistory.objects.filter(checkout=world.id).latest("version")
    assert (passage.actor, passage.edge) == ("system:audit", "record")
    message = CheckoutInbox.objects.get(source="system:audit")
    assert message.payload["reason"] == audit_money.REASONS[reason]


def test_what_staff_gives_back_is_no_longer_due(world: World) -> None:
    """Captured − refunded is the total less that, from the order on; a pending one is given a day."""
    world.start()
    drive(world, pays)
    world.payments.pending_refunds = True
    world.order("refund", amount=1000, actor="user:7")
    world.tick()
    assert audited(world) == ""
    assert audited(world, A_DAY) == "money_overdue"
    world.payments.pending_refunds = False
    drive(world, idle)
    assert audited(world) == ""
    assert audit_money.net(world.checkout) == audit_money.Net(1990, 1990, 0, True, False)
    books_say(world, refunded=2990)
    assert audited(world) == "money_missing"


def test_it_is_said_once_and_taken_back_when_the_books_balance_again(world: World) -> None:
    world.start()
    drive(world, pays)
    books_say(world, captured=1000)
    assert audited(world) == audited(world) == audited(world) == "money_missing"
    assert CheckoutInbox.objects.filter(source="system:audit").count() == 1
    books_say(world, captured=2990)
    assert audited(world) == ""
    assert CheckoutInbox.objects.filter(source="system:audit").count() == 2
    check(world)


def test_what_the_engine_has_put_right_meanwhile_is_not_raised(world: World) -> None:
    """The round reads without a lease; the engine judges again before it asks for anybody."""
    world.start()
    drive(world, pays)
    books_say(world, captured=1000)
    world.shift(120)
    rounds.do_due()
    books_say(world, captured=2990)
    world.tick()
    assert world.row.needs_attention == ""
    assert CheckoutInbox.objects.get(source="system:audit").applied_at is not None


def test_money_on_its_way_back_is_given_a_day(world: World) -> None:
    """H1: a pending refund is not a returned one; after `money_overdue_after` staff is told."""
    world.payments.pending_refunds = True
    refunding(world)
    assert audited(world) == ""
    assert audited(world, A_DAY) == "money_overdue"
    world.payments.pending_refunds = False
    drive(world, sold)
    assert world.body["money"]["status"] == "refunded"
    assert audited(world) == ""
    check(world)


def test_the_doctor_calls_it_broken_too(world: World) -> None:
    world.payments.pending_refunds = True
    refunding(world)
    assert world.id is not None
    said = {}
    for later in (120, A_DAY):
        world.shift(later)
        (dossier,) = DoctorQueries().of([world.id])
        said[later] = {name for name, _ in doctor.judge(dossier, world.checkout)}
    assert said == {120: {"owed"}, A_DAY: {"owed", "money"}}


def test_a_closer_reason_is_not_written_over(world: World) -> None:
    world.payments.failing_refunds = 1000
    refunding(world)
    assert world.row.needs_attention == "refund_failing"
    assert audited(world, 2 * A_DAY) == "refund_failing"


def test_reconciliation_asks_about_what_nobody_asks_about(world: World) -> None:
    """Paid, the webhook lost, and the row's own time lost as well: an hour later it is found."""
    world.start()
    world.tick()
    world.payments.pay()
    CheckoutSession.objects.filter(pk=world.known).update(due_at=None)
    world.shift(3500)
    rounds.do_due()
    assert world.row.due_at is None
    world.shift(200)
    rounds.do_due()
    world.tick()
    assert world.checkout.state == "completed"
    message = CheckoutInbox.objects.get(source="system:reconciliation")
    assert (message.kind, message.actor) == ("recheck", "system:reconciliation")
    check(world)


def test_it_finds_a_refund_that_nobody_asks_about(world: World) -> None:
    world.payments.pending_refunds = True
    refunding(world)
    CheckoutSession.objects.filter(pk=world.known).update(due_at=None)
    world.payments.pending_refunds = False
    asked = len(world.payments.called("lookup"))
    world.shift(4000)
    rounds.do_due()
    drive(world, idle)
    assert len(world.payments.called("lookup")) > asked
    assert world.body["money"]["status"] == "refunded"
    check(world)


def test_a_payment_whose_creation_was_never_answered_is_found(world: World) -> None:
    world.payments.trouble("initiate", "unavailable", 1)
    world.start()
    world.tick()
    CheckoutSession.objects.filter(pk=world.known).update(due_at=None)
    world.shift(4000)
    rounds.do_due()
    assert CheckoutInbox.objects.filter(source="system:reconciliation").count() == 1
    drive(world, idle)
    check(world)


def test_what_goes_its_way_is_left_alone(world: World) -> None:
    """The engine asks every 30 seconds by itself: two hours of waiting bring no message."""
    world.start()
    world.tick()
    CheckoutSession.objects.filter(pk=world.known).update(
        deadline_at=F("deadline_at") + timedelta(hours=3)
    )
    for _ in range(4):
        world.later(1800)
        rounds.do_due()
    assert world.checkout.state == "awaiting_payment"
    assert not CheckoutInbox.objects.filter(source="system:reconciliation").exists()


def test_what_staff_holds_is_left_alone_until_it_is_resumed(world: World) -> None:
    """Nothing would come of asking: it is done when it goes on."""
    world.start()
    world.tick()
    world.order("hold", actor="user:7")
    world.tick()
    for _ in range(4):
        world.later(1800)
        rounds.do_due()
    assert not CheckoutInbox.objects.filter(source="system:reconciliation").exists()
    world.order("resume", actor="user:7")
    world.tick()
    assert world.payments.called("close")  # the time to pay was over


def test_one_of_many_hosts_does_a_job(world: World) -> None:
    first, second = DjangoJobs(), DjangoJobs()
    taken = first.take("audit", 30)
    assert taken is not None
    assert second.take("audit", 30) is None
    world.shift(31)  # the first host is gone
    again = second.take("audit", 30)
    assert again is not None
    first.done("audit", taken[0], 60, {"slow": "from the one that was late"})
    second.done("audit", again[0], 60, {"slow": "b"})
    assert PeriodicJob.objects.get(name="audit").cursor == {"slow": "b"}
    assert first.take("audit", 30) is None
    world.shift(61)
    later = first.take("audit", 30)
    assert later is not None
    assert later[1] == {"slow": "b"}


def test_a_job_that_breaks_is_tried_again_and_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as patch:
        patch.setattr(watch_money.WatchMoney, "audit", broken)
        assert rounds.do_due() == ["reconcile", "adopt", "forget", "tally"]
    assert rounds.do_due() == []
    world.shift(rounds.LEASE_SECONDS + 1)
    assert rounds.do_due() == ["audit", "tally"]


def ended(world: World, count: int) -> list[Any]:
    """So many completed checkouts, oldest first."""
    found = []
    for number in range(count):
        world.carts.carts[f"cart-{number}"] = snapshot(f"cart-{number}")
        world.start(f"cart-{number}")
        drive(world, pays)
        found.append(world.id)
    return found


def test_what_changed_is_audited_at_once_and_the_rest_in_slow_rounds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_money, "AT_ONCE", 2)
    checkouts = ended(world, 5)
    seen: list[set[Any]] = []

    def judge(self: Any, found: Any) -> None:
        seen.append({checkout.id for checkout in found})

    monkeypatch.setattr(watch_money.WatchMoney, "_judge", judge)
    for _ in range(3):
        world.shift(61)
        rounds.do_due()
    assert [len(batch) for batch in seen if batch] == [2, 2, 1]
    assert set().union(*seen) == set(checkouts)
    seen.clear()
    world.order("recheck", actor="user:7")
    world.payments.change(refunded=2990)
    world.tick()
    world.shift(61)
    rounds.do_due()
    assert {world.id} in seen, "it has changed, wherever the slow round is"


def test_a_round_ends_in_time_and_goes_on_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_money, "AT_ONCE", 2)
    changed = world.services.watch.ended_since(None, 1)[1]
    ended(world, 3)
    rows = list(CheckoutHistory.objects.order_by("pk").values_list("pk", flat=True))
    world.shift(61)
    cursor = world.services.money.audit({"changed": changed}, seconds=0)
    assert cursor["changed"] in rows[:4]
    assert world.services.money.audit(cursor, seconds=3600)["changed"] == rows[-1]


def test_a_row_that_makes_no_sense_stops_no_round(world: World) -> None:
    first, second = ended(world, 2)
    CheckoutSession.objects.filter(pk=first).update(payments={"1": "nonsense"})
    world.id = second
    books_say(world, captured=1000)
    assert audited(world) == "money_missing"
