"""Claims and fences, decided by the database alone, under real concurrency."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models import F

from checkout.adapters.outbound.persistence.database_time import read_now, shifted
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutSession,
)
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
)
from checkout.domain.exceptions import LostFence
from tests.adapters.persistence.helpers import (
    AT_ONCE,
    REPOSITORY,
    claimed,
    in_threads,
    message,
    new,
    started,
)

# Starting --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_twenty_starts_at_once_make_one_checkout() -> None:
    """A1: two tabs, or twenty, are one checkout with one payment."""
    found = in_threads(20, lambda _: REPOSITORY.start(new(), "shopper"))
    assert {type(each) for each in found} == {UUID}, found
    assert len(set(found)) == 1
    assert CheckoutSession.objects.count() == 1
    assert CheckoutOutbox.objects.count() == CheckoutHistory.objects.count() == 1


@pytest.mark.django_db
def test_a_cart_has_another_checkout_only_after_the_first_was_aborted() -> None:
    first = started()
    assert started() == first
    CheckoutSession.objects.filter(pk=first).update(fence=F("fence"), state="aborted")
    second = started()
    assert second != first
    assert started() == second
    assert started("cart-2") not in (first, second)


@pytest.mark.django_db(transaction=True)
def test_a_start_that_can_never_be_stored_says_so() -> None:
    """A row that clashes with something else than a live checkout must not be tried for ever."""
    from dataclasses import replace

    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        REPOSITORY.start(replace(new(), user_id=987654), "shopper")
    assert not CheckoutSession.objects.exists()


# Claiming --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_claims_at_once_one_is_granted() -> None:
    checkout_id = started()
    leases = in_threads(AT_ONCE, lambda _: REPOSITORY.claim(checkout_id, 5))
    granted = [lease for lease in leases if isinstance(lease, Lease)]
    assert len(granted) == 1, leases
    assert granted[0].fence == CheckoutSession.objects.get(pk=checkout_id).fence == 1


@pytest.mark.django_db
def test_a_claim_is_for_what_is_due_free_and_understood() -> None:
    checkout_id = started()
    rows = CheckoutSession.objects.filter(pk=checkout_id)
    rows.update(due_at=read_now() + timedelta(seconds=30))
    assert REPOSITORY.claim(checkout_id, 5) is None
    rows.update(due_at=None)
    assert REPOSITORY.claim(checkout_id, 5) is None
    rows.update(due_at=read_now() - timedelta(seconds=1), definition_version=2)
    assert REPOSITORY.claim(checkout_id, 5) is None
    rows.update(definition_version=1)
    lease = claimed(checkout_id)
    assert REPOSITORY.claim(checkout_id, 5) is None
    with shifted(6):
        taken_over = claimed(checkout_id)
    assert taken_over.fence == lease.fence + 1


@pytest.mark.django_db
def test_due_lists_what_is_overdue_and_free_the_oldest_first() -> None:
    ids = [started(f"cart-{number}") for number in range(3)]
    for number, checkout_id in enumerate(ids):
        moment = read_now() - timedelta(seconds=100 - number)
        CheckoutSession.objects.filter(pk=checkout_id).update(due_at=moment)
    assert list(REPOSITORY.due(50, 10)) == ids
    assert list(REPOSITORY.due(50, 2)) == ids[:2]
    assert list(REPOSITORY.due(500, 10)) == []
    claimed(ids[0])
    assert list(REPOSITORY.due(50, 10)) == ids[1:]
    with shifted(10):
        assert list(REPOSITORY.due(50, 10)) == ids


# Writing under a fence -------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_lost_fence_writes_nothing_at_all() -> None:
    """C3: of two writers the later one does not write over the other."""
    checkout_id = started()
    old = claimed(checkout_id)
    with shifted(10):
        claimed(checkout_id)
    REPOSITORY.receive(checkout_id, message())
    before = CheckoutSession.objects.values().get(pk=checkout_id)
    old.checkout.intend("inventory.reserve", 1, {}, read_now())
    old.checkout.attempt = 7
    row = CheckoutInbox.objects.get()
    applied = ((InboxMessage("command", "m-1", "confirm", "", {}, row=row.pk), "applied"),)
    events = (("checkout_started", {"checkout_id": str(checkout_id)}),)
    with pytest.raises(LostFence):
        REPOSITORY.commit(old, Change(("record",), events=events, applied=applied))
    assert CheckoutSession.objects.values().get(pk=checkout_id) == before
    assert not CheckoutEffect.objects.exists()
    assert CheckoutHistory.objects.count() == CheckoutOutbox.objects.count() == 1
    row.refresh_from_db()
    assert row.applied_at is None


@pytest.mark.django_db
def test_a_commit_needs_the_version_it_was_made_from() -> None:
    checkout_id = started()
    lease = claimed(checkout_id)
    CheckoutSession.objects.filter(pk=checkout_id).update(version=9)
    with pytest.raises(LostFence):
        REPOSITORY.commit(lease, Change())


@pytest.mark.django_db(transaction=True)
def test_of_two_fences_at_once_only_the_newer_one_writes() -> None:
    checkout_id = started()
    old = claimed(checkout_id)
    with shifted(10):
        newer = claimed(checkout_id)
    leases = [old, newer] * 4

    def write(number: int) -> str:
        lease = leases[number]
        REPOSITORY.commit(lease, Change(lease=None))
        return "newer" if lease is newer else "old"

    results = in_threads(len(leases), write)
    assert "newer" in results
    assert "old" not in results
    assert sum(isinstance(each, LostFence) for each in results) >= 4


@pytest.mark.django_db
def test_a_unit_is_refused_when_the_fence_is_lost() -> None:
    checkout_id = started()
    old = claimed(checkout_id)
    with shifted(10):
        claimed(checkout_id)
    with pytest.raises(LostFence), REPOSITORY.unit(old):
        pytest.fail("the unit was opened")


@pytest.mark.django_db
def test_a_unit_that_breaks_leaves_nothing() -> None:
    checkout_id = started()
    lease = claimed(checkout_id)
    with suppress(ZeroDivisionError), REPOSITORY.unit(lease):
        started("cart-2")
        REPOSITORY.commit(lease, Change(lease=None))
        raise ZeroDivisionError
    assert CheckoutSession.objects.get().lease_until is not None
