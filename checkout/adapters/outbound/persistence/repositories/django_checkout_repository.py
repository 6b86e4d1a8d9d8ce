"""The one repository. Claims and commits are conditional updates; nothing is saved as a whole row."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection

from checkout.adapters.outbound.persistence.database_time import carried_on, now_sql, read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.repositories import changes, writes
from checkout.adapters.outbound.persistence.repositories.django_inbox import DjangoInbox
from checkout.adapters.outbound.persistence.repositories.django_outbox import (
    leases_in_one_statement,
    leasing,
    rows_of,
)
from checkout.adapters.outbound.persistence.repositories.readings import Reading, found, reading
from checkout.adapters.outbound.persistence.rows import (
    effect_values,
    session_columns,
    to_checkout,
)
from checkout.adapters.outbound.persistence.statements import Answer, Statement, Table, table
from checkout.adapters.outbound.persistence.storage import (
    is_null,
    one_transaction,
    own_storage,
    storage,
)
from checkout.adapters.outbound.persistence.trips import send
from checkout.application.policy import Policy
from checkout.application.ports.outbound.checkout_repository_port import (
    Change,
    InboxMessage,
    Lease,
    NewCheckout,
)
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import LostFence, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

log = logging.getLogger("checkout.repository")
_START_TRIES = 5


@dataclass
class _Stored:
    """What the database held when the lease was taken, so that only differences are written."""

    session: CheckoutSession
    frozen: dict[str, Any] | None
    effects: dict[str, changes.EffectValues]
    history: int
    events: int
    waiting: Sequence[InboxMessage]
    in_unit: bool = False


class DjangoCheckoutRepository(DjangoInbox):
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
        would else hold the fence of the worker that took over, or a copy of two moments. And it is
        read by statements of its own: one that had to wait for the row would see what was before.
        """
        taken, *answers = send([self._take(checkout_id, seconds), *reading(checkout_id)])
        return self._lease(checkout_id, answers) if taken.count else None

    # The three guards of every write. Tests take each of them off, and see that it is missed.

    def _free(self, ahead: timedelta = timedelta(0)) -> Statement:
        """The lease: nobody drives a checkout of which this is true."""
        now = now_sql(ahead)
        return Statement(f"(lease_until IS NULL OR lease_until < {now.sql})", now.values)

    def _mine(self, lease: Lease) -> Statement:
        """The fence: nobody else has taken the row over since."""
        return Statement("fence = %s", (lease.fence,))

    def _due_at(self, lease: Lease, planned: Statement) -> Statement:
        """The wake: as planned, unless a message came since the inbox was read; then now."""
        now = now_sql()
        sql = f"CASE WHEN wake = %s THEN {planned.sql} ELSE {now.sql} END"
        return Statement(sql, (lease.wake, *planned.values, *now.values))

    def _take(self, checkout_id: CheckoutId, seconds: float) -> Statement:
        this, free, now = _sessions().at(checkout_id), self._free(), now_sql()
        due = f"due_at <= {now.sql} AND {_known()}"
        where = Statement(
            f"{this.sql} AND {free.sql} AND {due}", (*this.values, *free.values, *now.values)
        )
        until = now_sql(timedelta(seconds=seconds))
        return _sessions().update({"fence": Statement("fence + 1"), "lease_until": until}, where)

    def _lease(self, checkout_id: CheckoutId, answers: Sequence[Answer]) -> Lease | None:
        """None for a row that cannot be read: it is set aside for staff, and never stops others."""
        try:
            return _leased(found(answers))
        except (LookupError, TypeError, ValueError):
            log.exception("checkout %s: its row cannot be read", checkout_id)
            with storage():
                writes.set_aside(checkout_id)
            return None

    def reread(self, lease: Lease) -> Lease:
        """The same lease with a fresh working copy: everything as it was last stored."""
        fresh = _leased(found(send(reading(lease.checkout.id))))
        return replace(fresh, fence=lease.fence, wake=lease.wake)

    def commit(self, lease: Lease, change: Change) -> None:
        """One fenced UPDATE, and everything that belongs to it, or nothing."""
        checkout, stored, now = lease.checkout, lease.handle, lease.now()
        version = checkout.version + len(change.edges)
        for edge in change.edges:
            getattr(stored.session, edge)()  # django-fsm refuses an edge it lacks
        frozen = stored.frozen or (checkout.snapshot and checkout.snapshot.to_json())
        columns = {**session_columns(checkout), "state": stored.session.state, "snapshot": frozen}
        effects = {each.key: effect_values(each) for each in checkout.effects.values()}
        statements = [
            self._update(lease, change, version, columns),
            *changes.effects(checkout.id, stored.effects, effects),
        ]
        if change.events:
            statements.append(changes.events(checkout.id, change.events, stored.events, now))
        added = checkout.history[stored.history :]
        statements += changes.visible(checkout, change, version, added, now)
        leases = change.tells and leases_in_one_statement()
        if leases:
            statements.append(leasing(checkout.id))
        wake, last = self._send_fenced(lease, statements)
        checkout.version = version
        stored.frozen, stored.effects = frozen, effects
        stored.history = len(checkout.history)
        stored.events += len(change.events)
        stored.waiting = changes.still_waiting(stored.waiting, change)
        lease.view = change.view
        lease.events = rows_of(last) if leases else None
        seen = change.visible and wake == lease.wake
        lease.shown = changes.row(checkout, change.view, now, stored.waiting) if seen else None

    def _update(
        self, lease: Lease, change: Change, version: int, columns: Mapping[str, Any]
    ) -> Statement:
        """The session row. Rule: under an old fence its version becomes NULL, which it never is.

        So the database refuses the statement, and with it all that travels behind it.
        """
        checkout, mine, values = lease.checkout, self._mine(lease), dict(columns)
        if lease.handle.frozen is not None:
            del values["snapshot"]  # written once, never again
        values["version"] = Statement(
            f"CASE WHEN {mine.sql} AND version = %s THEN %s END",
            (*mine.values, checkout.version, version),
        )
        if change.lease is None:
            planned = Statement("%s", (_sessions().value("due_at", change.due_at),))
            values |= {"due_at": self._due_at(lease, planned), "lease_until": None}
        else:
            values["lease_until"] = now_sql(timedelta(seconds=change.lease))
        written = _sessions().update(values, _sessions().at(checkout.id))
        return Statement(f"{written.sql} RETURNING wake", written.values)

    def _send_fenced(self, lease: Lease, statements: Sequence[Statement]) -> tuple[int, Answer]:
        """All of it, or LostFence. The wake by now, which tells of a message, and the last answer.

        In a unit the row is locked: there the fence cannot be lost.
        """
        inside = connection.in_atomic_block and not lease.handle.in_unit
        try:
            with one_transaction() if inside else nullcontext():
                answers = send(statements, last=lease.handle.in_unit)
        except IntegrityError as error:
            if not is_null(error, "version"):
                raise
            raise self._lost(lease) from error
        if not answers[0].rows:
            raise self._lost(lease)
        ((wake,),) = answers[0].rows
        return int(wake), answers[-1]

    def _lost(self, lease: Lease) -> LostFence:
        return LostFence(f"Checkout {lease.checkout.id} is driven by somebody else.")

    @contextmanager
    def unit(self, lease: Lease) -> Iterator[None]:
        """One transaction that first makes sure that the fence still holds, and keeps others off."""
        this, mine = _sessions().at(lease.checkout.id), self._mine(lease)
        where = Statement(f"{this.sql} AND {mine.sql}", this.values + mine.values)
        hold = _sessions().update({"fence": Statement("fence")}, where)
        if connection.features.has_select_for_no_key_update:  # the same lock, and nothing to write
            sql = f"SELECT 1 FROM {_sessions().name} WHERE {where.sql} FOR NO KEY UPDATE"
            hold = Statement(sql, where.values)
        with one_transaction():
            if not send([hold])[0].count:
                raise self._lost(lease)
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
        values = {
            "attempt": Statement("attempt + 1"),
            "lease_until": None,
            "due_at": self._due_at(lease, now_sql(policy.pause(attempt))),
            **flag,
        }
        this, mine = _sessions().at(lease.checkout.id), self._mine(lease)
        where = Statement(f"{this.sql} AND {mine.sql}", this.values + mine.values)
        send([_sessions().update(values, where)])

    def load(self, checkout_id: CheckoutId) -> Checkout:
        """A working copy for reading. Raises UnknownCheckout."""
        with storage():
            session = CheckoutSession.objects.filter(pk=checkout_id).first()
            if session is None:
                raise UnknownCheckout(f"There is no checkout {checkout_id}.")
            effects = CheckoutEffect.objects.filter(checkout_id=checkout_id).order_by("id")
            history = CheckoutHistory.objects.filter(checkout_id=checkout_id).order_by("version")
            return to_checkout(session, effects, history)

    def due(self, overdue: float, limit: int) -> Iterable[CheckoutId]:
        """Checkouts that are due for `overdue` seconds or longer and that nobody drives."""
        free, before = self._free(), now_sql(timedelta(seconds=-overdue))
        due = f"due_at <= {before.sql} AND {_known()}"
        sql = (
            f"SELECT id FROM {_sessions().name} WHERE {free.sql} AND {due} ORDER BY due_at LIMIT %s"
        )
        (answer,) = send([Statement(sql, (*free.values, *before.values, limit))])
        return [CheckoutId(UUID(str(pk))) for (pk,) in answer.rows]


def _sessions() -> Table[CheckoutSession]:
    return table(CheckoutSession)


def _known() -> str:
    return f"definition_version IN ({', '.join(map(str, KNOWN_DEFINITIONS))})"


def _leased(read: Reading) -> Lease:
    effects = {each.key: effect_values(each) for each in read.checkout.effects.values()}
    stored = _Stored(
        read.session,
        read.session.snapshot,
        effects,
        len(read.checkout.history),
        read.told,
        read.messages,
    )
    fence, wake, clock = read.session.fence, read.session.wake, carried_on(read.now)
    return Lease(read.checkout, fence, wake, read.messages, read.view, clock, stored)
