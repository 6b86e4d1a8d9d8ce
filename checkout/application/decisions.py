"""What the flow can decide. Deciding reads a checkout and a clock, and does nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checkout.domain.checkout import Failure


@dataclass(frozen=True, slots=True)
class Call:
    """Make this port call. `arguments` are stored in the journal before it; a retry sends those."""

    name: str
    generation: int = 1
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the provider for the facts of this payment generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class Move:
    """Take this edge of the flow. A failure says why, attention asks staff to look."""

    edge: str
    failure: Failure | None = None
    attention: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until then; None: until somebody rings."""

    until: datetime | None = None


Decision = Call | Ask | Move | Wait
