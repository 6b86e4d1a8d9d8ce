"""The numbers of the flow, in seconds, as the host set them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LOOKUP_OFFSETS = (2, 5, 10)  # seconds after the payment was begun
LOOKUP_EVERY = 30


@dataclass(frozen=True)
class Policy:
    """Windows, pauses and limits. Everything is in seconds unless it counts something.

    `payment_window` is how long the shopper has to pay, `grace` how much longer the stock is held,
    `honour_for` how long after the window money still becomes an order when it is found only then,
    `call_timeouts` the longest a remote port may take (`default` for those not named).
    `reconcile_after` is the longest that a waiting checkout goes unasked at the provider,
    `money_overdue_after` how long money may be on its way back before staff is asked to look, and
    `audit_every` the pause between two rounds of the audit. `doubt_after` is how long nobody may know
    whether the shopper has paid before `payment_in_doubt` is told. `bulk_per_second` is how many
    commands a second the bulk recoveries of staff give, all together.
    """

    payment_window: float = 900
    grace: float = 120
    honour_for: float = 604_800
    hold: float = 300
    within: dict[str, float] = field(default_factory=dict)
    call_timeouts: dict[str, float] = field(default_factory=dict)
    first_pause: float = 0.5
    longest_pause: float = 60
    longest_undo_pause: float = 900
    attention_after: int = 8
    bug_attempts: int = 3
    max_generations: int = 5
    max_extensions: int = 10
    extension: float = 300
    last_look_after: float = 86400
    reconcile_after: float = 3600
    money_overdue_after: float = 86400
    audit_every: float = 60
    doubt_after: float = 600
    bulk_per_second: int = 20

    def call_timeout(self, call: str) -> float:
        """The longest one call may take: by `port.method`, by port, or the default of 2 s."""
        port = call.split(".", 1)[0]
        known = self.call_timeouts
        return known.get(call, known.get(port, known.get("default", 2.0)))

    def pause(self, tries: int, longest: float | None = None) -> timedelta:
        """Exponential backoff with full-range jitter of a quarter, so that retries spread."""
        cap = self.longest_pause if longest is None else longest
        seconds = min(cap, self.first_pause * 2 ** min(max(tries - 1, 0), 20))
        return timedelta(seconds=seconds * random.uniform(0.75, 1.25))

    def next_lookup(self, begun_at: datetime, now: datetime) -> datetime:
        """When a waiting payment is asked about next: 2, 5, 10 s after its start, then every 30 s."""
        elapsed = (now - begun_at).total_seconds()
        for offset in LOOKUP_OFFSETS:
            if elapsed < offset:
                return begun_at + timedelta(seconds=offset)
        return now + timedelta(seconds=LOOKUP_EVERY)

    def seconds(self, name: str) -> timedelta:
        """One of the windows above as a timedelta."""
        return timedelta(seconds=getattr(self, name))
