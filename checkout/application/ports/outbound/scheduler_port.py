"""The bell: tells some worker that a checkout is worth a look. A hint, never the memory."""

from __future__ import annotations

from typing import Protocol

from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.value_objects.checkout_id import CheckoutId


class SchedulerPort(Protocol):
    """Rings a worker.

    Promises: returns within 0.2 s and never raises; a lost ring costs a second, because the sweep
    finds every row that is due. It is only ever rung after the commit that made something due.
    """

    def ring(self, checkout_id: CheckoutId) -> None:
        """Have this checkout ticked soon, by any worker."""
        ...


class ProgressPort(Protocol):
    """Tells open pages that there is something newer. The row is the truth, this is a hint.

    Promises: returns within 0.2 s and never raises; a lost hint is healed by the web processes,
    which compare their open sockets with the read model every few seconds.
    """

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        """`version` of this checkout is committed and can be read.

        `row` is that version as it was stored, so that nobody has to read it; None: it is read.
        """
        ...
