"""The channel layer of the embedded form: in memory, and safe to use from worker threads.

Channels' own in-memory layer puts a message into a queue of another thread's event loop without
waking that loop, so it is seen at the loop's next timer. Here everything happens on the loop of
the consumers, and other threads hand their messages over to it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer

_HAND_OVER_SECONDS = 5.0


class LoopBoundInMemoryChannelLayer(InMemoryChannelLayer):
    """InMemoryChannelLayer bound to the event loop that its consumers run on. One process only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._home: asyncio.AbstractEventLoop | None = None

    def publish(self, group: str, message: dict[str, Any]) -> None:
        """Hand a group message to the consumers' loop from any thread; does not wait for it."""
        if self._home is not None and self._home_is_running():
            asyncio.run_coroutine_threadsafe(super().group_send(group, message), self._home)

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A channel on the loop that asks: this is where the consumers live."""
        self._adopt()
        name: str = await super().new_channel(prefix)
        return name

    async def receive(self, channel: str) -> Any:
        """The next message of a channel."""
        self._adopt()
        return await super().receive(channel)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel, on the consumers' loop."""
        await self._at_home(super().send(channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group, on the consumers' loop."""
        await self._at_home(super().group_send(group, message))

    def _home_is_running(self) -> bool:
        home = self._home
        return home is not None and not home.is_closed() and home.is_running()

    def _adopt(self) -> None:
        here = asyncio.get_running_loop()
        if self._home is here:
            return
        if self._home_is_running():
            raise RuntimeError("Consumers run on two event loops: use the Redis channel layer.")
        self._home = here
        for name, queue in list(self.channels.items()):
            if getattr(queue, "_loop", None) not in (None, here):
                del self.channels[name]

    async def _at_home(self, work: Any) -> None:
        if not self._home_is_running() or self._home is asyncio.get_running_loop():
            await work
            return
        assert self._home is not None
        handed = asyncio.run_coroutine_threadsafe(work, self._home)
        await asyncio.wait_for(asyncio.wrap_future(handed), _HAND_OVER_SECONDS)
