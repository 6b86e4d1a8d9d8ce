"""Words for staff: money, ages, and who did something."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth import get_user_model

MONEY = {
    "not_charged": "not charged",
    "checking": "checking",
    "authorised": "authorised",
    "charged": "charged",
    "refunding": "being refunded",
    "refunded": "refunded",
}
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
ACTORS = {
    "shopper": "the shopper",
    "system:worker": "a worker",
    "system:sweep": "the sweep",
    "system:engine": "the engine",
    "system:late": "an answer that came late",
    "system:limits": "the limits of attempts",
    "system:audit": "the audit of the money",
    "system:reconciliation": "the reconciliation with the provider",
    "system:resume": "checkout resume",
}


class People:
    """Actors in words; staff by their names, which are read once for all of them."""

    def __init__(self, actors: Iterable[str]) -> None:
        keys = {actor.partition(":")[2] for actor in actors if actor.startswith("user:")}
        users = get_user_model()._default_manager.filter(pk__in=filter(str.isdecimal, keys))
        self._names = {str(user.pk): user.get_username() for user in users} if keys else {}

    def named(self, actor: str) -> str:
        """Who it was."""
        kind, _, which = actor.partition(":")
        if kind == "user":
            return self._names.get(which, f"user {which}, who is gone")
        if kind == "provider":
            return f"the provider ({which})"
        return ACTORS.get(actor, actor)


def span(seconds: float) -> str:
    """A latency: 320 ms, 1.2 s, or the two largest units of an age."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return _in_units(int(seconds))


def age(since: datetime, until: datetime) -> str:
    """The time between two moments in its two largest units: 3 d 4 h, 5 min 2 s, 7 s."""
    return _in_units(max(int((until - since).total_seconds()), 0))


def _in_units(left: int) -> str:
    parts: list[str] = []
    for size, unit in UNITS:
        count, left = divmod(left, size)
        if count or (size == 1 and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])
