"""`manage.py provider`: the provider alone, on a site of its own, with its timer loop."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from project.provider.conf import conf
from project.provider.deliveries import Timers


class Command(BaseCommand):
    """Serves `project.provider.site_urls` until SIGTERM or Ctrl-C."""

    help = "Run the simulated payment provider alone (its tables must be migrated)."
    # They would load the addresses of the shop, which this site does not serve.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The address to listen on, and what differs from settings.PROVIDER."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--base-url", help="public base, default http://HOST:PORT/provider")
        parser.add_argument("--webhook-url", help="where events go, default as in the settings")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Serve. Raises CommandError when the address is taken."""
        self._configure(options["base_url"] or f"http://{host}:{port}/provider", options)
        try:
            server = ThreadedWSGIServer((host, port), WSGIRequestHandler)
        except OSError as problem:
            raise CommandError(f"Cannot listen on {host}:{port}: {problem.strerror}.") from problem
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        self.stdout.write(f"Provider at {conf().base_url}, webhooks to {conf().webhook_url}")
        self._serve(server)

    def _configure(self, base_url: str, options: dict[str, Any]) -> None:
        """This process is the provider's site: its addresses, its public base."""
        provider = {**settings.PROVIDER, "BASE_URL": base_url}
        if options["webhook_url"]:
            provider["WEBHOOK_URL"] = options["webhook_url"]
        own = {"PROVIDER": provider, "ROOT_URLCONF": "project.provider.site_urls"}
        for name, value in own.items():
            setattr(settings, name, value)

    def _serve(self, server: ThreadedWSGIServer) -> None:
        """Requests here, timers beside; both end together."""

        def end(number: int, frame: FrameType | None) -> None:
            # shutdown() waits for serve_forever(), which runs in the very thread of this handler.
            threading.Thread(target=server.shutdown).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        timers = Timers()
        timers.start()
        try:
            server.serve_forever(poll_interval=0.1)
        finally:
            timers.stop()
            server.server_close()
