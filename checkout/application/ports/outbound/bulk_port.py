"""Bulk recovery: one command for many checkouts, as a job with a row for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from checkout.domain.value_objects.checkout_id import CheckoutId


class Phase(StrEnum):
    """How far a job is. Staff decides twice: it begins `running` only when it was confirmed."""

    REHEARSING = "rehearsing"
    REHEARSED = "rehearsed"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # what is done stays done; what was given is seen through


STOPPABLE = (Phase.REHEARSING, Phase.REHEARSED, Phase.RUNNING)


class Result(StrEnum):
    """What is known of one checkout of a job."""

    WAITING = "waiting"  # to be rehearsed
    READY = "ready"  # it can be given the command
    CANNOT = "cannot"  # the dry run says that it cannot
    ALREADY = "already"  # nothing is left to do
    GIVEN = "given"  # the command is in its inbox
    APPLIED = "applied"
    REFUSED = "refused"
    MOVED = "moved"  # it changed after the dry run, and was left alone


@dataclass(frozen=True, slots=True)
class BulkJob:
    """One command for many. `actor` is who decided last: they chose it, or they confirmed it."""

    id: UUID
    kind: str
    phase: Phase
    actor: str
    user_id: int | None
    reason: str = ""
    logged: str = ""

    def known_as(self, checkout_id: UUID) -> str:
        """The id of the command to this checkout: given a second time, it changes nothing."""
        return f"bulk:{self.id}:{checkout_id}"


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One checkout of a job; `version` is what the dry run saw.

    `known` is False when its definition is not one of ours, so that no engine here would drive it.
    """

    row: int
    checkout_id: CheckoutId
    version: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is learnt of one row: `said` is why, `becomes` the state that the dry run ends in."""

    row: int
    result: Result
    code: str = ""
    said: str = ""
    version: int = 0
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is chosen: a command, the checkouts, and in words which those are."""

    id: UUID
    kind: str
    scope: str
    user_id: int | None
    checkouts: Sequence[UUID] = field(default_factory=list)


class BulkPort(Protocol):
    """Promises: conditional updates decide, so that a click twice or a crash changes nothing.

    Every method raises StorageUnavailable when the database does not answer.
    """

    def choose(self, new: NewJob) -> bool:
        """Store a job with its rows, to be rehearsed; False when it is stored already."""
        ...

    def confirm(self, job: UUID, user_id: int, reason: str, logged: str) -> bool:
        """Have a rehearsed job run; False when it is not rehearsed, or not any more.

        `logged` is what the log of the staff's admin says of each checkout.
        """
        ...

    def stop(self, job: UUID, user_id: int) -> bool:
        """Give nothing more; False when it had ended."""
        ...

    def open_jobs(self) -> Sequence[BulkJob]:
        """Those with something to do for a worker, the oldest first."""
        ...

    def rows(self, job: UUID, result: Result, most: int) -> Sequence[BulkRow]:
        """Some of its rows with this result, always in the same order."""
        ...

    def count(self, job: UUID, result: Result) -> int:
        """How many of its rows have this result."""
        ...

    def answered(self, job: BulkJob) -> Sequence[tuple[BulkRow, str]]:
        """Given rows whose command the engine has taken up, with what the inbox says of it."""
        ...

    def turn(self, holder: str, job: BulkJob) -> AbstractContextManager[None]:
        """One transaction of the worker that holds the lease, on a job that is still in this phase.

        Raises LostFence when another one has taken over, or staff has stopped the job.
        """
        ...

    def record(self, verdicts: Iterable[Verdict]) -> None:
        """Inside a turn: what was learnt of these rows."""
        ...

    def foresee(self, job: UUID, totals: Mapping[str, Any]) -> None:
        """Inside a turn: the sums of the dry run so far."""
        ...

    def foreseen(self, job: UUID) -> Mapping[str, Any]:
        """The sums of the dry run so far."""
        ...

    def log(self, job: BulkJob, row: BulkRow) -> None:
        """Inside a turn: note in the log of the staff's admin that this checkout was given it."""
        ...

    def close(self, job: BulkJob) -> None:
        """Inside a turn: this phase is over."""
        ...
