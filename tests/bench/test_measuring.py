"""What the figures rest on: ratios within rounds, and a proxy that counts and changes nothing."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from tests.bench.measuring.figures import difference, percentile, ratio, rotated, slope, table
from tests.bench.measuring.proxy import Answers, CountingProxy
from tests.bench.saga.plain import baskets, body
from tests.bench.saga.profile import named, shares


def said(kind: bytes, text: bytes = b"") -> bytes:
    """A message of PostgreSQL's protocol."""
    return kind + struct.pack("!i", len(text) + 4) + text


READY, IN_TRANSACTION = said(b"Z", b"I"), said(b"Z", b"T")


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_all_values() -> None:
    rounds = [
        {"a": 1.0, "raw": 2.0},
        {"a": 10.0, "raw": 10.0},
        {"a": 90.0, "raw": 30.0},
        {"a": 5.0},
    ]
    assert ratio(rounds, "a", "raw") == 1.0
    assert ratio(rounds, "nobody", "raw") == 0.0
    assert ratio([{"a": 1.0, "raw": 0.0}], "a", "raw") == 0.0


def test_figures() -> None:
    assert percentile(range(1, 101), 0.99) == 100
    assert percentile([], 0.5) == 0.0
    assert rotated(["a", "b", "c"], 4) == ["b", "c", "a"]
    assert difference({"a": 5, "b": 1}, {"a": 3}) == {"a": 2, "b": 1}
    assert slope([(0, 10.0), (1, 12.0), (2, 14.0)]) == 2.0
    assert slope([(1, 10.0)]) == 0.0
    assert table([{"x": 0.5, "y": 1200}], ["x", "y"]).splitlines()[-1] == "| 0.500 | 1,200 |"


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_answers_are_counted_in_whatever_pieces_they_come(piece: int) -> None:
    answers = Answers()
    answers.asked(b"may we encrypt?")
    answers.answered(b"N")
    for asked, answered in (
        (b"hello", said(b"R", b"password") + READY),
        (b"BEGIN", said(b"C", b"BEGIN\0") + IN_TRANSACTION),
        (b"INSERT", said(b"T", b"row") + said(b"C", b"INSERT 0 1\0") + IN_TRANSACTION),
        (b"COMMIT", said(b"C", b"COMMIT\0") + READY),
    ):
        answers.asked(asked)
        for at in range(0, len(answered), piece):
            answers.answered(answered[at : at + piece])
    counts = answers.counts
    assert (counts["login_round_trips"], counts["connections"]) == (2, 1)
    assert (counts["round_trips"], counts["statements"], counts["transactions"]) == (3, 3, 1)
    assert answers.kinds == {"BEGIN": 1, "INSERT": 1, "COMMIT": 1}


def test_what_is_sent_in_one_go_is_one_round_trip() -> None:
    answers = Answers()
    answers.asked(b"hello")
    answers.answered(READY)
    answers.asked(b"BEGIN; INSERT; COMMIT")
    for word in (b"BEGIN\0", b"INSERT 0 1\0", b"COMMIT\0"):
        answers.answered(said(b"C", word))
    answers.answered(READY)
    answers.asked(b"good bye")
    assert (answers.counts["round_trips"], answers.counts["statements"]) == (1, 3)


@pytest.fixture
def server() -> Iterator[int]:
    """A server that says it is ready to whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                while client.recv(100):
                    client.sendall(READY)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def test_the_proxy_passes_everything_on(server: int) -> None:
    url = f"postgresql://me:secret@127.0.0.1:{server}/shop"
    with CountingProxy(url) as proxy:
        assert proxy.url.startswith("postgresql://me:secret@127.0.0.1:")
        assert proxy.url.endswith("/shop")
        assert proxy.url != url
        port = int(proxy.url.rpartition(":")[2].removesuffix("/shop"))
        with socket.create_connection(("127.0.0.1", port)) as client:
            for _ in range(3):
                client.sendall(b"?")
                assert client.recv(100) == READY
        counts = proxy.counts()
    assert (counts["login_round_trips"], counts["round_trips"]) == (1, 2)
    assert (counts["bytes_sent"], counts["bytes_received"]) == (3, 3 * len(READY))


def test_everybody_buys_the_same() -> None:
    assert baskets(5, seed=7) == baskets(5, seed=7) != baskets(5, seed=8)
    assert '"status": "done"' in body("cart_frozen")


def test_statements_and_stacks_are_summed() -> None:
    assert (
        named('UPDATE "checkout_checkoutsession" SET "x" = %s') == "UPDATE checkout_checkoutsession"
    )
    assert named('RELEASE SAVEPOINT "s1"') == "RELEASE"
    rows = {row["function"]: row for row in shares("a (x.py:1);b (y.py:2) 3\na (x.py:9) 1\n")}
    assert rows["a (x.py"]["with callees %"] == 100
    assert rows["a (x.py"]["itself %"] == 25
    assert rows["b (y.py"]["itself %"] == 75
