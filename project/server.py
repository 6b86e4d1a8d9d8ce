"""Daphne that drains: on SIGTERM requests finish, and sockets are told to come back.

`python -m project.server -b HOST -p PORT project.asgi:application` runs a web process of the
production form; the options are daphne's own.
"""

from __future__ import annotations

import asyncio
from typing import Any

import daphne.server
from autobahn.twisted.websocket import WebSocketServerProtocol
from daphne.cli import CommandLineInterface
from twisted.internet import defer

SERVICE_RESTART = 1012  # the close code on which htmx connects again by itself
DRAIN_SECONDS = 10.0
GOODBYE_SECONDS = 2.0


class DrainingServer(daphne.server.Server):
    """Daphne's server with another end: stop listening, let requests finish, send sockets away.

    Daphne itself cancels everything at once, which cuts off running requests.
    """

    def kill_all_applications(self) -> Any:
        """Called by Twisted before it shuts down; a Deferred that fires when all have ended."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening() if port else None)
        requests, sockets = self._under_way()
        if requests:
            _, late = await asyncio.wait(requests, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            sockets += list(late)
        if sockets:
            await asyncio.wait(sockets, timeout=GOODBYE_SECONDS)

    def _under_way(self) -> tuple[list[Any], list[Any]]:
        requests, sockets = [], []
        for protocol, details in list(self.connections.items()):
            task = details.get("application_instance")
            if task is None or task.done():
                continue
            if isinstance(protocol, WebSocketServerProtocol):
                if protocol.state == protocol.STATE_OPEN:
                    protocol.sendCloseFrame(code=SERVICE_RESTART)
                task.cancel()
                sockets.append(task)
            else:
                requests.append(task)
        return requests, sockets


class CommandLine(CommandLineInterface):
    """The `daphne` command with the draining server."""

    server_class = DrainingServer


if __name__ == "__main__":
    CommandLine.entrypoint()
