"""Words for staff: money, ages and what each command does."""

from __future__ import annotations

from datetime import datetime

MONEY = {
    "not_charged": "not charged",
    "checking": "checking",
    "authorised": "authorised",
    "charged": "charged",
    "refunding": "being refunded",
    "refunded": "refunded",
}
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def age(since: datetime, until: datetime) -> str:
    """The time between two moments in its two largest units: 3 d 4 h, 5 min 2 s, 7 s."""
    left = max(int((until - since).total_seconds()), 0)
    parts: list[str] = []
    for size, unit in UNITS:
        count, left = divmod(left, size)
        if count or (size == 1 and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])
