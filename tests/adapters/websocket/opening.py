"""How a test opens a socket, and what it reads from one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings

from checkout import bootstrap
from checkout.adapters.inbound.access import OWNER
from checkout.adapters.outbound.messaging.progress_hints import ProgressHints
from checkout.testing.proof.world import World
from tests import patience

HOST, ORIGIN = "localhost", "http://localhost"
_ROOT = re.compile(r'<section id="checkout-progress"[^>]*data-version="(\d+)" data-state="(\w+)"')


class Socket(WebsocketCommunicator):
    """A socket whose threads close their database connections, as they do in a server.

    Channels' own communicator keeps them open, for tests inside of one transaction.
    """

    async def send_input(self, message: Any) -> None:
        """Send to the application."""
        await ApplicationCommunicator.send_input(self, message)

    async def receive_output(self, timeout: float = 1) -> Any:
        """The next answer of the application."""
        return await ApplicationCommunicator.receive_output(self, timeout)


@dataclass(frozen=True)
class Seen:
    """One message of a socket: the version and state of its fragment."""

    version: int
    state: str
    html: str


def read(html: str) -> Seen:
    """What a message shows; every message holds exactly one fragment."""
    found = _ROOT.findall(html)
    assert len(found) == 1, html
    return Seen(int(found[0][0]), found[0][1], html)


@dataclass
class Opener:
    """Opens sockets as browsers and programs do."""

    opened: list[Socket] = field(default_factory=list)

    async def ask(
        self, path: str, headers: dict[str, str], client: str = ""
    ) -> tuple[Socket, bool]:
        """Ask for a socket; whether it was accepted. `client` is an address behind our proxy."""
        from project.asgi import application

        sent = [(k.encode(), v.encode()) for k, v in {"host": HOST, **headers}.items()]
        socket = Socket(application, path, headers=sent)
        if client:
            socket.scope["client"] = ("10.0.0.1", 4711)
            socket.scope["headers"].append((b"x-forwarded-for", client.encode()))
        accepted, _ = await socket.connect(timeout=patience.SECONDS)
        if accepted:
            self.opened.append(socket)
        return socket, accepted

    async def open(self, checkout: Any, owner: str = "browser") -> Socket:
        """The owner's page opens its socket."""
        headers = {"origin": ORIGIN, "cookie": await cookie_of(owner)}
        socket, accepted = await self.ask(path_of(checkout), headers)
        assert accepted
        return socket

    async def close_all(self) -> None:
        """Close what is open still."""
        for socket in self.opened:
            with suppress(Exception, asyncio.CancelledError):
                await socket.disconnect(timeout=patience.SECONDS)


def path_of(checkout: Any) -> str:
    """The address of a checkout's socket."""
    return f"/ws/checkouts/{checkout}/"


async def cookie_of(owner: str) -> str:
    """The Cookie header of a browser whose session holds this owner id."""
    return f"{settings.SESSION_COOKIE_NAME}={await database_sync_to_async(_session)(owner)}"


def _session(owner: str) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[OWNER] = owner
    session.save()
    return str(session.session_key)


async def next_of(socket: Socket) -> Seen:
    """The next message."""
    return read(await socket.receive_from(timeout=patience.SECONDS))


async def paid(world: World) -> None:
    """The shopper pays and comes back."""

    def pay() -> None:
        world.payments.pay()
        world.order("confirm")
        world.tick()

    await do(pay)


async def until(socket: Socket, state: str) -> list[Seen]:
    """The messages up to the first that shows this state."""
    seen = [await next_of(socket)]
    while seen[-1].state != state:
        seen.append(await next_of(socket))
    return seen


async def comes(happened: Callable[[], object]) -> None:
    """Wait until it has happened, while the sockets live. Raises TimeoutError when it does not."""
    async with asyncio.timeout(patience.SECONDS):
        while not happened():
            await asyncio.sleep(patience.LOOK_SECONDS)


async def do(work: Callable[[], Any]) -> Any:
    """Run what touches the database in a thread, as a worker would."""
    return await database_sync_to_async(work)()


@contextmanager
def hinting_world() -> Iterator[World]:
    """A world whose hints go through the configured layer."""
    with World() as built:
        hints = ProgressHints(settings.REDIS_URL)
        built.services = bootstrap.build(
            built.services.ports, built.policy, built.bell, hints, built.published
        )
        bootstrap.use(built.services)
        yield built


@asynccontextmanager
async def opening() -> AsyncIterator[Opener]:
    """Opens sockets, and closes those that are left open; the layer forgets its groups."""
    made = Opener()
    yield made
    await made.close_all()
    flush = getattr(get_channel_layer(), "flush", None)
    if flush is not None:
        await flush()
