"""The live page's socket: subscribe first, then read; strictly newer versions; the last is final."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from checkout.adapters.inbound.access import actor_of_scope, authorised
from checkout.adapters.inbound.web.fragment import announcement, render_fragment
from checkout.adapters.inbound.websocket.origins import origin_allowed
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.adapters.outbound.messaging.progress_hints import group_of
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.socket")


class ProgressConsumer(AsyncWebsocketConsumer):
    """One open page. What it shows is read from the read model; a hint only says that it is worth it.

    Hints coalesce: while one read is under way, any number of hints cause one more.
    """

    checkout_id: CheckoutId
    sent = 0
    said = ""

    async def connect(self) -> None:
        """Let the owner in from an allowed origin, subscribe, accept, and send what is true now."""
        self._reading = asyncio.Lock()
        self._again = False
        try:
            self.checkout_id = await database_sync_to_async(
                self._authorise, thread_sensitive=False
            )()
        except (UnknownCheckout, StorageUnavailable):
            await self.close()
            return
        await self.channel_layer.group_add(group_of(self.checkout_id), self.channel_name)
        OPEN_SOCKETS.add(self)
        await self.accept()
        await self.push()

    def _authorise(self) -> CheckoutId:
        """Raises UnknownCheckout. With a token no cookie speaks, so the origin does not matter."""
        actor = actor_of_scope(self.scope)
        if actor.by_cookie and not origin_allowed(self.scope):
            raise UnknownCheckout("The origin is not allowed.")
        named = self.scope["url_route"]["kwargs"]["checkout_id"]
        return authorised(actor, named)

    async def disconnect(self, code: int) -> None:
        """Leave the group and the register."""
        OPEN_SOCKETS.discard(self)
        if hasattr(self, "checkout_id"):
            await self.channel_layer.group_discard(group_of(self.checkout_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is taken from a socket: commands are POSTs, with their CSRF check."""

    async def progress_changed(self, event: dict[str, Any]) -> None:
        """A hint. What it says of a version only spares a read of what was sent already."""
        if event.get("version", self.sent + 1) > self.sent:
            await self.push()

    async def push(self) -> None:
        """Send the committed state if it is newer than what was sent. Never raises."""
        self._again = True
        if self._reading.locked():
            return  # whoever reads now will see that it has to read once more
        async with self._reading:
            while self._again:
                self._again = False
                try:
                    await self._send_newer()
                except Exception:
                    log.warning("a push failed; the next comparison repeats it", exc_info=True)

    async def _send_newer(self) -> None:
        message, version = await database_sync_to_async(self._render, thread_sensitive=False)()
        if version > self.sent and message:
            self.sent = version
            await self.send(text_data=message)

    def _render(self) -> tuple[str, int]:
        """The message for the current version: the fragment, and what is new to be spoken."""
        view = services().queries.progress(self.checkout_id)
        if view is None or view.version <= self.sent:
            return "", 0
        html, shown = render_fragment(view)
        spoken = announcement(shown) if self.said and shown.say != self.said else ""
        self.said = shown.say
        return html + spoken, view.version
