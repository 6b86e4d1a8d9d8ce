"""A proxy in front of PostgreSQL that counts what passes: round trips, statements, transactions.

It changes nothing. A round trip is an answer that a client has waited for: bytes of the server that
follow bytes of the client. Statements and ends of transactions are read from the server's answers.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536
COMMAND_COMPLETE, READY, EMPTY = b"C", b"Z", b"I"
HEADER = struct.Struct("!ci")


class Answers:
    """Reads the server's side of one connection and counts; can be given any pieces of it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self._rest = b""
        self._logged_in = False
        self._asked = False

    def asked(self, data: bytes) -> None:
        """The client sent something."""
        self.counts["bytes_sent"] += len(data)
        self._asked = True

    def answered(self, data: bytes) -> None:
        """The server sent something."""
        self.counts["bytes_received"] += len(data)
        if self._asked:
            self._asked = False
            self.counts["round_trips" if self._logged_in else "login_round_trips"] += 1
        if not (self._logged_in or self._rest) and data in (b"N", b"S"):
            return  # the answer to "may we encrypt?" is no message
        self._rest += data
        self._read_messages()

    def _read_messages(self) -> None:
        while len(self._rest) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._rest)
            if len(self._rest) < length + 1:
                return
            self._message(kind, self._rest[HEADER.size : length + 1])
            self._rest = self._rest[length + 1 :]

    def _message(self, kind: bytes, body: bytes) -> None:
        if kind == READY and not self._logged_in:
            self._logged_in = True
            self.counts["connections"] += 1
        elif kind == READY:
            self.counts["transactions"] += body == b"I"
        elif kind in (COMMAND_COMPLETE, EMPTY):
            self.counts["statements"] += 1
            self.kinds[body.split(b"\0")[0].split(b" ")[0].decode()] += 1


class CountingProxy:
    """Listens on a free port while the block lasts; `url` is the given one with that port."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        user = parts.netloc.rpartition("@")[0]
        port = self._listener.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
        self._open: list[Answers] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in [self._listener, *self._sockets]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def counts(self) -> dict[str, float]:
        """The sum over all connections so far; kinds of statements as `kind:INSERT`."""
        total: Counter[str] = Counter()
        for answers in list(self._open):
            total.update(answers.counts)
            total.update({f"kind:{kind}": n for kind, n in list(answers.kinds.items())})
        return dict(total)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += [client, server]
                answers = Answers()
                self._open.append(answers)
                for pair in ((client, server, answers.asked), (server, client, answers.answered)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, note: object) -> None:
        assert callable(note)
        with suppress(OSError):
            while data := source.recv(CHUNK):
                note(data)
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
