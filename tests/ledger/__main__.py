"""`python -m tests.ledger [--checkouts 2000] [--seed N] [--json]`: what became of all the money.

Days at a market are told until there were so many checkouts, with a process for each core and a
database for each process (SQLite: in memory). A broken promise names its day: `--day` tells it again.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.ledger.days import Account

EXAMPLES = 10


def share(seed: int, first: int, step: int, checkouts: int) -> Account:
    """One process's share of the days, until it has seen so many checkouts."""
    logging.disable(logging.CRITICAL)  # thousands of crashes, each of them meant
    from checkout.testing.proof.prove import own_database
    from tests.ledger.days import Account, told

    account, day = Account(), first
    with own_database():
        while account.checkouts < checkouts:
            account.add(told(f"{seed}:{day}"))
            day += step
    return account


def all_days(seed: int, checkouts: int, processes: int) -> Account:
    """The days shared out among processes."""
    from django.db import connection

    from tests.ledger.days import Account

    each, total = -(-checkouts // processes), Account()
    context = multiprocessing.get_context("fork")
    connection.close()  # nobody shares it
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        tasks = [pool.submit(share, seed, first, processes, each) for first in range(processes)]
        for task in tasks:
            total.add(task.result())
    return total


def report(account: Account, seed: int, seconds: float) -> dict[str, Any]:
    """The figures, as they are printed with --json. Amounts are in minor units."""
    from django.db import connection

    counted = {name: value for name, value in vars(account).items() if isinstance(value, int)}
    said = {
        "violations": len(account.wrong),
        "completed_share": round(account.completed / max(account.checkouts, 1), 3),
        "ends": dict(account.ends.most_common()),
        "happened": dict(account.happened.most_common()),
        "seed": seed,
        "seconds": round(seconds, 1),
        "database": connection.vendor,
    }
    examples = {"examples": account.wrong[:EXAMPLES]} if account.wrong else {}
    return {**counted, **said, **examples}


def in_words(figures: dict[str, Any]) -> str:
    """The last line."""
    return (
        f"{figures['checkouts']} checkouts, {figures['completed']} completed,"
        f" {figures['approved']} approved in time of which {figures['excused']} were refused or"
        f" aborted; captured {figures['captured']}, returned {figures['returned']} minor units:"
        f" {figures['violations']} violations. {figures['seconds']} s."
    )


def main() -> int:
    """Tell the days; 1 when a promise was broken in one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger", description=__doc__)
    parser.add_argument("--checkouts", type=int, default=2000, help="At least so many.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", type=int, help="Only this day of the seed.")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="One line of JSON at the end.")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    began = time.monotonic()
    if options.day is None:
        account = all_days(options.seed, options.checkouts, max(1, options.processes))
    else:
        account = share(options.seed, options.day, 1, 1)
    figures = report(account, options.seed, time.monotonic() - began)
    lines = [json.dumps(figures)] if options.json else [*account.wrong, in_words(figures)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if account.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
