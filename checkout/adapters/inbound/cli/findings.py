"""What the doctor says: findings, and the report that is made of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

BROKEN, INFO = "broken", "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `check` is a stable word for it, `checkout` its id or empty.

    `level` is `broken` (a promise does not hold: exit code 1) or `info` (staff may want to know).
    """

    check: str
    text: str
    checkout: str = ""
    level: str = BROKEN


@dataclass
class Report:
    """Everything that one examination found; `examined` counts checkouts."""

    examined: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def broken(self) -> list[Finding]:
        """What must not be."""
        return [finding for finding in self.findings if finding.level == BROKEN]

    @property
    def informed(self) -> list[Finding]:
        """What staff may want to know."""
        return [finding for finding in self.findings if finding.level == INFO]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: ok, examined and the two lists."""
        return {
            "ok": not self.broken,
            "examined": self.examined,
            "broken": [asdict(finding) for finding in self.broken],
            "info": [asdict(finding) for finding in self.informed],
        }

    def in_words(self) -> str:
        """One line per finding, what is broken first."""
        lines = [_line("BROKEN", finding) for finding in self.broken]
        lines += [_line("info  ", finding) for finding in self.informed]
        end = f"{len(self.broken)} found." if self.broken else "Nothing to report."
        return "\n".join([*lines, f"{self.examined} checkouts examined. {end}"])


def _line(level: str, finding: Finding) -> str:
    whose = f" {finding.checkout}" if finding.checkout else ""
    return f"{level} {finding.check}{whose}: {finding.text}"
