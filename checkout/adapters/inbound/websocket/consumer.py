"""The live page's socket: the state on connect, then strictly newer versions; the last is final."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from checkout.adapters.inbound.access import Actor, actor_by_now, authorised
from checkout.adapters.inbound.languages import language_of_scope
from checkout.adapters.inbound.websocket.origins import origin_allowed
from checkout.adapters.inbound.websocket.pages import Seen, Shown
from checkout.adapters.inbound.websocket.places import PLACES, Place
from checkout.adapters.inbound.websocket.pushes import PUSHES
from checkout.adapters.inbound.websocket.reading import READING
from checkout.adapters.inbound.websocket.resync import OPEN_SOCKETS
from checkout.domain.exceptions import StorageUnavailable, UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

log = logging.getLogger("checkout.socket")
PING, PONG = "ping", "pong"
MOST_BYTES, MOST_MESSAGES, IN_SECONDS = 64, 30, 10.0  # of a client; a page asks every two seconds
NOT_YOURS, TOO_MUCH = 4404, 4429  # close codes on which htmx does not come again by itself


class ProgressConsumer(AsyncWebsocketConsumer):
    """One open page. What it shows is the read model's row, read or signed by who has written it.

    Hints come through the register of open sockets, so that opening a page never waits for the
    channel layer; what they lead to is read for many pages together.
    """

    seen: Seen
    sent = 0
    said = ""
    checked = 0.0
    cart = ""
    _place: Place = ()

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Handle what comes, one after the other.

        Channels would hold a second task for each socket, that listens to a channel layer, and go
        through a thread at each message, to close a connection that no socket has.
        """
        self.scope, self.base_send = scope, send
        try:
            while True:
                message = await receive()
                await getattr(self, get_handler_name(message))(message)
        except StopConsumer:
            pass

    async def connect(self) -> None:
        """Let the owner in from an allowed origin, register, accept, and send what is true now."""
        self._heard: list[float] = []
        place = PLACES.take(self.scope)
        if place is None:
            await self.close()
            return
        self._place = place
        try:
            checkout_id = await READING.read(self._admit)
        except (UnknownCheckout, StorageUnavailable):
            self._leave()
            await self.close()
            return
        self.seen = Seen(checkout_id, language_of_scope(self.scope))
        OPEN_SOCKETS.add(self)
        await self.accept()
        PUSHES.want(self)

    def _admit(self) -> CheckoutId:
        """The checkout, for whom the socket speaks by now. Raises UnknownCheckout."""
        actor, self.checked = self.speaks_for(), time.monotonic()
        if actor is None:
            raise UnknownCheckout("The origin is not allowed.")
        return authorised(actor, self.scope["url_route"]["kwargs"]["checkout_id"])

    def speaks_for(self) -> Actor | None:
        """Whom it speaks for by now; None when its page is none of ours. Reads the session.

        With a token no cookie speaks, so the origin does not matter.
        """
        actor = actor_by_now(self.scope)
        return None if actor.by_cookie and not origin_allowed(self.scope) else actor

    async def send_away(self) -> None:
        """Close it: it is not, or not any more, its opener's. Never raises."""
        try:
            await self.close(code=NOT_YOURS)
        except Exception:
            log.warning("a page could not be sent away", exc_info=True)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """The last message of a socket."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def disconnect(self, code: int) -> None:
        """Leave the register, and the place to others."""
        self._leave()
        if hasattr(self, "seen"):
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

    async def show(self, shown: Shown) -> None:
        """Send it if it is newer than what was sent, with what is new to be spoken. Never raises."""
        if shown.version <= self.sent:
            return
        spoken = shown.announcement if self.said and shown.say != self.said else ""
        self.sent, self.said = shown.version, shown.say
        try:
            await self.send(text_data=shown.html + spoken)
        except Exception:
            log.warning("a page could not be sent what it shows", exc_info=True)
