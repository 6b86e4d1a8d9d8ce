"""The embedded form: web, worker and provider in one process. `manage.py demo` runs it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.utils.module_loading import autodiscover_modules, import_string
from huey.consumer import Consumer
from huey.consumer_options import ConsumerConfig
from huey.contrib.djhuey import HUEY

from project.server import DrainingServer  # first: Daphne installs the reactor that it wants

STOP_SECONDS = 8.0


class EmbeddedConsumer(Consumer):
    """Huey's consumer without its signal handlers: the server's are the only ones."""

    def _set_signal_handlers(self) -> None:
        """Twisted keeps a SIGINT handler that it finds, and then Ctrl-C would end nothing."""


class Embedded:
    """Everything that one process runs beside the web server."""

    def __init__(self) -> None:
        autodiscover_modules("tasks")
        config = ConsumerConfig(**settings.HUEY["consumer"])
        self._consumer = EmbeddedConsumer(HUEY, **config.values)
        self._worker = threading.Thread(target=self._consumer.run, name="huey", daemon=True)
        # By name: the provider stands for a site of its own, and nothing of ours imports it.
        self._provider: Any = import_string("project.provider.deliveries.Timers")()

    def start(self) -> None:
        """Start the worker and the provider's timers."""
        self._worker.start()
        self._provider.start()

    def stop(self) -> None:
        """Let running tasks finish; what waits in the queue stays for the next start."""
        self._provider.stop()
        self._consumer.stop(graceful=True)
        self._worker.join(STOP_SECONDS)


def serve(host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. `ready` is called once the address is open."""
    from twisted.internet import reactor as chosen
    from twisted.internet import threads

    reactor: Any = chosen
    embedded = Embedded()
    server = DrainingServer(
        application=get_default_application(),
        endpoints=[f"tcp:port={port}:interface={host}"],
        signal_handlers=True,
        verbosity=0,
        ready_callable=ready,
        server_name="",
    )
    # In a thread: the last tasks still push through this very loop.
    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: threads.deferToThread(embedded.stop)
    )
    reactor.callWhenRunning(embedded.start)
    server.run()
