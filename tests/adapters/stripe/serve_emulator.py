"""Serves the emulator to this machine alone, on a free port that it prints, and keeps nothing.

Run by the emulator's own Python, never imported by a test: its command listens to the whole network
and loads a pickle from a place where anybody can put one. It ends with whoever holds its input.
"""

import os
import socket
import sys
import threading

from aiohttp import web
from localstripe import resources, server


def end_with_the_parent() -> None:
    """Wait until the other end of our input is gone, however it went."""
    sys.stdin.read()
    os._exit(0)


resources.Store.dump_to_disk = lambda self: None
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=end_with_the_parent, daemon=True).start()
sys.stdout.write(f"{listener.getsockname()[1]}\n")
sys.stdout.flush()
web.run_app(server.app, sock=listener, print=lambda line: None)
