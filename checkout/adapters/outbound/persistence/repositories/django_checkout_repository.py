"""The one repository. Claims and commits are conditional updates; nothing is saved as a whole row."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import DataError, IntegrityError
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from checkout.adapters.outbound.persistence.database_time import (
    carried_on,
    database_now,
    read_now,
)
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.repositories import writes
from checkout.adapters.outbound.persistence.rows import (
    effect_columns,
    session_columns,
    to_checkout,
    to_message,
)
from checkout.adapters.outbound.persistence.storage import (
    one_transaction,
    own_storage,
    storage,
)
from checkout.application.policy import Policy
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
    NewCheckout,
    StoredMessage,
)
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import LostFence, Refused, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

log = logging.getLogger("checkout.repository")
_START_TRIES = 5


@dataclass
class _Stored:
    """What the database held when the lease was taken, so that only differences are written."""

    session: CheckoutSession
    effects: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: int = 0
    events: int = 0
    in_unit: bool = False


class DjangoCheckoutRepository:
    """CheckoutRepositoryPort on Django's ORM, alike on PostgreSQL and SQLite."""

    def start(self, new: NewCheckout, actor: str) -> CheckoutId:
        """Store a new checkout, due at once; or return the live one that this cart already has."""
        for _ in range(_START_TRIES):
            try:
                with one_transaction():
                    writes.insert_checkout(new, actor, read_now())
                return new.id
            except IntegrityError as error:
                clash = error
            with storage():
                live = CheckoutSession.objects.exclude(state="aborted").filter(cart=new.cart)
                found = live.values_list("id", flat=True).first()
            if found is not None:
                return CheckoutId(found)  # else it was aborted in between
        raise clash

    def claim(self, checkout_id: CheckoutId, seconds: float) -> Lease | None:
        """Take the lease: one conditional UPDATE that also raises the fence.

        Rule: what is read for it is read in the same transaction. Whoever stalls between the two
        would else hold the fence of the worker that took over, or a copy of two moments.
        """
        now = database_now()
        with one_transaction():
            taken = CheckoutSession.objects.filter(
                self._free(now),
                id=checkout_id,
                due_at__lte=now,
                definition_version__in=KNOWN_DEFINITIONS,
            ).update(fence=F("fence") + 1, lease_until=now + timedelta(seconds=seconds))
            return self._readable_lease(checkout_id) if taken else None

    # The three guards of every write. Tests take each of them off, and see that it is missed.

    def _free(self, now: Any) -> Q:
        """The lease: nobody drives a checkout of which this is true."""
        return Q(lease_until__isnull=True) | Q(lease_until__lt=now)

    def _mine(self, lease: Lease) -> QuerySet[CheckoutSession]:
        """The fence: the row, unless somebody else has taken it over since."""
        return CheckoutSession.objects.filter(pk=lease.checkout.id, fence=lease.fence)

    def _due_at(self, lease: Lease, planned: Any) -> Case:
        """The wake: as planned, unless a message came since the inbox was read; then now."""
        return Case(
            When(wake=lease.wake, then=planned),
            default=database_now(),
            output_field=CheckoutSession._meta.get_field("due_at"),
        )

    def _readable_lease(self, checkout_id: CheckoutId) -> Lease | None:
        """None for a row that cannot be read: it is set aside for staff, and never stops others."""
        try:
            return self._lease(checkout_id)
        except (LookupError, TypeError, ValueError):
            log.exception("checkout %s: its row cannot be read", checkout_id)
            writes.set_aside(checkout_id)
            return None

    def reread(self, lease: Lease) -> Lease:
        """The same lease with a fresh working copy: everything as it was last stored."""
        with storage():
            fresh = self._lease(lease.checkout.id)
        return replace(fresh, fence=lease.fence, wake=lease.wake)

    def _lease(self, checkout_id: CheckoutId) -> Lease:
        rows = CheckoutSession.objects.select_related("progress")
        told = Subquery(writes.last_event(OuterRef("pk")))
        session = rows.annotate(database_now=database_now(), told=told).get(pk=checkout_id)
        waiting = CheckoutInbox.objects.filter(checkout_id=checkout_id, applied_at__isnull=True)
        messages = [to_message(row) for row in waiting.order_by("id")]
        checkout = self._checkout(session)
        stored = _Stored(session, history=len(checkout.history), events=session.told or 0)
        stored.effects = {e.key: effect_columns(e) for e in checkout.effects.values()}
        clock = carried_on(session.database_now)
        view = session.progress.body
        return Lease(checkout, session.fence, session.wake, messages, view, clock, stored)

    def _checkout(self, session: CheckoutSession) -> Checkout:
        effects = CheckoutEffect.objects.filter(checkout_id=session.pk).order_by("id")
        history = CheckoutHistory.objects.filter(checkout_id=session.pk).order_by("version")
        return to_checkout(session, effects, history)

    def commit(self, lease: Lease, change: Change) -> None:
        """One fenced UPDATE, and everything that belongs to it, or nothing."""
        checkout, stored = lease.checkout, lease.handle
        version = checkout.version + len(change.edges)
        with nullcontext() if stored.in_unit else one_transaction():
            for edge in change.edges:
                getattr(stored.session, edge)()  # django-fsm refuses an edge it lacks
            self._update_session(lease, change, version)
            effects = self._write_effects(lease)
            added = checkout.history[stored.history :]
            writes.write_events(checkout.id, change.events, stored.events, lease.now())
            writes.write_change(checkout, change, version, added, lease.now())
        checkout.version = version
        stored.effects, stored.history = effects, len(checkout.history)
        stored.events += len(change.events)
        lease.view = change.view

    def _update_session(self, lease: Lease, change: Change, version: int) -> None:
        checkout, stored, now = lease.checkout, lease.handle, database_now()
        columns = session_columns(checkout)
        if checkout.snapshot is not None and stored.session.snapshot is None:
            columns["snapshot"] = checkout.snapshot.to_json()
        columns["version"] = version
        columns["state"] = stored.session.state
        columns["due_at"] = self._due_at(lease, Value(change.due_at))
        until = None if change.lease is None else now + timedelta(seconds=change.lease)
        mine = self._mine(lease).filter(version=checkout.version)
        if not mine.update(lease_until=until, **columns):
            raise LostFence(f"Checkout {checkout.id} is driven by somebody else.")
        if "snapshot" in columns:
            stored.session.snapshot = columns["snapshot"]

    def _write_effects(self, lease: Lease) -> dict[str, dict[str, Any]]:
        before = lease.handle.effects
        current = {e.key: effect_columns(e) for e in lease.checkout.effects.values()}
        changed = {key: new for key, new in current.items() if before.get(key) != new}
        CheckoutEffect.objects.bulk_create(
            CheckoutEffect(checkout_id=lease.checkout.id, **columns)
            for key, columns in changed.items()
            if key not in before
        )
        for key in changed.keys() & before.keys():
            CheckoutEffect.objects.filter(key=key).update(**changed[key])
        for columns in changed.values():
            if columns["reference"]:
                writes.adopt_parked(lease.checkout.id, columns["reference"])
        return current

    @contextmanager
    def unit(self, lease: Lease) -> Iterator[None]:
        """One transaction that first makes sure that the fence still holds, and keeps others off."""
        with one_transaction():
            if not self._mine(lease).update(fence=lease.fence):
                raise LostFence(f"Checkout {lease.checkout.id} is driven by somebody else.")
            lease.handle.in_unit = True
            try:
                yield
            finally:
                lease.handle.in_unit = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Around a call in a unit, which writes through our own connection."""
        with storage():
            yield

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Around a remote call: its port may use our database, or another one."""
        with own_storage():
            yield

    def park(self, lease: Lease, policy: Policy, error: str) -> None:
        """A bug that keeps even the read model from being made: count it, pause, ask for staff."""
        attempt = lease.handle.session.attempt + 1
        flag = {"needs_attention": "bug"} if attempt >= policy.bug_attempts else {}
        with storage():
            self._mine(lease).update(
                attempt=F("attempt") + 1,
                lease_until=None,
                due_at=self._due_at(lease, database_now() + policy.pause(attempt)),
                **flag,
            )

    def receive(self, checkout_id: CheckoutId | None, message: InboxMessage) -> bool:
        """Store a message and wake its checkout, in one transaction. False when it was known."""
        try:
            with one_transaction():
                writes.insert_message(checkout_id, message)
                if checkout_id is not None:
                    writes.wake(checkout_id)
        except IntegrityError:
            return False
        except DataError as error:
            raise Refused("malformed", "The message holds what cannot be stored.") from error
        return True

    def adopt_all_parked(self) -> int:
        """Give what was parked last to the checkout whose reference has appeared; how many were."""
        with one_transaction():
            return writes.adopt_known_references()

    def message(self, row: int) -> StoredMessage | None:
        """What lies in this row of the inbox; None when there is no such row."""
        with storage():
            found = CheckoutInbox.objects.filter(pk=row).first()
        if found is None:
            return None
        owner = CheckoutId(found.checkout_id) if found.checkout_id else None
        return StoredMessage(to_message(found), owner, found.applied_at is not None)

    def adopt(self, row: int, checkout_id: CheckoutId) -> None:
        """Give a message that nobody has applied to this checkout, and wake it, in one transaction."""
        with one_transaction():
            CheckoutInbox.objects.filter(pk=row, applied_at__isnull=True).update(
                checkout_id=checkout_id
            )
            writes.wake(checkout_id)

    def load(self, checkout_id: CheckoutId) -> Checkout:
        """A working copy for reading. Raises UnknownCheckout."""
        with storage():
            session = CheckoutSession.objects.filter(pk=checkout_id).first()
            if session is None:
                raise UnknownCheckout(f"There is no checkout {checkout_id}.")
            return self._checkout(session)

    def due(self, overdue: float, limit: int) -> Iterable[CheckoutId]:
        """Checkouts that are due for more than `overdue` seconds and that nobody drives."""
        now = database_now()
        with storage():
            rows = CheckoutSession.objects.filter(
                self._free(now),
                due_at__isnull=False,
                due_at__lt=now - timedelta(seconds=overdue),
                definition_version__in=KNOWN_DEFINITIONS,
            ).order_by("due_at")
            return [CheckoutId(pk) for pk in rows.values_list("id", flat=True)[:limit]]
