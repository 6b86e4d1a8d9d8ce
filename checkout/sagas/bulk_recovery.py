"""Bulk recovery: one command for many checkouts, tried out first, then given one by one.

Any worker's sweep calls `work`; a lease gives it to one of them. What was done is a row before
anything else is done, so whoever comes after a crash goes on with the next. The command, the row
that says so and the staff's log are one commit, and the command is known by job and checkout: it is
given once. It names the version of the dry run, so a checkout that moved since is left alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from checkout.application.policy import Policy
from checkout.application.port_call import Moment
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.outbound.bulk_port import (
    BulkJob,
    BulkPort,
    BulkRow,
    Phase,
    Result,
    Verdict,
)
from checkout.application.ports.outbound.checkout_repository_port import CheckoutRepositoryPort
from checkout.application.ports.outbound.watch_port import JobsPort
from checkout.application.use_cases import commands, settle_money
from checkout.application.use_cases.submit_command import CommandDesk
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import CheckoutError, LostFence, Refused
from checkout.sagas.forecast import Totals, added, forecast
from checkout.sagas.rehearsal import Rehearsal

log = logging.getLogger("checkout.bulk")
LEASE = "bulk"  # the name of the periodic job that its worker holds
LEASE_SECONDS = 15.0  # after that another worker goes on
WORK_SECONDS = 5.0  # then the lease is given up, and asked for again
AT_ONCE = 20  # rows of one step
MOST_UNDERWAY = 100  # given, and not taken up by the engine yet
KINDS = ("retry_now", "recheck", "extend", "hold", "resume", "abort")
ALREADY_SO = {  # a refusal that means: there is nothing left to do
    "abort": ("already_aborted",),
    "hold": ("already_ended", "on_hold"),
    "resume": ("not_on_hold",),
}
UNREADABLE = "Its row cannot be read: it is for the doctor."
FOREIGN = "It was made by another release, and no worker of this one drives it."


class RecoverMany:
    """The worker of all jobs. `fault` is called with the name of each point where it can die.

    `wait` lets time go by between two commands.
    """

    def __init__(
        self,
        bulk: BulkPort,
        jobs: JobsPort,
        repository: CheckoutRepositoryPort,
        desk: CommandDesk,
        rehearsal: Rehearsal,
        policy: Policy,
        clock: Callable[[], datetime],
        fault: Callable[[str], None] = lambda point: None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bulk = bulk
        self._jobs = jobs
        self._repository = repository
        self._desk = desk
        self._rehearsal = rehearsal
        self._policy = policy
        self._clock = clock
        self._at_once = min(AT_ONCE, policy.bulk_per_second)  # a step takes about a second
        self._fault = fault
        self._wait = wait
        self._next_at = 0.0

    def work(self, seconds: float = WORK_SECONDS) -> bool:
        """Go on with what is open, if nobody else is on it; whether anything was done."""
        if not self._bulk.open_jobs():
            return False
        taken = self._jobs.take(LEASE, LEASE_SECONDS)
        if taken is None:
            return False
        holder, _ = taken
        self._fault("bulk.taken")
        until, busy, worked = time.monotonic() + seconds, True, False
        while busy and time.monotonic() < until:
            busy = self._step_everywhere(holder)
            worked = worked or busy
        self._jobs.done(LEASE, holder, 0.0, {})
        return worked

    def _step_everywhere(self, holder: str) -> bool:
        """One step of every open job, so that a long one holds up no other; whether one was made."""
        made = False
        for job in self._bulk.open_jobs():
            try:
                made = self._step(holder, job) or made
            except LostFence as lost:
                log.info("bulk recovery %s: %s", job.id, lost)
        return made

    def _step(self, holder: str, job: BulkJob) -> bool:
        if job.phase == Phase.REHEARSING:
            rows = self._bulk.rows(job.id, Result.WAITING, AT_ONCE)
            return self._rehearse(holder, job, rows) if rows else self._close(holder, job)
        followed = self._follow(holder, job)
        underway = self._bulk.count(job.id, Result.GIVEN)
        ready: Sequence[BulkRow] = ()
        if job.phase == Phase.RUNNING:
            most = min(self._at_once, MOST_UNDERWAY - underway)
            ready = self._bulk.rows(job.id, Result.READY, most) if most > 0 else ()
            for row in ready:
                self._give(holder, job, row)
        if not underway and not ready:
            return self._close(holder, job)
        return followed or bool(ready)

    def _close(self, holder: str, job: BulkJob) -> bool:
        with self._bulk.turn(holder, job):
            self._bulk.close(job)
        self._fault("bulk.close:after")
        return True

    # Rehearsing ------------------------------------------------------------------------------

    def _rehearse(self, holder: str, job: BulkJob, rows: Sequence[BulkRow]) -> bool:
        """Try it out on some; the sums grow in the commit that keeps the verdicts."""
        verdicts: list[Verdict] = []
        totals: Totals = {}
        for row in rows:
            verdict, more = self._tried(job, row)
            verdicts.append(verdict)
            totals = added(totals, more)
        self._fault("bulk.rehearse:before")
        with self._bulk.turn(holder, job):
            self._bulk.record(verdicts)
            self._bulk.foresee(job.id, added(self._bulk.foreseen(job.id), totals))
            self._fault("bulk.rehearse:inside")
        self._fault("bulk.rehearse:after")
        return True

    def _tried(self, job: BulkJob, row: BulkRow) -> tuple[Verdict, Totals]:
        if not row.known:
            return Verdict(row.row, Result.CANNOT, "foreign_definition", FOREIGN), {}
        try:
            return self._tried_on(job, row, self._repository.load(row.checkout_id))
        except CheckoutError:
            raise
        except Exception:
            log.exception("checkout %s: it cannot be tried out", row.checkout_id)
            return Verdict(row.row, Result.CANNOT, "unreadable", UNREADABLE), {}

    def _tried_on(self, job: BulkJob, row: BulkRow, checkout: Checkout) -> tuple[Verdict, Totals]:
        version, payload = checkout.version, _payload(job)
        if _needs_nothing(checkout, job.kind):
            said = f"It is {checkout.state}, and nothing is open."
            return Verdict(row.row, Result.ALREADY, "ended", said, version), {}
        try:
            commands.judge(checkout, job.kind, payload, Moment(self._policy, self._clock()))
        except Refused as no:
            already = no.code in ALREADY_SO.get(job.kind, ())
            result = Result.ALREADY if already else Result.CANNOT
            return Verdict(row.row, result, no.code, no.message, version), {}
        outlook = self._rehearsal.rehearse(checkout, job.kind, job.actor, payload)
        becomes = str(outlook.checkout.state)
        ready = Verdict(row.row, Result.READY, version=version, becomes=becomes)
        return ready, forecast(outlook)

    # Giving ----------------------------------------------------------------------------------

    def _give(self, holder: str, job: BulkJob, row: BulkRow) -> None:
        """The command, its row and the log in one commit. One that our code fails on is set aside."""
        self._keep_to_the_rate()
        self._fault("bulk.give:before")
        try:
            with self._bulk.turn(holder, job):
                self._bulk.record([self._submitted(job, row)])
                self._fault("bulk.give:inside")
        except CheckoutError:
            raise
        except Exception as bug:
            log.exception("checkout %s: the command could not be given", row.checkout_id)
            said = f"Our own code failed: {type(bug).__name__}."
            with self._bulk.turn(holder, job):
                self._bulk.record([Verdict(row.row, Result.REFUSED, "bug", said)])
        self._fault("bulk.give:after")

    def _submitted(self, job: BulkJob, row: BulkRow) -> Verdict:
        order = Command(
            row.checkout_id,
            job.kind,
            job.actor,
            job.known_as(row.checkout_id),
            {**_payload(job), "expected_version": row.version, "bulk": str(job.id)},
        )
        try:
            self._desk.submit(order)
        except Refused as no:
            return self._refused(job, row, no.code, no.message)
        self._bulk.log(job, row)
        return Verdict(row.row, Result.GIVEN)

    def _keep_to_the_rate(self) -> None:
        now = time.monotonic()
        if self._next_at > now:
            self._wait(self._next_at - now)
        self._next_at = max(self._next_at, now) + 1 / self._policy.bulk_per_second

    # Following -------------------------------------------------------------------------------

    def _follow(self, holder: str, job: BulkJob) -> bool:
        """Keep what the engine said to the commands that it has taken up; whether there were any."""
        verdicts = []
        for row, outcome in self._bulk.answered(job):
            verdict = Verdict(row.row, Result.APPLIED)
            if outcome != "applied":
                code = outcome.removeprefix("refused: ")
                verdict = self._refused(job, row, code, f"{code.replace('_', ' ')}.")
            verdicts.append(verdict)
        if verdicts:
            with self._bulk.turn(holder, job):
                self._bulk.record(verdicts)
            self._fault("bulk.follow:after")
        return bool(verdicts)

    def _refused(self, job: BulkJob, row: BulkRow, code: str, message: str) -> Verdict:
        """One that moved is told as moved, unless it moved to where it was wanted."""
        checkout = self._repository.load(row.checkout_id)
        if _needs_nothing(checkout, job.kind) or code in ALREADY_SO.get(job.kind, ()):
            said = f"It is {checkout.state} meanwhile."
            return Verdict(row.row, Result.ALREADY, code, said)
        if code == "version_conflict":
            said = f"It is {checkout.state}, version {checkout.version}; seen was {row.version}."
            return Verdict(row.row, Result.MOVED, code, said)
        return Verdict(row.row, Result.REFUSED, code, message)


def _payload(job: BulkJob) -> dict[str, Any]:
    """What each command carries: the reason names the job, and an extension has no limit for staff."""
    reason = f"{job.reason} (bulk recovery {str(job.id)[:8]})"
    unlimited = {"unlimited": True} if job.kind == "extend" else {}
    return {"reason": reason, **unlimited}


def _needs_nothing(checkout: Checkout, kind: str) -> bool:
    """Whether it has ended well: trying again, or asking again, is for what is open."""
    well = checkout.state.is_final and not checkout.needs_attention
    return well and kind in ("retry_now", "recheck") and not settle_money.unsettled(checkout)
