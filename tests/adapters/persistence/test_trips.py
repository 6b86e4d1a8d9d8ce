"""Several statements in one trip: the same answers as one by one, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from checkout.adapters.outbound.persistence.database_time import now_sql
from checkout.adapters.outbound.persistence.models import CheckoutSession, WorkerHeartbeat
from checkout.adapters.outbound.persistence.statements import Statement, equal, table
from checkout.adapters.outbound.persistence.trips import one_by_one, send
from checkout.application.ports.outbound.checkout_repository_port import Change
from checkout.domain.exceptions import LostFence, Refused
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import drive
from checkout.testing.proof.shoppers import pays
from checkout.testing.proof.world import World
from tests.adapters.persistence.helpers import REPOSITORY, claimed, started

ON_POSTGRESQL = "postgresql"


@pytest.fixture(params=["together", "one by one"])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of sending."""
    if request.param == "together":
        yield
        return
    with one_by_one():
        yield


def beat(worker: str | None) -> Statement:
    """A row to write; without a name one that the table refuses."""
    sql = f"INSERT INTO {table(WorkerHeartbeat).name} (worker, at) VALUES (%s, {now_sql().sql})"
    return Statement(sql, (worker, *now_sql().values))


def workers() -> list[str]:
    """The rows that are there."""
    return list(WorkerHeartbeat.objects.order_by("worker").values_list("worker", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("way")
def test_each_statement_has_its_answer_and_sees_those_before_it() -> None:
    rows = table(WorkerHeartbeat)
    none, first, read, gone = send(
        [
            rows.update({"worker": "nobody"}, equal(worker="unknown 100 %")),
            beat("it's 100 % \\ here; DROP"),
            rows.select(Statement("1 = 1"), "worker"),
            Statement(f"DELETE FROM {rows.name}"),
        ]
    )
    assert (none.count, first.count, gone.count) == (0, 1, 1)
    assert [rows.row(row).worker for row in read.rows] == ["it's 100 % \\ here; DROP"]
    assert workers() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("way")
def test_one_that_is_refused_takes_all_the_others_with_it() -> None:
    with pytest.raises(IntegrityError):
        send([beat("a"), beat(None), beat("b")])
    assert workers() == []
    send([beat("a"), beat("b")])
    assert workers() == ["a", "b"]


@pytest.mark.django_db(transaction=True)
def test_claim_and_commit_are_one_trip_each() -> None:
    checkout_id = started()
    most = 1 if connection.vendor == ON_POSTGRESQL else 9
    with CaptureQueriesContext(connection) as claiming:
        lease = claimed(checkout_id)
    with CaptureQueriesContext(connection) as committing:
        REPOSITORY.commit(lease, Change(("record",), lease=None))
    assert 1 <= len(claiming) <= most
    assert 1 <= len(committing) <= most


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("way")
def test_a_row_that_is_gone_is_a_lost_fence() -> None:
    lease = claimed(started())
    CheckoutSession.objects.all().delete()
    with pytest.raises(LostFence):
        REPOSITORY.commit(lease, Change(lease=None))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("way")
def test_a_bug_that_writes_null_elsewhere_is_not_taken_for_a_lost_fence() -> None:
    lease = claimed(started())
    lease.checkout.__dict__["order"] = None
    with pytest.raises(IntegrityError):
        REPOSITORY.commit(lease, Change(lease=None))
    assert CheckoutSession.objects.get().lease_until is not None


@pytest.mark.django_db(transaction=True)
def test_what_a_refused_call_wrote_is_gone_and_the_calls_before_it_stand() -> None:
    """There is no savepoint: the unit is done once more without the call that refused."""
    with World() as world:
        world.start()

        def refuse(method: str) -> None:
            if method == "reserve":
                send([beat("written by a call that refused")])
                raise Refused("out_of_stock", "Sold out.")

        world.inventory.meanwhile = refuse
        world.carts.meanwhile = lambda method: send([beat(f"carts.{method}")]) and None
        world.tick()
        assert set(workers()) == {"carts.snapshot", "carts.close", "carts.reopen"}
        assert len(world.inventory.called("reserve")) == 1
        drive(world, pays)
        check(world)
