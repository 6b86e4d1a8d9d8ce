"""What wakes a checkout, the database's time, and its outages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import InternalError, OperationalError, connection
from psycopg import errors

from checkout.adapters.outbound.persistence.database_time import read_now, shifted
from checkout.adapters.outbound.persistence.models import (
    CheckoutInbox,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.repositories import writes
from checkout.adapters.outbound.persistence.storage import storage
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
)
from checkout.domain.exceptions import StorageUnavailable, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId, new_checkout_id
from tests.adapters.persistence.helpers import (
    AT_ONCE,
    REPOSITORY,
    claimed,
    in_threads,
    message,
    started,
)

# Waking ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("planned", [None, 300], ids=["nothing planned", "planned for later"])
def test_what_woke_it_since_the_inbox_was_read_makes_it_due_at_once(planned: int | None) -> None:
    checkout_id = started()
    lease = claimed(checkout_id)
    REPOSITORY.receive(checkout_id, message())
    due_at = read_now() + timedelta(seconds=planned) if planned else None
    REPOSITORY.commit(lease, Change(due_at=due_at, lease=None))
    row = CheckoutSession.objects.get(pk=checkout_id)
    assert row.due_at is not None
    assert row.due_at <= read_now()
    again = claimed(checkout_id)
    assert [each.message_id for each in again.messages] == ["m-1"]
    REPOSITORY.commit(again, Change(due_at=due_at, lease=None))
    assert CheckoutSession.objects.get(pk=checkout_id).due_at == due_at


@pytest.mark.django_db(transaction=True)
def test_one_message_that_comes_many_times_at_once_is_stored_once() -> None:
    checkout_id = started()
    fresh = in_threads(AT_ONCE, lambda _: REPOSITORY.receive(checkout_id, message()))
    assert sorted(fresh) == [False] * (AT_ONCE - 1) + [True]
    assert CheckoutInbox.objects.count() == 1
    assert CheckoutSession.objects.get().wake == 1


@pytest.mark.django_db
def test_the_same_id_of_another_source_is_another_message() -> None:
    checkout_id = started()
    assert REPOSITORY.receive(checkout_id, message(source="provider:a"))
    assert REPOSITORY.receive(checkout_id, message(source="provider:b"))
    assert not REPOSITORY.receive(checkout_id, message(source="provider:a"))


@pytest.mark.django_db
def test_parked_messages_find_their_checkout_once_its_reference_is_known() -> None:
    parked = InboxMessage("provider:a", "m-1", "payment", "provider:m-1", {}, reference="pay_7")
    assert REPOSITORY.receive(None, parked)
    checkout_id = started()
    lease = claimed(checkout_id)
    effect = lease.checkout.intend("payments.initiate", 1, {}, read_now())
    effect.result = {"reference": "pay_7"}
    REPOSITORY.commit(lease, Change(lease=None))
    assert CheckoutInbox.objects.get().checkout_id == checkout_id
    assert CheckoutSession.objects.get(pk=checkout_id).due_at is not None
    assert len(claimed(checkout_id).messages) == 1


# Time and outages ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_database_s_time_is_aware_goes_on_and_can_be_shifted() -> None:
    before = read_now()
    assert before.tzinfo is not None
    with shifted(100), shifted(20):
        ahead = (read_now() - before).total_seconds()
        assert 120 <= ahead < 125
    assert (read_now() - before).total_seconds() < 5


@pytest.mark.django_db
def test_a_lease_s_clock_is_the_database_s() -> None:
    checkout_id = started()
    with shifted(50):
        lease = claimed(checkout_id)
        assert abs((lease.now() - read_now()).total_seconds()) < 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "call",
    [
        lambda: REPOSITORY.claim(new_checkout_id(), 1),
        lambda: REPOSITORY.load(new_checkout_id()),
        lambda: REPOSITORY.due(1, 1),
        lambda: REPOSITORY.receive(None, message()),
        started,
        REPOSITORY.adopt_all_parked,
    ],
    ids=["claim", "load", "due", "receive", "start", "adopt"],
)
def test_an_outage_is_told_apart_from_a_bug(
    call: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(gone), pytest.raises(StorageUnavailable, match="closed"):
        call()


def test_only_outages_are_translated() -> None:
    with pytest.raises(StorageUnavailable), storage():
        raise OperationalError("gone")
    with pytest.raises(ValueError, match="a bug"), storage():
        raise ValueError("a bug")
    with pytest.raises(InternalError, match="commands ignored"), storage():
        raise InternalError("commands ignored") from errors.InFailedSqlTransaction()


def test_a_transaction_that_froze_with_its_process_is_an_outage() -> None:
    """PostgreSQL ended it meanwhile, and says so with an error that otherwise means a bug."""
    with pytest.raises(StorageUnavailable, match="idle"), storage():
        raise InternalError("idle") from errors.IdleInTransactionSessionTimeout()


@pytest.mark.django_db
def test_an_unknown_checkout_is_unknown() -> None:
    with pytest.raises(UnknownCheckout):
        REPOSITORY.load(new_checkout_id())
    with pytest.raises(UnknownCheckout):
        REPOSITORY.load(CheckoutId(UUID(int=0)))
    assert writes.adopt_known_references() == 0
