"""`manage.py checkout flow | explain ID | doctor | …`: what staff asks at the command line."""

from __future__ import annotations

from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError

from checkout.adapters.inbound.cli import doctor, explain, flow, rebuild, resume
from checkout.domain.exceptions import StorageUnavailable
from checkout.testing.proof import prove


class Task(Protocol):
    """What a subcommand is made of: a module with its help, its arguments and its run.

    `run` writes to `out`, and raises CommandError or SystemExit when all is not well.
    """

    HELP: str

    def arguments(self, parser: CommandParser) -> None:
        """Add the arguments of the subcommand."""

    def run(self, options: dict[str, Any], out: OutputWrapper) -> None:
        """Do it."""


TASKS: dict[str, Task] = {
    "flow": flow,
    "explain": explain,
    "doctor": doctor,
    "rebuild": rebuild,
    "resume": resume,
    "prove": prove,
}


class Command(BaseCommand):
    """Exit code 0 when all is well, 1 when something was found or is unknown."""

    help = "Look after checkouts. `manage.py checkout TASK --help` says more about each task."

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand each."""
        tasks = parser.add_subparsers(dest="task", required=True, metavar="|".join(TASKS))
        for name, task in TASKS.items():
            task.arguments(tasks.add_parser(name, help=task.HELP))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one that was asked for."""
        try:
            TASKS[options["task"]].run(options, self.stdout)
        except (StorageUnavailable, DatabaseError) as error:
            raise CommandError(f"The database cannot be read: {error}") from error
