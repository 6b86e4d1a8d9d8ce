"""`manage.py checkout_worker_health`: is the worker of this host, or of this container, at work?"""

from __future__ import annotations

import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable

SECONDS = 15.0


class Command(BaseCommand):
    """Exit code 0 when it is, 1 when it is not or when the database cannot be asked."""

    help = "Say whether a sweep of this host went round lately; for the healthcheck of a worker."
    requires_system_checks: list[str] = []  # the worker itself has passed them

    def add_arguments(self, parser: CommandParser) -> None:
        """How long ago is lately."""
        parser.add_argument("--seconds", type=float, default=SECONDS)

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        """Ask the heartbeats that this host's workers have written."""
        host = socket.gethostname()
        try:
            workers = services().queries.sweeping(seconds, host)
        except StorageUnavailable as error:
            raise CommandError(f"The database does not answer: {error}") from error
        if not workers:
            raise CommandError(f"No sweep of {host} went round in the last {seconds:g} s.")
        self.stdout.write(f"{workers} on {host}")
