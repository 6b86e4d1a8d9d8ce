"""`python -m tests.stateful [--examples 100] [--bug WORDS]`: which seeded bugs random stories find.

The bugs are those of `tests.mutants`. Random stories are the complement of the enumeration, which
finds all of them: this says how much the random search would find alone.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutants.catalogue import Mutant


def say(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def found(mutant: Mutant, examples: int) -> str:
    """What broke with this bug; nothing when nothing did."""
    from hypothesis import settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.stateful import conftest
    from tests.stateful.machine import Checkouts

    for remote in (True, False):
        kind = {"seed": staticmethod(mutant.seed), "remote": remote}
        machine = type("Seeded", (Checkouts,), kind)
        bounded = settings(settings.get_profile(conftest.BOUNDED), max_examples=examples)
        try:
            run_state_machine_as_test(machine, settings=bounded)
        except Exception as broken:
            return f"{type(broken).__name__}: {broken}".split("\n", 1)[0]
    return ""


def main() -> int:
    """Try them all, and sum up in one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.stateful", description=__doc__)
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--bug", default="", help="only bugs whose name holds this")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from checkout.testing.proof.prove import own_database
    from tests.mutants.catalogue import MUTANTS

    began, how = time.monotonic(), {}
    with own_database():
        for mutant in MUTANTS:
            if options.bug in mutant.name:
                how[mutant.name] = found(mutant, options.examples)
                say(f"{mutant.name}: {how[mutant.name] or 'not found'}")
    missed = [name for name, broken in how.items() if not broken]
    counts = {"mutants": len(how), "caught": len(how) - len(missed), "missed": missed}
    say(json.dumps({**counts, "seconds": round(time.monotonic() - began, 1)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
