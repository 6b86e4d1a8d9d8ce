"""Very many WebSocket clients in one process: just enough of the protocol, and when frames came."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

VERSION = re.compile(rb'data-version="(\d+)"')
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MASKED = 0x80
OPEN_SECONDS = 60.0


class Frame(NamedTuple):
    """A version of a checkout, and when it came (seconds since the epoch)."""

    version: int
    at: float
    size: int


class Socket(asyncio.Protocol):
    """One open page. Notes every frame under its name and answers pings."""

    def __init__(self, name: str, request: bytes, heard: Callable[[str, Frame], None]) -> None:
        self._name = name
        self._request = request
        self._heard = heard
        self._rest = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """The answer to the upgrade first, then frames."""
        self._rest += data
        if not self.opened.done():
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.opened.set_exception(ConnectionError(head.decode(errors="replace")))
                return
            self.opened.set_result(None)
            self._rest = rest
        while self._frame():
            pass

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits for the upgrade learns of it."""
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("The server hung up."))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _frame(self) -> bool:
        """Take one whole frame; the server's are not masked. False when there is none yet."""
        rest = self._rest
        if len(rest) < 2:
            return False
        kind, length, begin = rest[0] & 0x0F, rest[1], 2
        if length == 126:
            length, begin = int.from_bytes(rest[2:4], "big"), 4
        elif length == 127:
            length, begin = int.from_bytes(rest[2:10], "big"), 10
        if len(rest) < begin + length:
            return False
        payload, self._rest = rest[begin : begin + length], rest[begin + length :]
        if kind == TEXT and (found := VERSION.search(payload)):
            self._heard(self._name, Frame(int(found[1]), time.time(), length))
        elif kind == PING and self._transport is not None:
            head = bytes([MASKED | PONG, MASKED | length])
            self._transport.write(head + bytes(4) + payload)  # masked with zeros
        return True


class Pages:
    """All open pages of a level, and the frames that each has got."""

    def __init__(self, on_frame: Callable[[], None] = lambda: None) -> None:
        self.frames: dict[str, list[Frame]] = {}
        self.on_frame = on_frame
        self._sockets: list[Socket] = []

    async def open(self, port: int, tokens: Mapping[str, str], at_once: int) -> None:
        """One page for each checkout, with its token. Raises ConnectionError."""
        room = asyncio.Semaphore(at_once)
        loop = asyncio.get_running_loop()

        async def one(checkout: str, token: str) -> None:
            async with room:
                request = _request(port, checkout, token)
                socket = Socket(checkout, request, self._heard)
                self._sockets.append(socket)
                await loop.create_connection(lambda: socket, "127.0.0.1", port)
                await asyncio.wait_for(socket.opened, OPEN_SECONDS)

        await asyncio.gather(*(one(*pair) for pair in tokens.items()))

    def close(self) -> None:
        """All of them."""
        for socket in self._sockets:
            socket.close()

    def came(self, checkout: str, version: int) -> float | None:
        """When this version or a newer one came; None when it has not."""
        return next((f.at for f in self.frames.get(checkout, ()) if f.version >= version), None)

    async def until(self, wanted: Sequence[tuple[str, int]], seconds: float) -> int:
        """Wait for these versions, at most so long; how many are missing still."""
        until = time.monotonic() + seconds
        missing = list(wanted)
        while missing and time.monotonic() < until:
            await asyncio.sleep(0.02)
            missing = [one for one in missing if self.came(*one) is None]
        return len(missing)

    def _heard(self, checkout: str, frame: Frame) -> None:
        self.frames.setdefault(checkout, []).append(frame)
        self.on_frame()


def _request(port: int, checkout: str, token: str) -> bytes:
    lines = (
        f"GET /ws/checkouts/{checkout}/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
