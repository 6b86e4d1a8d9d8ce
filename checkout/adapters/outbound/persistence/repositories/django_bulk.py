"""Jobs of bulk recovery. Who works on them, and whether staff still wants it, the database decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Count, F

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import (
    BulkRecovery,
    BulkRecoveryRow,
    CheckoutInbox,
    CheckoutSession,
    PeriodicJob,
)
from checkout.adapters.outbound.persistence.storage import one_transaction, storage
from checkout.application.ports.outbound.bulk_port import (
    STOPPABLE,
    BulkJob,
    BulkRow,
    NewJob,
    Phase,
    Result,
    Verdict,
)
from checkout.domain.exceptions import LostFence
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

BATCH = 500
WORKED_ON = (Phase.REHEARSING, Phase.RUNNING, Phase.STOPPED)
AFTER = {Phase.REHEARSING: Phase.REHEARSED, Phase.RUNNING: Phase.DONE}


class DjangoBulk:
    """BulkPort on Django's ORM. `lease` is the name of the periodic job whose holder may write."""

    def __init__(self, lease: str) -> None:
        self._lease = lease

    def choose(self, new: NewJob) -> bool:
        """Store a job with its rows, to be rehearsed; False when it is stored already."""
        try:
            with one_transaction():
                job = BulkRecovery.objects.create(
                    id=new.id,
                    command=new.kind,
                    scope=new.scope,
                    total=len(new.checkouts),
                    chosen_by_id=new.user_id,
                    chosen_at=database_now(),
                )
                rows = (BulkRecoveryRow(job=job, checkout_id=pk) for pk in new.checkouts)
                BulkRecoveryRow.objects.bulk_create(rows, batch_size=BATCH)
        except IntegrityError:
            if BulkRecovery.objects.filter(pk=new.id).exists():
                return False
            raise
        return True

    def confirm(self, job: UUID, user_id: int, reason: str, logged: str) -> bool:
        """Have a rehearsed job run; False when it is not rehearsed, or not any more."""
        with storage():
            rehearsed = BulkRecovery.objects.filter(pk=job, phase=Phase.REHEARSED)
            return bool(
                rehearsed.update(
                    phase=Phase.RUNNING,
                    confirmed_by=user_id,
                    confirmed_at=database_now(),
                    reason=reason,
                    logged=logged,
                )
            )

    def stop(self, job: UUID, user_id: int) -> bool:
        """Give nothing more; False when it had ended."""
        with storage():
            open_ = BulkRecovery.objects.filter(pk=job, phase__in=STOPPABLE)
            said = {"phase": Phase.STOPPED, "stopped_by": user_id, "stopped_at": database_now()}
            return bool(open_.update(**said))

    def open_jobs(self) -> Sequence[BulkJob]:
        """Those with something to do for a worker, the oldest first."""
        with storage():
            jobs = BulkRecovery.objects.filter(finished_at__isnull=True, phase__in=WORKED_ON)
            return [_job(job) for job in jobs.order_by("chosen_at", "id")]

    def rows(self, job: UUID, result: Result, most: int) -> Sequence[BulkRow]:
        """Some of its rows with this result, always in the same order."""
        with storage():
            rows = BulkRecoveryRow.objects.filter(job=job, result=result)
            rows = rows.annotate(definition=F("checkout__definition_version"))
            return [_row(row) for row in rows.order_by("id")[:most]]

    def count(self, job: UUID, result: Result) -> int:
        """How many of its rows have this result."""
        with storage():
            return BulkRecoveryRow.objects.filter(job=job, result=result).count()

    def answered(self, job: BulkJob) -> Sequence[tuple[BulkRow, str]]:
        """Given rows whose command the engine has taken up, with what the inbox says of it."""
        rows = self.rows(job.id, Result.GIVEN, BATCH)
        given = {job.known_as(row.checkout_id): row for row in rows}
        with storage():
            taken = CheckoutInbox.objects.filter(
                source="command", message_id__in=list(given), applied_at__isnull=False
            )
            said = list(taken.order_by("id").values_list("message_id", "outcome"))
        return [(given[known_as], outcome) for known_as, outcome in said]

    @contextmanager
    def turn(self, holder: str, job: BulkJob) -> Iterator[None]:
        """One transaction of the worker that holds the lease, on a job that is still in this phase.

        Rule: both rows are written, not read. So another worker, and whoever stops the job, waits
        for the end of the turn, or the turn does not begin.
        """
        with one_transaction():
            if not PeriodicJob.objects.filter(name=self._lease, holder=holder).update(
                holder=holder
            ):
                raise LostFence("Another worker has taken the bulk recoveries over.")
            mine = BulkRecovery.objects.filter(pk=job.id, phase=job.phase)
            if not mine.update(phase=job.phase):
                raise LostFence(f"The bulk recovery {job.id} is no longer {job.phase}.")
            yield

    def record(self, verdicts: Iterable[Verdict]) -> None:
        """Inside a turn: what was learnt of these rows."""
        for verdict in verdicts:
            columns: dict[str, Any] = {
                "result": verdict.result,
                "code": verdict.code[:60],
                "said": verdict.said[:300],
            }
            if verdict.version:
                columns |= {"version": verdict.version, "becomes": verdict.becomes}
            BulkRecoveryRow.objects.filter(pk=verdict.row).update(**columns)

    def foresee(self, job: UUID, totals: Mapping[str, Any]) -> None:
        """Inside a turn: the sums of the dry run so far."""
        BulkRecovery.objects.filter(pk=job).update(forecast=dict(totals))

    def foreseen(self, job: UUID) -> Mapping[str, Any]:
        """The sums of the dry run so far."""
        with storage():
            totals: Mapping[str, Any] = BulkRecovery.objects.values_list("forecast", flat=True).get(
                pk=job
            )
        return totals

    def log(self, job: BulkJob, row: BulkRow) -> None:
        """Inside a turn: note in the log of the staff's admin that this checkout was given it."""
        from django.contrib.admin.models import CHANGE, LogEntry
        from django.contrib.contenttypes.models import ContentType

        if job.user_id is None:  # their account is gone; the history still has the number
            return
        LogEntry.objects.create(
            user_id=job.user_id,
            content_type=ContentType.objects.get_for_model(CheckoutSession),
            object_id=str(row.checkout_id),
            object_repr=str(row.checkout_id),
            action_flag=CHANGE,
            change_message=job.logged,
        )

    def close(self, job: BulkJob) -> None:
        """Inside a turn: this phase is over. What waits for a person has not ended."""
        after = AFTER.get(job.phase, job.phase)
        rows = BulkRecoveryRow.objects.filter(job=job.id).order_by()
        counts = dict(rows.values_list("result").annotate(count=Count("id")))
        ended = {} if after == Phase.REHEARSED else {"finished_at": database_now()}
        BulkRecovery.objects.filter(pk=job.id).update(phase=after, counts=counts, **ended)


def _job(job: BulkRecovery) -> BulkJob:
    user_id = job.confirmed_by_id or job.chosen_by_id
    actor = f"user:{user_id or 0}"
    said = (job.reason, job.logged)
    return BulkJob(job.pk, job.command, Phase(job.phase), actor, user_id, *said)


def _row(row: Any) -> BulkRow:
    known = row.definition in KNOWN_DEFINITIONS
    return BulkRow(row.pk, CheckoutId(row.checkout_id), row.version, known)
