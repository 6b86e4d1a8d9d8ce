"""`checkout prove`: every story with a crash or a stall at every point, on a database of its own.

It never touches the configured database: each process makes one beside it (SQLite: in memory), and
takes it away again.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.queues import Queue
from queue import Empty
from typing import Any
from uuid import uuid4

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import connection

from checkout.testing.proof.exploring import Story, Telling, tellings
from checkout.testing.proof.scenarios import SCENARIOS

HELP = "Tell every story with a crash or a stall at every point, and check that nothing breaks."
EXAMPLES = 10
PATIENCE_SECONDS = 1.0


@dataclass
class Tally:
    """What came of the schedules of one story, or of all. `flagged` was asked of staff by design."""

    schedules: int = 0
    points: int = 0
    violations: int = 0
    completed: int = 0
    needs_attention: int = 0
    flagged: int = 0
    examples: list[str] = field(default_factory=list)

    def count(self, telling: Telling) -> None:
        """Take in one schedule."""
        self.schedules += 1
        self.points += len(telling.crashes) if not telling.troubles else 0
        self.violations += bool(telling.wrong)
        self.completed += telling.state == "completed"
        expected = telling.story.scenario.flag
        self.flagged += bool(telling.flag) and telling.flag == expected
        self.needs_attention += telling.flag != expected
        if telling.wrong and len(self.examples) < EXAMPLES:
            self.examples.append(telling.in_words)

    def add(self, other: Tally) -> None:
        """Take in the sum of others."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


def arguments(parser: CommandParser) -> None:
    """--depth, --scenario, --processes, --json."""
    parser.add_argument(
        "--depth", type=int, choices=(1, 2), default=1, help="How many crashes in a row."
    )
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument(
        "--scenario", action="append", choices=names, metavar="NAME", help=", ".join(names)
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="One line of JSON at the end.")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Prove it. Raises SystemExit(1) after what was found, CommandError when it cannot be tried."""
    began, total = time.monotonic(), Tally()
    chosen = options["scenario"]
    stories = [s for s in all_stories() if not chosen or s.scenario.name in chosen]
    progress = OutputWrapper(sys.stderr) if options["json"] else out
    for name, tally in told_by(stories, options["depth"], max(1, options["processes"])):
        total.add(tally)
        progress.write(f"{name}: {tally.schedules} schedules, {tally.violations} violations")
        for example in tally.examples:  # at once: who ends a long run early wants to know
            progress.write(f"  {example}")
    report = summary(total, options["depth"], len(stories), time.monotonic() - began)
    if options["json"]:
        out.write(json.dumps(report))
    else:
        out.write(in_words(report))
    if total.violations:
        raise SystemExit(1)


def all_stories() -> list[Story]:
    """Each scenario with its neighbours in our database and across the network."""
    return [Story(scenario, remote) for scenario in SCENARIOS for remote in (True, False)]


def told_by(stories: list[Story], depth: int, processes: int) -> Iterator[tuple[str, Tally]]:
    """Share the stories out among processes; each story's name and tally as they come in.

    Raises CommandError when a process ended before its work was done.
    """
    context = multiprocessing.get_context("fork")
    todo, done = context.Queue(), context.Queue()
    for number in range(len(stories)):
        todo.put(number)
    connection.close()  # nobody shares it
    workers = [
        context.Process(target=_work, args=(stories, depth, todo, done), daemon=True)
        for _ in range(min(processes, len(stories)))
    ]
    for worker in workers:
        worker.start()
    for _ in stories:
        yield _next(done, workers)
    for _ in workers:
        todo.put(None)
    for worker in workers:
        worker.join()


def _next(done: Queue[tuple[str, Tally]], workers: list[Any]) -> tuple[str, Tally]:
    while True:
        try:
            return done.get(timeout=PATIENCE_SECONDS)
        except Empty:
            if not all(worker.is_alive() for worker in workers):
                text = "A process of the proof ended too early: see above why."
                raise CommandError(text) from None


def _work(
    stories: list[Story], depth: int, todo: Queue[int | None], done: Queue[tuple[str, Tally]]
) -> None:
    logging.disable(logging.CRITICAL)  # thousands of crashes, each of them meant
    with own_database():
        while (number := todo.get()) is not None:
            tally = Tally()
            for telling in tellings(stories[number], depth):
                tally.count(telling)
            done.put((stories[number].name, tally))


@contextmanager
def own_database() -> Iterator[None]:
    """A new, empty database of the configured kind, which is gone afterwards."""
    configured = connection.settings_dict["NAME"]
    sqlite = connection.vendor == "sqlite"
    connection.settings_dict["TEST"]["NAME"] = ":memory:" if sqlite else f"prove_{uuid4().hex[:16]}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(configured, verbosity=0)


def summary(total: Tally, depth: int, stories: int, seconds: float) -> dict[str, Any]:
    """The figures, as they are printed with --json."""
    report = {
        "schedules": total.schedules,
        "violations": total.violations,
        "completed_share": round(total.completed / max(total.schedules, 1), 3),
        "needs_attention": total.needs_attention,
        "seconds": round(seconds, 1),
        "depth": depth,
        "stories": stories,
        "points": total.points,
        "flagged": total.flagged,
        "database": connection.vendor,
    }
    return report | ({"examples": total.examples[:EXAMPLES]} if total.examples else {})


def in_words(report: dict[str, Any]) -> str:
    """The last lines."""
    return (
        f"{report['schedules']} schedules of {report['stories']} stories, {report['points']} points,"
        f" depth {report['depth']}, on {report['database']}: {report['violations']} violations."
        f" {report['completed_share']:.0%} completed; {report['needs_attention']} ask for staff"
        f" unexpectedly, {report['flagged']} by design. {report['seconds']} s."
    )
