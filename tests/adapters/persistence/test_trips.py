"""Several statements in one trip: the same answers as one by one, and all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, ProgrammingError, connection, transaction

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


@contextmanager
def trips() -> Iterator[list[int]]:
    """How often the server has said that it is ready for more, once the block is left."""
    found: list[int] = []
    with tempfile.TemporaryFile("w+") as said:
        connection.ensure_connection()
        pgconn = connection.connection.pgconn
        pgconn.trace(said.fileno())
        try:
            yield found
        finally:
            pgconn.untrace()
        said.seek(0)
        found.append(sum("ReadyForQuery" in line for line in said))


@pytest.mark.django_db(transaction=True)
def test_claim_and_commit_are_one_trip_each() -> None:
    if connection.vendor != ON_POSTGRESQL:
        assert claimed(started()) is not None  # no trip at all
        return
    checkout_id = started()
    with trips() as claiming:
        lease = claimed(checkout_id)
    with trips() as committing:
        REPOSITORY.commit(lease, Change(("record",), lease=None))
    assert (claiming, committing) == ([1], [1])


@pytest.mark.django_db(transaction=True)
def test_a_unit_begins_with_its_lock_and_ends_with_its_commit_in_two_trips() -> None:
    lease = claimed(started())
    if connection.vendor != ON_POSTGRESQL:
        with REPOSITORY.unit(lease):
            REPOSITORY.commit(lease, Change(("record",), lease=None))
    else:
        with trips() as found, REPOSITORY.unit(lease):
            REPOSITORY.commit(lease, Change(("record",), lease=None))
        assert found == [2]
    assert CheckoutSession.objects.get().lease_until is None


@pytest.mark.django_db(transaction=True)
def test_a_commit_in_a_unit_ends_no_transaction_that_was_open_before() -> None:
    lease = claimed(started())
    with suppress(LookupError), transaction.atomic():
        with REPOSITORY.unit(lease):
            REPOSITORY.commit(lease, Change(("record",), lease=None))
        raise LookupError("The one around it goes back.")
    assert CheckoutSession.objects.get().lease_until is not None


@pytest.mark.django_db(transaction=True)
def test_statements_are_planned_once_for_a_connection() -> None:
    """Also after a rollback; and again when somebody has thrown the plans away."""
    if connection.vendor != ON_POSTGRESQL:
        send([beat("a")])
        assert workers() == ["a"]
        return
    connection.close()
    for number in range(3):
        send([beat(f"a{number}"), beat(f"b{number}")])
        with suppress(IntegrityError):
            send([beat("c"), beat(None)])
    # What was new in a trip that failed has to be prepared again.
    assert sum("heartbeat" in sql for sql in prepared()) <= 1 + 3
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(ProgrammingError):
        send([beat("d")])
    send([beat("e")])
    assert "e" in workers()
    assert len(prepared()) == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_of_any_size_share_a_plan() -> None:
    numbers = [1, 40_000, 3_000_000_000, -(2**62)]
    if connection.vendor != ON_POSTGRESQL:
        sql = Statement("SELECT CAST(%s AS bigint)", (numbers[-1],))
        assert send([sql])[0].rows == [(numbers[-1],)]
        return
    connection.close()
    asked = [Statement("SELECT %s + 1", (number,)) for number in numbers]
    assert [answer.rows for answer in send(asked)] == [[(number + 1,)] for number in numbers]
    assert prepared().count("SELECT $1 + 1") == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_of_a_pool_keeps_what_it_has_prepared() -> None:
    """It goes from one thread to another, each with a wrapper of its own."""
    if connection.vendor != ON_POSTGRESQL:
        assert send([Statement("SELECT %s + 2", (1,))])[0].rows == [(3,)]
        return
    from checkout.adapters.outbound.persistence.pipeline import send_together

    connection.close()
    connection.ensure_connection()
    for wrapper in (Wrapper(), Wrapper()):
        wrapper.connection = connection.connection
        (answer,) = send_together(wrapper, [Statement("SELECT %s + 2", (1,))], prepare=True)
        assert answer.rows == [(3,)]
    assert prepared().count("SELECT $1 + 2") == 1


class Wrapper:
    """What is needed of Django's."""

    connection: Any


def prepared() -> list[str]:
    """The statements that the server keeps for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [sql for (sql,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_value_that_cannot_travel_costs_neither_the_connection_nor_the_transaction() -> None:
    wrong = [beat("b"), Statement("SELECT %s", (object(),))]
    if connection.vendor != ON_POSTGRESQL:
        with pytest.raises((ProgrammingError, InterfaceError)):
            send(wrong)
        return
    with transaction.atomic():
        send([beat("a")])
        with pytest.raises(ProgrammingError):
            send(wrong)
        send([beat("c")])
    assert workers() == ["a", "c"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("said", ["pooler", "psycopg"])
def test_nothing_is_prepared_behind_a_pooler_or_where_psycopg_does(said: str) -> None:
    if connection.vendor != ON_POSTGRESQL:
        send([beat("a")])
        assert workers() == ["a"]
        return
    before = connection.settings_dict
    options = before["OPTIONS"] | ({"prepare_threshold": None} if said == "psycopg" else {})
    pooled = {"DISABLE_SERVER_SIDE_CURSORS": said == "pooler", "OPTIONS": options}
    connection.close()
    connection.settings_dict = before | pooled
    try:
        send([beat("a"), beat("b")])
        assert (prepared(), workers()) == ([], ["a", "b"])
    finally:
        connection.close()
        connection.settings_dict = before


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
