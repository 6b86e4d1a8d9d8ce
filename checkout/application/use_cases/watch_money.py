"""watch_money: rounds over what waits for the provider and over what has ended; they move nothing.

What a round finds becomes a message for the engine, which judges again and acts. A message is known
by what was found, so that a round that is made twice, or by two hosts, says it once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from checkout.application.policy import Policy
from checkout.application.port_call import Moment
from checkout.application.ports.outbound.checkout_repository_port import (
    CheckoutRepositoryPort,
    InboxMessage,
)
from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.application.ports.outbound.watch_port import WatchPort
from checkout.application.use_cases import audit_money
from checkout.domain.checkout import Checkout

RECONCILIATION, AUDIT = "system:reconciliation", "system:audit"
AT_ONCE = 200  # checkouts that are read together
BALANCED = "the books balance again"


class WatchMoney:
    """The rounds. Each stops after its batch that passes `seconds`, and goes on there next time."""

    def __init__(
        self,
        repository: CheckoutRepositoryPort,
        watch: WatchPort,
        scheduler: SchedulerPort,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._watch = watch
        self._scheduler = scheduler
        self._policy = policy
        self._clock = clock

    def reconcile(self, cursor: Mapping[str, Any]) -> dict[str, Any]:
        """Have the provider asked about what waits longer than the policy allows; the next cursor."""
        moment, longest = self._moment(), self._policy.reconcile_after
        waiting, after = self._watch.waiting(longest, str(cursor.get("after", "")), AT_ONCE)
        period = int(moment.now.timestamp() // longest)
        for checkout in waiting:
            if audit_money.waits_unasked(checkout, moment):
                text = "It waits for the provider, and nobody has asked for a long time."
                self._tell(checkout, "recheck", RECONCILIATION, f"{checkout.id}:{period}", text)
        return {"after": after}

    def audit(self, cursor: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Audit what changed since the last round, then some of all others; the next cursor.

        `changed` is how far the history was followed, `slow` where the slow round is.
        """
        end = time.monotonic() + seconds
        changed, slow = cursor.get("changed"), str(cursor.get("slow", ""))
        while True:
            found, after = self._watch.ended_since(changed, AT_ONCE)
            self._judge(found)
            if after == changed or time.monotonic() > end:
                break
            changed = after
        found, slow = self._watch.ended_after(slow, AT_ONCE)
        self._judge(found)
        return {"changed": after, "slow": slow}

    def _judge(self, found: Iterable[Checkout]) -> None:
        moment = self._moment()
        for checkout in found:
            wanted = audit_money.flagged(checkout, moment)
            if wanted != checkout.needs_attention:
                text = audit_money.REASONS.get(wanted, BALANCED)
                known_as = f"{checkout.id}:{checkout.version}:{wanted}"
                self._tell(checkout, "audit", AUDIT, known_as, text)

    def _tell(self, checkout: Checkout, kind: str, actor: str, known_as: str, text: str) -> None:
        message = InboxMessage(actor, known_as, kind, actor, {"reason": text})
        if self._repository.receive(checkout.id, message):
            self._scheduler.ring(checkout.id)

    def _moment(self) -> Moment:
        return Moment(self._policy, self._clock())
