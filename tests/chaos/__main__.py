"""Chaos with real processes, and what the books say afterwards.

    python -m tests.chaos --minutes 10 --checkouts 2000 --kills 200 --json

Starts private PostgreSQL and Redis servers, two web processes, three workers and the provider.
Shoppers buy; meanwhile processes are killed and frozen, Redis loses everything, PostgreSQL is
stopped at once, the provider fails. Then faults end, everything comes to rest, and all books are
compared. Exit code 1 when anything was violated; the logs are kept then. `--embedded`: one process.
"""

from __future__ import annotations

from contextlib import ExitStack

from tests.chaos.campaign import Campaign, Outcome, Plan
from tests.chaos.command import arguments, end_well, plan_of, say, tell
from tests.chaos.estates import Estate, Household
from tests.chaos.servers import Place, postgres, redis


def run(plan: Plan, embedded: bool) -> Outcome:
    """Start everything, run the plan, end everything."""
    with ExitStack() as running:
        estate: Household | Estate
        if embedded:
            estate = Household(plan.window)
        else:
            database = running.enter_context(postgres(Place()))
            estate = Estate(database, running.enter_context(redis(Place())), plan.window)
        running.enter_context(estate)
        say(f"Seed {plan.seed}. Everything is up: {', '.join(estate.processes)}.")
        return Campaign(estate, plan, say).run()


def main() -> int:
    """Read the command line, run, tell."""
    parser = arguments("python -m tests.chaos", __doc__ or "")
    parser.add_argument("--embedded", action="store_true", help="one process on SQLite")
    said = parser.parse_args()
    end_well()
    return tell(run(plan_of(said), said.embedded), said.json)


if __name__ == "__main__":
    raise SystemExit(main())
