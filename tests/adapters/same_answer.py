"""A server that is no payment provider: it gives the same answer to everything, perhaps too late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class SameAnswer:
    """`status`, `headers` and `body` are the answer; it is given while `hurry` is set.

    `given` is how many have been answered.
    """

    def __init__(self) -> None:
        self.status, self.body, self.hurry = 200, b"{}", threading.Event()
        self.headers: dict[str, str] = {}
        self.given = 0
        self.hurry.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.hurry.wait()
                outer.given += 1
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *args: Any, **named: Any) -> None:
                """Nothing on stderr."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def same_answer() -> Iterator[SameAnswer]:
    """One that runs for the length of the block."""
    answering = SameAnswer()
    thread = threading.Thread(target=answering.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield answering
    finally:
        answering.hurry.set()
        answering.server.shutdown()
        thread.join()
        answering.server.server_close()
