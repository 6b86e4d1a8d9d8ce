"""The one loop. Claim, read the inbox, do what is due, store it, go on while the lease is good.

Called with a checkout id by a worker's task and by the sweep; safe late, twice, in parallel and
after a crash. Remote calls are stored as intended and made with no transaction open; their answer is
stored with what follows, and transactional calls share a commit. Every write is conditional on the
fence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from checkout.application.decisions import Call, Decision
from checkout.application.policy import Policy
from checkout.application.port_call import Ports
from checkout.application.ports.outbound.checkout_repository_port import (
    CheckoutRepositoryPort,
    Lease,
)
from checkout.application.ports.outbound.scheduler_port import ProgressPort
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import CheckoutError, LostFence, StorageUnavailable
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.decider import decide
from checkout.sagas.run import RolledBack, Run
from checkout.sagas.troubles import Troubles
from checkout.sagas.working_copy import LEASE_SECONDS, MOST_STEPS, Telling

log = logging.getLogger("checkout.engine")


class Tick(StrEnum):
    """What one tick came to."""

    WAITS = "waits"  # did what was due, and waits for its time or a ring
    NOTHING = "nothing"  # not due, driven by somebody else, or unknown
    LOST = "lost"  # somebody else took over in the middle
    PARKED = "parked"  # a bug of ours: tried again after a pause, then shown to staff
    STORAGE = "storage"  # our database did not answer; the sweep returns


class Engine:
    """Drives checkouts. Between two ticks it remembers only which rows the database failed.

    `project` folds a checkout into its read model: a change is visible when that changes.
    `fault` is called with the name of each point where a process can die; production's does nothing.
    """

    run_class = Run  # one tick's work, and
    decide = staticmethod(decide)  # the decisions: a test that breaks one replaces it

    def __init__(
        self,
        repository: CheckoutRepositoryPort,
        ports: Ports,
        policy: Policy,
        progress: ProgressPort,
        project: Callable[[Checkout], dict[str, Any]],
        fault: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.repository = repository
        self.ports = ports
        self.policy = policy
        self.progress = progress
        self.project = project
        self.fault = fault
        self.troubles = Troubles()

    def tick(
        self,
        checkout_id: CheckoutId,
        actor: str = "system:worker",
        telling: Telling | None = None,
    ) -> Tick:
        """Do everything that is due for this checkout, if nobody else is on it.

        `telling` is for who hands events over next: the commit that ends the tick may lease them as
        well (`Lease.events`), and adds them to it.
        """
        try:
            lease = self.repository.claim(checkout_id, LEASE_SECONDS)
            if lease is None:
                return Tick.NOTHING
            self.fault("claimed")
            result = self._guarded(lease, actor, telling)
        except LostFence:
            log.info("checkout %s: the lease was taken over", checkout_id)
            return Tick.LOST
        except StorageUnavailable as error:
            log.warning("checkout %s: the database did not answer: %s", checkout_id, error)
            self.troubles.failed(checkout_id)
            return Tick.STORAGE
        self.troubles.worked(checkout_id)
        return result

    def _guarded(self, lease: Lease, actor: str, telling: Telling | None) -> Tick:
        if self.troubles.alone(lease.checkout.id):
            log.error("checkout %s: the database fails this row alone", lease.checkout.id)
            self._park(lease, "The database fails this row alone.")
            return Tick.PARKED
        try:
            return self._drive_to_the_end(self.run_class(self, lease, actor, telling))
        except CheckoutError:
            raise
        except Exception as bug:
            log.exception("checkout %s: a bug of ours", lease.checkout.id)
            self._park(lease, f"{type(bug).__name__}: {bug}")
            return Tick.PARKED

    def _park(self, lease: Lease, error: str) -> None:
        """Count it and pause, shown as any other change; the inbox is left for the next tick."""
        try:
            stored = self.repository.reread(lease)  # the working copy may be half changed
            checkout = stored.checkout
            checkout.attempt += 1
            if checkout.attempt >= self.policy.bug_attempts:
                checkout.needs_attention = checkout.needs_attention or "bug"
            run = self.run_class(self, stored, "system:engine")
            run.commit(lease=None, due_at=stored.now() + self.policy.pause(checkout.attempt))
            run.stored()
        except CheckoutError:
            raise
        except Exception:
            log.exception("checkout %s: it cannot be shown either", lease.checkout.id)
            self.repository.park(lease, self.policy, error)

    def _drive_to_the_end(self, run: Run) -> Tick:
        """From what is stored, and again from there after a unit that was rolled back."""
        for _ in range(MOST_STEPS):
            try:
                return self._drive(run)
            except LostFence:
                run.leave_for_the_next()
                raise
            except Exception as failed:
                if isinstance(failed, RolledBack) or run.reply is not None:
                    run = run.again(failed)
                if not isinstance(failed, RolledBack):
                    raise
        raise RuntimeError(f"Checkout {run.checkout.id} was rolled back again and again.")

    def _drive(self, run: Run) -> Tick:
        """Rule: what a remote neighbour has said is stored with what follows it, or else alone.

        With the intent of the next remote call, with the end of the tick, or with transactional calls.
        Where their unit is rolled back, or anything else fails, it is stored before the next try.
        """
        run.read_inbox()
        for _ in range(MOST_STEPS):
            decision = run.follow()
            if self._is_local(decision):
                decision = self._local(run, decision)
            else:
                run.begin(decision)
            run.stored()
            if run.released:
                return Tick.WAITS
            run.carry_out(decision)
        raise RuntimeError(f"Checkout {run.checkout.id} went round in circles.")

    def _local(self, run: Run, decision: Decision) -> Decision:
        """Transactional calls and the edges between them, in one commit with what came before.

        It ends with what is begun in the same commit: a pause, or a remote call, which is still to be
        made. Raises RolledBack when a call did not go well: then nothing of it was written.
        """
        with self.repository.unit(run.lease):
            decision = self._while_local(run, decision)
            run.begin(decision)
        return decision

    def _while_local(self, run: Run, decision: Decision) -> Decision:
        for _ in range(MOST_STEPS):
            if not (isinstance(decision, Call) and self._is_local(decision)):
                return decision
            run.call_local(decision)
            decision = run.follow()
        raise RuntimeError(f"Checkout {run.checkout.id} went round in circles.")

    def _is_local(self, decision: Decision) -> bool:
        return isinstance(decision, Call) and self.ports.transactional(decision.name)
