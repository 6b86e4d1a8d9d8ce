"""`manage.py checkout flow | explain ID | doctor`: what staff asks at the command line."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from checkout.adapters.inbound.cli import flow
from checkout.adapters.inbound.cli.doctor import MOST, chosen_audits, examine
from checkout.adapters.inbound.cli.explain import explained
from checkout.domain.exceptions import StorageUnavailable


class Command(BaseCommand):
    """Exit code 0 when all is well, 1 when something was found or is unknown."""

    help = "Look at the flow (flow), at one checkout (explain) or at all of them (doctor)."

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand each."""
        tasks = parser.add_subparsers(dest="task", required=True, metavar="flow|explain|doctor")
        table = tasks.add_parser("flow", help="Print the flow table and its diagram.")
        choice = table.add_mutually_exclusive_group()
        choice.add_argument("--check", action="store_true", help="Fail when the documents differ.")
        choice.add_argument("--write", action="store_true", help="Write the documents.")
        one = tasks.add_parser("explain", help="Say where a checkout is and why it waits.")
        one.add_argument("id", help="The id of the checkout.")
        everything = tasks.add_parser("doctor", help="List broken invariants and overdue rows.")
        everything.add_argument("--json", action="store_true", help="One JSON document.")
        everything.add_argument(
            "--all", action="store_true", help=f"All checkouts, not the last {MOST:,}."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one that was asked for."""
        tasks = {"flow": self._flow, "explain": self._explain, "doctor": self._doctor}
        try:
            tasks[options["task"]](options)
        except (StorageUnavailable, DatabaseError) as error:
            raise CommandError(f"The database cannot be read: {error}") from error

    def _flow(self, options: dict[str, Any]) -> None:
        if options["write"]:
            self.stdout.write("\n".join(flow.write()) or "Nothing changed.")
        elif options["check"]:
            differing = flow.differing()
            if differing:
                raise CommandError("\n".join(differing))
            self.stdout.write("The documents say what the flow table says.")
        else:
            self.stdout.write(flow.shown())

    def _explain(self, options: dict[str, Any]) -> None:
        try:
            sentences = explained(options["id"])
        except LookupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(sentences))

    def _doctor(self, options: dict[str, Any]) -> None:
        report = examine(chosen_audits(), everything=options["all"])
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json(), indent=2))
        else:
            self.stdout.write(report.in_words())
        if report.broken:
            raise SystemExit(1)
