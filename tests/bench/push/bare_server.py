"""The bare server: `websockets`, one Redis subscription, and a table of open sockets. Nothing else."""

from __future__ import annotations

import asyncio
import os
import sys

import redis.asyncio
from websockets.asyncio.server import ServerConnection, serve

CHANNEL = "bare"


async def main(port: int) -> None:
    """Serve until the process is ended; a message is `checkout fragment`."""
    pages: dict[str, ServerConnection] = {}

    async def page(connection: ServerConnection) -> None:
        assert connection.request is not None
        checkout = connection.request.path.split("/")[3]
        pages[checkout] = connection
        try:
            await connection.wait_closed()
        finally:
            pages.pop(checkout, None)

    heard = redis.asyncio.from_url(os.environ["REDIS_URL"]).pubsub()
    await heard.subscribe(CHANNEL)
    async with serve(page, "127.0.0.1", port, compression=None):
        async for message in heard.listen():
            if message["type"] != "message":
                continue
            checkout, _, fragment = message["data"].partition(b" ")
            if (connection := pages.get(checkout.decode())) is not None:
                await connection.send(fragment.decode())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
