"""What the doctor says: findings, and the report that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from checkout.adapters.inbound.cli.catalogue import CHECKS

BROKEN, INFO = "broken", "info"
Said = Iterator[tuple[str, str]]  # (check, sentence) of a judge


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `check` is a word of the catalogue, `checkout` its id or empty.

    `level` is `broken` (a promise does not hold: exit code 1) or `info` (staff may want to know).
    """

    check: str
    text: str
    checkout: str = ""
    level: str = BROKEN


@dataclass
class Report:
    """Everything that one examination found; `examined` counts checkouts.

    `left_out` has a sentence for everything that was not looked at.
    """

    examined: int = 0
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def broken(self) -> list[Finding]:
        """What must not be."""
        return [finding for finding in self.findings if finding.level == BROKEN]

    @property
    def informed(self) -> list[Finding]:
        """What staff may want to know."""
        return [finding for finding in self.findings if finding.level == INFO]

    @property
    def what_to_do(self) -> dict[str, str]:
        """A sentence for each check that found something, in the order of the catalogue."""
        found = {finding.check for finding in self.findings}
        return {name: check.what_to_do for name, check in CHECKS.items() if name in found}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: ok, examined, the two lists, what to do, and what was left out."""
        return {
            "ok": not self.broken,
            "examined": self.examined,
            "broken": [asdict(finding) for finding in self.broken],
            "info": [asdict(finding) for finding in self.informed],
            "what_to_do": self.what_to_do,
            "left_out": self.left_out,
        }

    def in_words(self) -> str:
        """One line per finding, what is broken first; then what to do, and what was left out."""
        lines = [_line("BROKEN", finding) for finding in self.broken]
        lines += [_line("info  ", finding) for finding in self.informed]
        lines += [f"What to do, {name}: {text}" for name, text in self.what_to_do.items()]
        lines += [f"Left out: {text}" for text in self.left_out]
        end = f"{len(self.broken)} found." if self.broken else "Nothing to report."
        return "\n".join([*lines, f"{self.examined} checkouts examined. {end}"])


def _line(level: str, finding: Finding) -> str:
    whose = f" {finding.checkout}" if finding.checkout else ""
    return f"{level} {finding.check}{whose}: {finding.text}"
