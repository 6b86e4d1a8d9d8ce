"""One command for many checkouts: rehearsed, confirmed, given one by one, and never twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from checkout.adapters.outbound.persistence.models import (
    BulkRecovery,
    BulkRecoveryRow,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutSession,
)
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.bulk_port import NewJob
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas import bulk_recovery
from checkout.testing.proof.exploring import undone
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash
from tests.adapters.commands.conftest import another, awaiting, completed
from tests.application.many import in_state, like_the_one

MANY = 500
BROKEN: dict[str, Any] = {
    "bug_attempts": 1,
    "first_pause": 80_000,
    "longest_pause": 80_000,  # nobody but staff helps
    "bulk_per_second": 10**6,
}
LEASE = 3600  # seconds: no machine is so slow that one is lost by itself
TAKEN_OVER = LEASE + 1


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A shop with the real worker of bulk recoveries, which waits for no rate."""
    monkeypatch.setattr(bulk_recovery, "LEASE_SECONDS", LEASE)
    with World(**BROKEN) as built:
        yield built


@pytest.fixture
def staff(db: None) -> int:
    """Somebody who decides."""
    return User.objects.create(username="mara").pk


def broken_down(world: World) -> None:
    """Paid, and then the shop's orders had a bug: staff has to look."""
    awaiting(world)
    world.payments.pay()
    world.orders.trouble("place", "bug")
    world.order("confirm")
    world.tick()
    assert (world.state, world.row.needs_attention) == ("payment_confirmed", "retrying")


def chosen(world: World, staff: int, ids: list[CheckoutId], kind: str = "retry_now") -> UUID:
    """A job that is chosen, and not rehearsed yet."""
    job = uuid4()
    assert world.services.bulk.choose(NewJob(job, kind, "41 selected", staff, ids))
    return job


def rehearsed(world: World, staff: int, ids: list[CheckoutId], kind: str = "retry_now") -> UUID:
    """A job whose dry run is over."""
    job = chosen(world, staff, ids, kind)
    while phase(job) == "rehearsing":
        world.services.recovery.work()
    return job


def phase(job: UUID) -> str:
    return BulkRecovery.objects.get(pk=job).phase


def results(job: UUID) -> Counter[str]:
    return Counter(BulkRecoveryRow.objects.filter(job=job).values_list("result", flat=True))


def see_through(world: World, staff: int, job: UUID) -> None:
    """Whoever works, whoever confirms: until it is done. All bells are lost, the sweep is enough."""
    for _ in range(60):
        worked = world.services.recovery.work()
        world.bell.lose_everything()
        for checkout_id in world.services.repository.due(0, MANY):
            world.services.engine.tick(checkout_id, "system:sweep")
        if phase(job) == "rehearsed":
            world.services.bulk.confirm(
                job, staff, "the shop is mended", "Reason: the shop is mended"
            )
        elif BulkRecovery.objects.get(pk=job).finished_at is not None:
            return
        elif not worked:
            world.shift(TAKEN_OVER)
    raise AssertionError(f"It is {phase(job)}: {results(job)}")


def commands_given(job: UUID) -> Counter[UUID | None]:
    rows = CheckoutInbox.objects.filter(source="command", payload__bulk=str(job))
    return Counter(rows.values_list("checkout_id", flat=True))


def test_500_that_broke_down_are_recovered_and_nothing_is_done_twice(
    world: World, staff: int
) -> None:
    world.payments.sale = True  # paid is captured: what is left to do is the order
    broken_down(world)
    ids = like_the_one(world, MANY - 1)
    world.inventory.stock = {"mug": 2 * MANY}
    assert CheckoutSession.objects.exclude(needs_attention="").count() == MANY
    calls = len(world.orders.calls)
    job = rehearsed(world, staff, ids)
    seen = BulkRecovery.objects.get(pk=job).forecast
    assert seen["calls"]["orders.place"] == seen["events"]["checkout_completed"] == MANY
    assert "money" not in seen
    assert len(world.orders.calls) == calls  # nobody was called
    assert world.services.bulk.confirm(
        job, staff, "the shop is mended", "Reason: the shop is mended"
    )
    killed_in_the_middle(world)
    see_through(world, staff, job)
    assert results(job) == {"applied": MANY}
    assert in_state(ids, "completed") == MANY
    assert not CheckoutSession.objects.exclude(needs_attention="").exists()
    assert commands_given(job) == dict.fromkeys(ids, 1)
    placed = world.orders.called("place")[1:]  # the first is the one that broke
    assert len(placed) == len(set(placed)) == MANY
    assert len(world.orders.live) == MANY
    assert world.inventory.free("mug") == 0  # two each
    events = CheckoutOutbox.objects.filter(name="checkout_completed")
    assert Counter(events.values_list("checkout_id", flat=True)) == dict.fromkeys(ids, 1)


def killed_in_the_middle(world: World) -> None:
    """The process dies with the 51st command in its hands, and the lease with it."""
    given = 0

    def die(number: int, point: str) -> None:
        nonlocal given
        given += point == "bulk.give:inside"
        if given > 50:
            raise Crash(point)

    world.at_point = die
    with pytest.raises(Crash):
        world.services.recovery.work(seconds=LEASE)
    world.at_point = lambda number, point: None
    assert not world.services.recovery.work()  # nobody goes on before the lease has ended
    world.shift(TAKEN_OVER)


# Crashes, stalls and other people ------------------------------------------------------------


def story(world: World, staff: int) -> UUID:
    """One that broke down, and one that has ended."""
    completed(world)
    ended = world.known
    another(world, "cart-2")
    world.tick()
    world.payments.pay()
    world.orders.trouble("place", "bug")
    world.order("confirm")
    world.tick()
    world.faults.clear()
    return chosen(world, staff, [ended, world.known])


def judged(world: World, job: UUID) -> None:
    """It ended as it would have ended without any trouble."""
    assert phase(job) == "done"
    assert results(job) == {"applied": 1, "already": 1}
    assert list(commands_given(job).values()) == [1]
    assert LogEntry.objects.count() == 1
    assert CheckoutSession.objects.filter(state="completed", needs_attention="").count() == 2
    assert len(world.orders.live) == 2
    captured = world.payments.called("capture")
    assert len(captured) == len(set(captured)) == 2
    forecast = BulkRecovery.objects.get(pk=job).forecast
    assert forecast["calls"] == {"orders.place": 1, "payments.capture": 1}


@pytest.fixture
def points(world: World, staff: int) -> dict[int, str]:
    """Where the worker of the untroubled story can die: the number and the name of each point."""
    with undone():
        job = story(world, staff)
        see_through(world, staff, job)
        judged(world, job)
        return {n: point for n, point in enumerate(world.faults) if point.startswith("bulk.")}


def test_killed_at_any_point_it_goes_on_and_gives_each_command_once(
    points: dict[int, str], staff: int
) -> None:
    assert {"bulk.taken", "bulk.rehearse:inside", "bulk.give:inside"} < set(points.values())
    for at in points:
        with undone(), World(**BROKEN) as world:
            job = story(world, staff)
            world.at_point = partial(_die, at)
            with pytest.raises(Crash):
                see_through(world, staff, job)
            see_through(world, staff, job)
            judged(world, job)


def _die(at: int, number: int, point: str) -> None:
    if number == at:
        raise Crash(point)


def test_a_worker_that_slept_at_any_point_does_no_harm_when_it_wakes(
    points: dict[int, str], staff: int
) -> None:
    for at in [at for at, point in points.items() if not point.endswith(":inside")]:
        with undone(), World(**BROKEN) as world:
            job = story(world, staff)
            world.at_point = partial(_sleep, world, staff, job, at)
            see_through(world, staff, job)
            judged(world, job)


def _sleep(world: World, staff: int, job: UUID, at: int, number: int, point: str) -> None:
    """Its lease ends, and another worker does everything."""
    if number == at:
        world.shift(TAKEN_OVER)
        see_through(world, staff, job)


def test_two_workers_at_once_are_one(world: World, staff: int) -> None:
    job = story(world, staff)
    both: list[bool] = []

    def double(number: int, point: str) -> None:
        if point.startswith("bulk.") and not world.in_transaction:
            both.append(world.services.recovery.work())

    world.at_point = double
    see_through(world, staff, job)
    assert both
    assert not any(both)
    judged(world, job)


def test_staff_stops_it_and_what_is_done_stays_done(world: World, staff: int) -> None:
    broken_down(world)
    ids = like_the_one(world, 5)
    world.inventory.stock = {"mug": 99, "bowl": 99}
    job = rehearsed(world, staff, ids)
    assert world.services.bulk.confirm(job, staff, "mended", "Reason: mended")

    def stop(number: int, point: str) -> None:
        if point == "bulk.give:after" and sum(commands_given(job).values()) == 2:
            assert world.services.bulk.stop(job, staff)

    world.at_point = stop
    see_through(world, staff, job)
    assert results(job) == {"applied": 2, "ready": 4}
    assert in_state(ids, "completed") == 2
    stored = BulkRecovery.objects.get(pk=job)
    assert (stored.phase, stored.stopped_by_id) == ("stopped", staff)
    assert stored.finished_at is not None
    assert not world.services.bulk.stop(job, staff)
    assert not world.services.bulk.confirm(job, staff, "again", "Reason: again")


# What is told ---------------------------------------------------------------------------------


def test_it_starts_only_when_it_was_confirmed_and_only_once(world: World, staff: int) -> None:
    broken_down(world)
    job = chosen(world, staff, [world.known])
    assert not world.services.bulk.choose(NewJob(job, "abort", "", staff, [world.known]))
    assert not world.services.bulk.confirm(job, staff, "too early", "Reason: too early")
    see = rehearsed(world, staff, [world.known])
    assert phase(see) == "rehearsed"
    assert not world.services.recovery.work()
    assert not commands_given(see)
    assert world.services.bulk.confirm(see, staff, "mended", "Reason: mended")
    assert not world.services.bulk.confirm(see, staff, "a second click", "Reason: a second click")
    assert BulkRecovery.objects.get(pk=see).reason == "mended"


@pytest.mark.parametrize(("kind", "edge"), [("hold", "hold"), ("retry_now", "record")])
def test_the_history_and_the_log_say_who_why_and_that_it_was_in_bulk(
    world: World, staff: int, kind: str, edge: str
) -> None:
    broken_down(world)
    job = rehearsed(world, staff, [world.known], kind)
    world.services.bulk.confirm(job, staff, "stock is counted", "Reason: stock is counted")
    see_through(world, staff, job)
    mine = CheckoutHistory.objects.filter(checkout=world.known, actor=f"user:{staff}")
    passage = mine.earliest("version")
    assert passage.edge == edge
    assert passage.reason == f"stock is counted (bulk recovery {str(job)[:8]})"
    log = LogEntry.objects.get()
    assert (log.user_id, log.object_id) == (staff, str(world.known))
    assert log.change_message == "Reason: stock is counted"


def test_one_that_moved_after_the_dry_run_is_left_alone(world: World, staff: int) -> None:
    broken_down(world)
    like_the_one(world, 0)
    moved = world.known
    job = rehearsed(world, staff, [moved])
    world.order("annotate", reason="somebody else looked", actor="user:9")
    world.services.engine.tick(moved)
    world.services.bulk.confirm(job, staff, "mended", "Reason: mended")
    see_through(world, staff, job)
    assert results(job) == {"moved": 1}
    assert "seen was" in BulkRecoveryRow.objects.get().said
    assert not commands_given(job)


def test_one_that_moves_while_the_command_lies_in_its_inbox_is_told_as_moved(
    world: World, staff: int
) -> None:
    broken_down(world)
    job = rehearsed(world, staff, [world.known])
    world.order("annotate", reason="a moment earlier", actor="user:9")
    world.services.bulk.confirm(job, staff, "mended", "Reason: mended")
    see_through(world, staff, job)
    assert results(job) == {"moved": 1}
    assert sum(commands_given(job).values()) == 1


def test_one_that_ended_meanwhile_is_told_as_done(world: World, staff: int) -> None:
    broken_down(world)
    job = rehearsed(world, staff, [world.known])
    world.later(80_001)
    world.services.bulk.confirm(job, staff, "mended", "Reason: mended")
    see_through(world, staff, job)
    assert results(job) == {"already": 1}
    assert "It is completed meanwhile." in BulkRecoveryRow.objects.get().said


def test_the_dry_run_says_who_cannot_be_given_it_and_why(world: World, staff: int) -> None:
    broken_down(world)
    paid = world.known
    another(world, "cart-2")
    world.tick()
    waits = world.known
    unreadable, foreign = like_the_one(world, 2)[1:]
    another(world, "cart-3")
    world.tick()
    ended = world.known
    world.order("abort", reason="changed my mind")
    world.tick()
    CheckoutSession.objects.filter(pk=unreadable).update(snapshot={"lines": "?"})
    CheckoutSession.objects.filter(pk=foreign).update(definition_version=99)
    job = rehearsed(world, staff, [paid, waits, ended, unreadable, foreign], "abort")
    rows = {row.checkout_id: row for row in BulkRecoveryRow.objects.filter(job=job)}
    said = {pk: (row.result, row.code, row.becomes) for pk, row in rows.items()}
    assert said == {
        paid: ("cannot", "too_late", ""),
        waits: ("ready", "", "aborted"),
        ended: ("already", "already_aborted", ""),
        unreadable: ("cannot", "unreadable", ""),
        foreign: ("cannot", "foreign_definition", ""),
    }
    forecast = BulkRecovery.objects.get(pk=job).forecast
    assert forecast["units"] == {"inventory.release": 2}
    assert not CheckoutInbox.objects.filter(payload__has_key="bulk").exists()


def test_it_does_not_pour_on_while_the_engine_does_not_keep_up(
    world: World, staff: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_recovery, "MOST_UNDERWAY", 4)
    broken_down(world)
    ids = like_the_one(world, 5)
    job = rehearsed(world, staff, ids)
    world.services.bulk.confirm(job, staff, "mended", "Reason: mended")
    while world.services.recovery.work():
        pass
    assert results(job) == {"given": 4, "ready": 2}


def test_one_that_our_own_code_fails_on_stops_no_other(
    world: World, staff: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_down(world)
    ids = like_the_one(world, 1)
    job = rehearsed(world, staff, ids)
    world.services.bulk.confirm(job, staff, "mended", "Reason: mended")
    submit = world.services.desk.submit

    def fails(command: Command) -> None:
        submit(command)
        if command.checkout_id == ids[0]:
            raise ZeroDivisionError

    monkeypatch.setattr(world.services.desk, "submit", fails)
    see_through(world, staff, job)
    assert results(job) == {"refused": 1, "applied": 1}
    assert "Our own code failed" in BulkRecoveryRow.objects.get(result="refused").said
    assert commands_given(job) == {ids[1]: 1}


class Clock:
    """A time that goes on only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_it_gives_so_many_a_second(
    world: World, staff: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, given = Clock(), []
    monkeypatch.setattr(bulk_recovery, "time", clock)
    with World(**{**BROKEN, "bulk_per_second": 4}) as slow:
        monkeypatch.setattr(slow.services.recovery, "_wait", clock.wait)
        broken_down(slow)
        job = rehearsed(slow, staff, like_the_one(slow, 5))
        slow.services.bulk.confirm(job, staff, "mended", "Reason: mended")
        slow.at_point = lambda number, point: (
            given.append(clock.now) if point == "bulk.give:after" else None
        )
        slow.services.recovery.work()
    assert given == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
