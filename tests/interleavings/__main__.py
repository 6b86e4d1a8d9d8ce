"""The whole search: every pair, every schedule with at most so many pre-emptions.

    python -m tests.interleavings [--preemptions 3] [--most 2000] [--pair WORDS] [--json]

Starts a PostgreSQL server of its own unless CHECKOUT_TEST_DATABASE names one, and works on a test
database in it. The last line of `--json` is one object with the counts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tests.services import postgresql


def say(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def database() -> Iterator[None]:
    """Django on a test database of a private server."""
    import django
    from django.conf import settings
    from django.test.utils import get_runner

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    runner: Any = get_runner(settings)(verbosity=0, interactive=False)
    made = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(made)


def search(options: argparse.Namespace) -> dict[str, Any]:
    """Explore, say what was found for each pair, and return the sums."""
    from tests.interleavings.exploring import Explorer
    from tests.interleavings.pairs import PAIRS
    from tests.interleavings.schedules import Stage

    began, kinds = time.monotonic(), Counter[str]()
    violations: list[str] = []
    with Stage(2) as stage:
        for pair in PAIRS:
            if options.pair not in pair.label:
                continue
            found = Explorer(stage).explore(pair, options.preemptions, options.most)
            kinds[pair.kind] += len(found.schedules)
            violations += found.violations
            schedules, ends = len(found.schedules), len(found.futures)
            say(f"{pair.label:36} {schedules:6} schedules {ends:4} ends {found.seconds:7.1f} s")
            for violation in found.violations:
                say(f"    {violation}")
    seconds = round(time.monotonic() - began, 1)
    counts = {"schedules": sum(kinds.values()), "violations": len(violations)}
    return {**counts, "pairs": dict(kinds), "seconds": seconds}


def main(words: list[str]) -> int:
    """Do what the command line says; 0 when nothing was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.interleavings")
    parser.add_argument("--preemptions", type=int, default=2)
    parser.add_argument("--most", type=int, default=2000, help="schedules of one pair")
    parser.add_argument("--pair", default="", help="only pairs whose name holds this")
    parser.add_argument("--json", action="store_true", help="the counts as JSON in the last line")
    options = parser.parse_args(words)
    signal.signal(signal.SIGTERM, _leave)  # so that the server goes when we are told to go
    if "CHECKOUT_TEST_DATABASE" not in os.environ:
        with postgresql() as url:
            os.environ["CHECKOUT_TEST_DATABASE"] = url
            return _searched(options)
    return _searched(options)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _searched(options: argparse.Namespace) -> int:
    with database():
        found = search(options)
    say(json.dumps(found) if options.json else f"{found}")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
