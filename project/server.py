"""Daphne that drains: on SIGTERM requests finish, and sockets are told to come back.

`python -m project.server -b HOST -p PORT project.asgi:application` runs a web process of the
production form; the options are daphne's own.
"""

from __future__ import annotations

import asyncio
import gc
import math
import os
import time
from collections.abc import Sequence
from typing import Any

import daphne.server
import django
from autobahn.twisted.websocket import WebSocketServerProtocol
from daphne.cli import CommandLineInterface
from daphne.http_protocol import WebRequest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, SystemCheckError
from twisted.internet import defer
from twisted.internet import reactor as chosen_reactor

reactor: Any = chosen_reactor

SERVICE_RESTART = 1012  # the close code on which htmx connects again by itself
DRAIN_SECONDS = 10.0
GOODBYE_SECONDS = 2.0
LOOK_SECONDS = 0.05
CHECK_SECONDS, CHECKED_AT_ONCE = 2.0, 40


class DrainingServer(daphne.server.Server):
    """Daphne's server with another end, in this order:

    health turns red, and for DRAIN_NOTICE_SECONDS everything is served as ever, so that a proxy
    looks elsewhere; nothing new is accepted; sockets are told to come back; requests finish.
    Daphne itself cancels everything at once, which cuts off running requests.
    """

    connections: dict[Any, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ports: list[Any] = []
        self._unchecked: list[Any] = []
        self._pause = CHECK_SECONDS
        self._ended: set[Any] = set()

    def run(self) -> None:
        """Serve, until told to end.

        What is loaded by now stays, so the search for garbage, during which nothing is served, need
        not go through it each time.
        """
        gc.collect()
        gc.freeze()
        super().run()

    def listen_success(self, port: Any) -> None:
        """Daphne lets go of the port here; we need it to stop listening."""
        super().listen_success(port)
        self._ports.append(port)

    def protocol_connected(self, protocol: Any) -> None:
        """A socket has been a request first.

        The transport would keep that request, as the producer of its answer, as long as the socket
        lives: some kilobytes for each.
        """
        super().protocol_connected(protocol)
        if isinstance(protocol, WebSocketServerProtocol):
            transport: Any = protocol.transport
            transport.unregisterProducer()

    def timeout_checker(self) -> None:
        """Look at each open connection every two seconds, a few at a time: some are to be pinged.

        Daphne looks at all at once, and pings hundreds together of those that were opened together:
        with thousands of sockets nothing else is done for a tenth of a second.
        """
        if not self._unchecked:
            self._unchecked = list(self.connections)
            self._pause = CHECK_SECONDS / max(math.ceil(len(self._unchecked) / CHECKED_AT_ONCE), 1)
        for protocol in self._unchecked[-CHECKED_AT_ONCE:]:
            if protocol in self.connections:
                protocol.check_timeouts()
        del self._unchecked[-CHECKED_AT_ONCE:]
        reactor.callLater(self._pause, self.timeout_checker)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Note when it has ended."""
        queue = super().create_application(protocol, scope)
        if queue is not None:
            application = self.connections[protocol]["application_instance"]
            application.add_done_callback(lambda _: self._ended.add(protocol))
        return queue

    def protocol_disconnected(self, protocol: Any) -> None:
        """Note that there is something to clear up."""
        super().protocol_disconnected(protocol)
        self._ended.add(protocol)

    def application_checker(self) -> None:
        """Clear up, once a second, after connections and applications that have ended.

        Daphne looks at all others too: with thousands of sockets nothing else is done meanwhile.
        """
        everybody = self.connections
        self._ended = {protocol for protocol in self._ended if protocol in everybody}
        self.connections = {protocol: everybody[protocol] for protocol in self._ended}
        try:
            super().application_checker()
        finally:
            for protocol in self._ended.difference(self.connections):
                del everybody[protocol]
            # One may have begun when another was told of its error.
            everybody.update(self.connections)
            self._ended = set(self.connections)
            self.connections = everybody

    def kill_all_applications(self) -> Any:
        """Called by Twisted before it shuts down; a Deferred that fires when all have ended."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        from checkout.adapters.inbound.health import DRAINING  # needs the apps, which come later

        DRAINING.set()
        await asyncio.sleep(settings.DRAIN_NOTICE_SECONDS)
        for port in self._ports:
            await defer.maybeDeferred(port.stopListening).asFuture(asyncio.get_running_loop())
        ended = self._send_sockets_away() + await self._let_requests_finish()
        if ended:
            await asyncio.wait(ended, timeout=GOODBYE_SECONDS)
        await self._until_everything_is_sent()

    def _send_sockets_away(self) -> list[Any]:
        sockets = self._under_way(WebSocketServerProtocol)
        for protocol, task in sockets:
            if protocol.state == protocol.STATE_OPEN:
                protocol.sendCloseFrame(code=SERVICE_RESTART)
            task.cancel()
        return [task for _, task in sockets]

    async def _let_requests_finish(self) -> list[Any]:
        """Also those that come meanwhile on connections that are open; late ones are cancelled."""
        until = time.monotonic() + DRAIN_SECONDS
        while requests := [task for _, task in self._under_way(WebRequest)]:
            _, late = await asyncio.wait(requests, timeout=max(0.0, until - time.monotonic()))
            if late:
                for task in late:
                    task.cancel()
                return list(late)
        return []

    def _under_way(self, kind: type) -> list[tuple[Any, Any]]:
        """Open connections of a kind, each with the task of its application."""
        open_ones = list(self.connections.items())
        found = [(protocol, details.get("application_instance")) for protocol, details in open_ones]
        return [
            (protocol, task)
            for protocol, task in found
            if isinstance(protocol, kind) and task is not None and not task.done()
        ]

    async def _until_everything_is_sent(self) -> None:
        """An answer is finished before its last bytes have left."""
        until = time.monotonic() + GOODBYE_SECONDS
        while reactor.getWriters() and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)


def check_settings() -> None:
    """Run the system checks, as every management command does. Raises SystemExit with the sentences."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    try:
        django.setup(set_prefix=False)
        BaseCommand().check()
    except (ImproperlyConfigured, SystemCheckError) as refusal:
        raise SystemExit(str(refusal)) from refusal


class CommandLine(CommandLineInterface):
    """The `daphne` command with the draining server, for settings that are safe to serve with."""

    server_class = DrainingServer

    def run(self, args: Sequence[str]) -> None:
        """Check, then serve."""
        check_settings()
        super().run(args)


if __name__ == "__main__":
    CommandLine.entrypoint()
