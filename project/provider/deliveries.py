"""The provider's own durable timer loop: timed changes and webhooks, from rows, until stopped.

Run one per process that serves the provider:

    timers = Timers()
    timers.start()
    ...
    timers.stop()

Several loops, in one process or in many, do not disturb each other: every row is claimed by a
conditional UPDATE. All work on tables is done by the loop's thread; only sending is done by others.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, close_old_connections, connections, transaction
from django.db.models import Q
from django.utils import timezone

from project.provider import ledger
from project.provider.errors import NotPossible
from project.provider.models import Payment, Timer
from project.provider.webhooks import Parcel, Receipt, claim, new_client, note, send, waiting

log = logging.getLogger(__name__)
Stage = Payment.Stage
EXPIRED = ("payment_expired", "The time to pay is over.")
_bells: set[threading.Event] = set()


def ring() -> None:
    """Wake the loops of this process: something may be due. Call it after the commit."""
    for bell in tuple(_bells):
        bell.set()


def run_due_timers() -> None:
    """Let happen what is due by now, each timer once, one transaction per timer."""
    due = Timer.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
    for timer in due.select_related("refund")[:100]:
        try:
            with transaction.atomic():
                if Timer.objects.filter(pk=timer.pk).delete()[0]:
                    _fire(timer)
        except DatabaseError:
            # One bad row must not stop the others; it stays due.
            log.exception("timer %s of %s failed", timer.kind, timer.payment_id)


def _fire(timer: Timer) -> None:
    """Do it if it is still possible: a timer may come too late, then it is only forgotten."""
    try:
        with transaction.atomic():
            if timer.refund is not None:
                ledger.decide_refund(timer.refund)
            elif timer.kind == Timer.Kind.AUTHORISE:
                stage = ledger.find(timer.payment_id).stage
                waits = stage if stage == Stage.CHALLENGE else Stage.PENDING
                ledger.authorise(timer.payment_id, waits)
            else:
                ledger.shut(timer.payment_id, Q(stage__in=(Stage.OPEN, Stage.CHALLENGE)), EXPIRED)
    except NotPossible:
        log.debug("timer %s of %s came too late", timer.kind, timer.payment_id)


class Timers(threading.Thread):
    """The loop as a thread. `every` is the pause between two looks in seconds when no bell rings.

    `senders` is how many webhooks may be on their way at once.
    """

    def __init__(self, every: float = 0.1, senders: int = 8) -> None:
        super().__init__(name="provider-timers", daemon=True)
        self._every = every
        self._senders = senders
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._under_way: dict[Future[Receipt], Parcel] = {}
        self._client = new_client()
        self._pool = ThreadPoolExecutor(senders, "provider-sender")

    def run(self) -> None:
        """Look, do, wait; until `stop`. An outage of the database is waited out."""
        _bells.add(self._bell)
        try:
            while not self._stopping.is_set():
                self._bell.clear()
                self._look()
                self._bell.wait(self._every)
        finally:
            _bells.discard(self._bell)
            self._end()

    def stop(self, timeout: float = 10.0) -> None:
        """End the loop and wait for it, at most `timeout` seconds; what is unsent stays due."""
        self._stopping.set()
        self._bell.set()
        if self.is_alive():
            self.join(timeout)

    def _look(self) -> None:
        """One round. Whatever goes wrong in it, the next round tries again.

        There are ten rounds a second, so the connection is kept until one of them fails.
        """
        try:
            self._note_answers()
            run_due_timers()
            self._send_due()
        except Exception:
            log.exception("provider timers: this round failed, the next one tries again")
            close_old_connections()

    def _send_due(self) -> None:
        """Claim what is due and hand it to the senders, as far as there are free ones."""
        free = self._senders - len(self._under_way)
        due = waiting().filter(due_at__lte=timezone.now()).values_list("pk", flat=True)
        for delivery_id in due[: max(free, 0)]:
            parcel = claim(delivery_id)
            if parcel is not None:
                sending = self._pool.submit(send, self._client, parcel)
                self._under_way[sending] = parcel
                sending.add_done_callback(lambda _: self._bell.set())

    def _note_answers(self) -> None:
        """Keep what came of the deliveries that have ended."""
        for sending in [future for future in self._under_way if future.done()]:
            problem = sending.exception()
            receipt = Receipt(False, repr(problem)[:200]) if problem else sending.result()
            note(self._under_way[sending], receipt)
            del self._under_way[sending]

    def _end(self) -> None:
        """Let the senders finish, note their answers, and give everything back."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        cancelled = [future for future in self._under_way if future.cancelled()]
        for future in cancelled:
            del self._under_way[future]
        try:
            self._note_answers()
        except Exception:
            log.exception("provider timers: the last answers could not be noted")
        self._client.close()
        connections.close_all()
