"""Commands over kept connections: each arrives once, whatever has happened to a connection."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Barrier
from types import SimpleNamespace

import pytest
import redis

from checkout.adapters.outbound.messaging import kept_connections
from checkout.adapters.outbound.messaging.kept_connections import KeptConnections
from tests import patience
from tests.patience import eventually

SECONDS = 0.2
THREADS = 4


class Caller(StreamRequestHandler):
    """One connection: notes what it is told, and says yes; to some it says no, or nothing."""

    server: Told

    def handle(self) -> None:
        """Until the other side hangs up."""
        self.server.connections.append(self.connection)
        while head := self.rfile.readline():
            words = [self._word() for _ in range(int(head[1:]))]
            if words[0] != "CLIENT":  # who is calling
                self.server.told.append(words[1])
            if words[1] != "silence":
                self.wfile.write(b"-ERR no\r\n" if words[1] == "refuse" else b"+OK\r\n")

    def _word(self) -> str:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2].decode()


class Told(ThreadingTCPServer):
    """A server that speaks just enough of Redis' language."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Caller)
        self.connections: list[socket.socket] = []
        self.told: list[str] = []
        self.url = f"redis://127.0.0.1:{self.server_address[1]}/0?protocol=2"

    def hears(self, *words: str) -> bool:
        """Whether it was told these, in any order, and nothing else; waits for them."""
        eventually(lambda: len(self.told) >= len(words))
        return Counter(self.told) == Counter(words)


@pytest.fixture
def server() -> Iterator[Told]:
    """It answers until the test ends."""
    with Told() as made, ThreadPoolExecutor(1) as thread:
        thread.submit(made.serve_forever, 0.01)
        yield made
        made.shutdown()


@pytest.fixture
def kept(server: Told) -> KeptConnections:
    """Connections to it, as patient as the machine needs."""
    return KeptConnections(server.url, patience.SECONDS)


def from_threads(kept: KeptConnections, each: int) -> list[str]:
    """Threads tell so much each, at the same time; what they said."""
    together = Barrier(THREADS)

    def tells(thread: int) -> list[str]:
        together.wait(patience.SECONDS)
        words = [f"{thread} {number}" for number in range(each)]
        for word in words:
            kept.tell("SAY", word)
        return words

    with ThreadPoolExecutor(THREADS) as threads:
        return [word for words in threads.map(tells, range(THREADS)) for word in words]


def test_one_connection_is_kept(server: Told, kept: KeptConnections) -> None:
    for word in "abc":
        kept.tell("SAY", word)
    assert server.hears(*"abc")
    assert len(server.connections) == 1


def test_threads_do_not_share_a_connection_at_a_time(server: Told, kept: KeptConnections) -> None:
    assert server.hears(*from_threads(kept, 50))
    assert 1 <= len(server.connections) <= THREADS


def test_what_was_closed_meanwhile_is_opened_anew(server: Told, kept: KeptConnections) -> None:
    words = from_threads(kept, 1)
    assert server.hears(*words)
    closed = list(server.connections)
    for connection in closed:
        connection.shutdown(socket.SHUT_RDWR)
    for word in "ab":
        kept.tell("SAY", word)
    assert server.hears(*words, *"ab")
    assert len(server.connections) == len(closed) + 1, "the others, as old, are let go"


def test_a_refusal_is_told_one_command_late(server: Told, kept: KeptConnections) -> None:
    kept.tell("SAY", "refuse")
    with pytest.raises(redis.ResponseError, match="no"):
        kept.tell("SAY", "not sent")
    kept.tell("SAY", "next")
    assert server.hears("refuse", "next")


def test_silence_is_waited_for_once(server: Told) -> None:
    impatient = KeptConnections(server.url, SECONDS)
    impatient.tell("SAY", "silence")
    with pytest.raises(redis.TimeoutError):
        impatient.tell("SAY", "not sent")
    assert len(server.connections) == 1, "whoever is silent is not called again at once"
    for word in "ab":
        impatient.tell("SAY", word)
    assert server.hears("silence", *"ab")
    assert len(server.connections) == 2


def test_a_forked_process_leaves_its_parents_connection_alone(
    server: Told, kept: KeptConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.tell("SAY", "parent")
    child = SimpleNamespace(getpid=lambda: os.getpid() + 1)
    monkeypatch.setattr(kept_connections, "os", child)
    kept.tell("SAY", "child")
    assert server.hears("parent", "child")
    assert len(server.connections) == 2


def test_connections_that_went_dead_together_cost_one_command(
    server: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptConnections(server.url, SECONDS)
    with monkeypatch.context() as each_has_one_of_its_own:
        each_has_one_of_its_own.setattr(kept, "_kept", lambda: None)
        for _ in range(THREADS):
            kept.tell("SAY", "silence")
    with pytest.raises(redis.TimeoutError):
        kept.tell("SAY", "lost")
    for word in ("first", "second"):
        kept.tell("SAY", word)
    eventually(lambda: {"first", "second"} <= set(server.told))
