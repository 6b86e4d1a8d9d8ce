"""Periodic jobs: rounds over what waits, what has ended, and what lies in the inbox.

Every worker's sweep asks whether one is due; the database gives it to one of them. A round is short,
keeps how far it came, and only writes messages for the engine; made twice, it says the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from checkout.adapters.inbound import limits
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable

log = logging.getLogger("checkout.rounds")
ROUND_SECONDS = 5.0  # a round begins no further batch after that
LEASE_SECONDS = 30.0  # after that another worker may do it
ADOPT_SECONDS = 60.0
FORGET_SECONDS = 600.0
TALLY_SECONDS = 15.0
AT_ONCE = 1000
DAY_SECONDS = 86_400
RETENTION_DAYS = 90  # how long a provider's message is kept; CHECKOUT["INBOX_RETENTION_DAYS"]
Cursor = Mapping[str, Any]


def do_due() -> list[str]:
    """Do every job that is due and that nobody else is doing; the names of those done.

    Raises StorageUnavailable. A job that fails is tried again when its lease has ended.
    """
    done, jobs = [], services().jobs
    for name in jobs.due(JOBS):
        every, job = JOBS[name]
        taken = jobs.take(name, LEASE_SECONDS)
        if taken is None:
            continue
        holder, cursor = taken
        try:
            after = job(cursor)
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("the periodic job %s failed", name)
            continue
        jobs.done(name, holder, every(), after)
        done.append(name)
    return done


def _reconcile(cursor: Cursor) -> Cursor:
    return services().money.reconcile(cursor)


def _audit(cursor: Cursor) -> Cursor:
    return services().money.audit(cursor, ROUND_SECONDS)


def _adopt(cursor: Cursor) -> Cursor:
    return {"after": services().watch.adopt_parked(int(cursor.get("after", 0)), AT_ONCE)}


def _forget(cursor: Cursor) -> Cursor:
    days = settings.CHECKOUT.get("INBOX_RETENTION_DAYS", RETENTION_DAYS)
    if count := services().watch.forget(days, AT_ONCE):
        log.info("%d provider messages older than %d days were deleted", count, days)
    longest = max(limits.said("ATTEMPT_WINDOW"), limits.said("COOL_DOWN"))
    services().counters.forget(longest, AT_ONCE)
    services().links.forget(limits.said("LINK_LIFETIME") + DAY_SECONDS, AT_ONCE)
    services().tallies.forget(AT_ONCE)
    return cursor


def _tally(cursor: Cursor) -> Cursor:
    services().tallies.count(ROUND_SECONDS)
    return cursor


def _audit_every() -> float:
    return services().policy.audit_every


JOBS: dict[str, tuple[Callable[[], float], Callable[[Cursor], Cursor]]] = {
    "reconcile": (_audit_every, _reconcile),
    "audit": (_audit_every, _audit),
    "adopt": (lambda: ADOPT_SECONDS, _adopt),
    "forget": (lambda: FORGET_SECONDS, _forget),
    "tally": (lambda: TALLY_SECONDS, _tally),
}
