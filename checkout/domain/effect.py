"""The journal of port calls: one effect per call that changes something at a neighbour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What we know about a port call."""

    INTENDED = "intended"  # stored before the call; whether it went out is not known
    DONE = "done"  # they did it
    REFUSED = "refused"  # they said no, and did nothing
    UNKNOWN = "unknown"  # no final answer yet: asked again with the same key
    UNDONE = "undone"  # done once, and given back since


@dataclass
class Effect:
    """One port call: its key, its arguments as they were stored before it, and its answer.

    `name` is the call of the flow table, with `:purpose` behind it where one call serves several.
    `arguments` and `result` hold JSON values only. `retry_at` is when it may be tried again.
    """

    name: str
    generation: int
    key: str
    arguments: dict[str, Any]
    outcome: Outcome = Outcome.INTENDED
    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    tries: int = 0
    retry_at: datetime | None = None
    intended_at: datetime | None = None
    answered_at: datetime | None = None

    @property
    def call(self) -> str:
        """The port call, as the flow table writes it: `port.method`."""
        return self.name.split(":", 1)[0]

    @property
    def open(self) -> bool:
        """True while there is no final answer."""
        return self.outcome in (Outcome.INTENDED, Outcome.UNKNOWN)

    @property
    def standing(self) -> bool:
        """True when it has, or may have, changed something that stands: this is what undo undoes."""
        return self.open or self.outcome == Outcome.DONE
