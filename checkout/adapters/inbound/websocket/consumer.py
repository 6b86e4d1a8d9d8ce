"""The live page's socket: the state on connect, then strictly newer versions; the last is final."""

from __future__ import annotations

import asyncio
import logging
import time

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import translation

from checkout.adapters.inbound.access import Actor, actor_by_now, actor_of_scope, authorised
from checkout.adapters.inbound.languages import language_of_scope
from checkout.adapters.inbound.web.fragment import announcement, render_fragment
from checkout.adapters.inbound.websocket.origins import origin_allowed
from checkout.adapters.inbound.websocket.places import PLACES, Place
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.adapters.outbound.persistence.storage import storage
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.socket")
PING, PONG = "ping", "pong"
MOST_BYTES, MOST_MESSAGES, IN_SECONDS = 64, 30, 10.0  # of a client; a page asks every two seconds
NOT_YOURS, TOO_MUCH = 4404, 4429  # close codes on which htmx does not come again by itself
KNOWN_FOR_SECONDS = 60.0  # so long a push relies on the last look at whose it is


class ProgressConsumer(AsyncWebsocketConsumer):
    """One open page. What it shows is read from the read model; a hint only says that it is worth it.

    Hints coalesce: while one read is under way, any number of hints cause one more. They come through
    the register of open sockets, so that opening a page never waits for the channel layer.
    """

    channel_layer_alias = ""  # no subscription of its own
    checkout_id: CheckoutId
    sent = 0
    said = ""
    checked = 0.0
    _place: Place = ()

    async def connect(self) -> None:
        """Let the owner in from an allowed origin, register, accept, and send what is true now."""
        self._reading = asyncio.Lock()
        self._again = False
        self._language = language_of_scope(self.scope)
        self._heard: list[float] = []
        place = PLACES.take(self.scope)
        if place is None:
            await self.close()
            return
        self._place = place
        try:
            self.checkout_id = await database_sync_to_async(self._admit, thread_sensitive=False)()
        except (UnknownCheckout, StorageUnavailable):
            self._leave()
            await self.close()
            return
        OPEN_SOCKETS.add(self)
        await self.accept()
        await self.push()

    def _admit(self) -> CheckoutId:
        with storage():  # of the session, too
            return self._authorise(actor_of_scope(self.scope))

    def _authorise(self, actor: Actor) -> CheckoutId:
        """Raises UnknownCheckout. With a token no cookie speaks, so the origin does not matter."""
        if actor.by_cookie and not origin_allowed(self.scope):
            raise UnknownCheckout("The origin is not allowed.")
        found = authorised(actor, self.scope["url_route"]["kwargs"]["checkout_id"])
        self.checked = time.monotonic()
        return found

    async def check(self) -> None:
        """Close unless whoever opened it may still see it: sessions end. Never raises."""
        try:
            await database_sync_to_async(self._check, thread_sensitive=False)()
        except StorageUnavailable:
            return  # nobody knows; asked again with the next round
        except UnknownCheckout:
            await self.close(code=NOT_YOURS)

    def _check(self) -> None:
        with storage():
            self._authorise(actor_by_now(self.scope))

    async def disconnect(self, code: int) -> None:
        """Leave the register, and the place to others."""
        self._leave()
        if hasattr(self, "checkout_id"):
            OPEN_SOCKETS.discard(self)

    def _leave(self) -> None:
        PLACES.give_back(self._place)
        self._place = ()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a ping. Nothing else is taken: commands are POSTs, with their CSRF check."""
        now = time.monotonic()
        self._heard = [*(at for at in self._heard if now - at < IN_SECONDS), now]
        if len(text_data or bytes_data or "") > MOST_BYTES or len(self._heard) > MOST_MESSAGES:
            await self.close(code=TOO_MUCH)
        elif text_data == PING:
            await self.send(text_data=PONG)

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
                except StorageUnavailable as error:
                    log.info("a push failed; the next comparison repeats it: %s", error)
                except UnknownCheckout:
                    await self.close(code=NOT_YOURS)
                    return
                except Exception:
                    log.warning("a push failed; the next comparison repeats it", exc_info=True)

    async def _send_newer(self) -> None:
        message, version = await database_sync_to_async(self._render, thread_sensitive=False)()
        if version > self.sent and message:
            self.sent = version
            await self.send(text_data=message)

    def _render(self) -> tuple[str, int]:
        """The message for the current version: the fragment, and what is new to be spoken."""
        if time.monotonic() - self.checked > KNOWN_FOR_SECONDS:
            self._check()
        view = services().queries.progress(self.checkout_id)
        if view is None or view.version <= self.sent:
            return "", 0
        with translation.override(self._language):
            html, shown = render_fragment(view)
            spoken = announcement(shown) if self.said and shown.say != self.said else ""
        self.said = shown.say
        return html + spoken, view.version
