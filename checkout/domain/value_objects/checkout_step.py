"""Steps as the shopper's progress and the API show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class StepStatus(StrEnum):
    """How far one row of the flow table is."""

    PENDING = "pending"  # not begun
    RUNNING = "running"  # begun, no answer yet
    DONE = "done"  # its work stands
    FAILED = "failed"  # the flow ended here
    UNDONE = "undone"  # its work was given back
    SKIPPED = "skipped"  # not needed, such as the payment of a zero total


@dataclass(frozen=True, slots=True)
class CheckoutStep:
    """One row of the progress: its name in the flow table, its status, and when."""

    step: str
    status: StepStatus
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The API's shape, with ISO 8601 times."""
        return {
            "step": self.step,
            "status": self.status.value,
            "started_at": self.started_at.isoformat() if self.started_at else None,
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
        }
