"""What the push needs: very many finished checkouts with tokens, and the two servers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.bench.measuring.copies import copies
from tests.bench.saga.contender import ROOT
from tests.bench.saga.ours import SETTINGS, Ours
from tests.ports import free_port

READY_SECONDS = 60.0
TOKENS = (
    "UPDATE checkout_checkoutsession"
    " SET token_hash = encode(sha256(('token-' || id)::bytea), 'hex') WHERE id = ANY(%s)"
)


class NotStarted(Exception):
    """A server did not come up; says what it wrote."""


def open_pages(ours: Ours, count: int) -> dict[str, str]:
    """So many checkouts, all like one that really went through; their tokens by id."""
    (one,) = ours.load(1)
    ours.by_hand([one], ours.url)
    ids = copies(ours.connection, one, count, rows=1)
    ours.connection.execute(TOKENS, [ids])
    return {checkout: f"token-{checkout}" for checkout in ids}


@contextmanager
def server(form: str, ours: Ours, log: Path) -> Iterator[tuple[int, int]]:
    """A web process: ours on daphne, or the bare one; its pid and port."""
    port = free_port()
    words = {
        "ours": ["project.server", "-b", "127.0.0.1", "-p", str(port), "-v", "0"],
        "bare": ["tests.bench.push.bare_server", str(port)],
    }[form]
    application = ["project.asgi:application"] if form == "ours" else []
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *words, *application],
            cwd=ROOT,
            env={**environment(ours), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        _wait(process, port, log)
        yield process.pid, port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(ours: Ours) -> dict[str, str]:
    """What every process of this benchmark is told."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "DATABASE_URL": ours.url,
        "REDIS_URL": ours.redis,
    }


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/healthz/live", timeout=2)
            return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise NotStarted(log.read_text(errors="replace")[-2000:])
