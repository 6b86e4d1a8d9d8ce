"""Looking again at whose the open pages are: a session ends, and a socket lives on.

It goes round all open pages, a few at a time and evenly, so that a push seldom has to look first.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from itertools import islice

from checkout.adapters.inbound.access import allowed
from checkout.adapters.inbound.websocket.pages import LiveSocket
from checkout.adapters.inbound.websocket.reading import READING
from checkout.domain.exceptions import StorageUnavailable

log = logging.getLogger("checkout.socket")
KNOWN_FOR_SECONDS = 60.0  # so long a push relies on the last look
ROUND_SECONDS = 40.0  # in which all are looked at: what is late by a few seconds is in time
RESTS_SECONDS = 30.0  # whoever was looked at since is passed over
AT_ONCE = 16  # by one query, behind which a push may have to wait


async def look(sockets: Sequence[LiveSocket]) -> list[LiveSocket]:
    """Those that may still be seen by whoever opened them; others are closed. Never raises."""
    if not sockets:
        return []
    now = time.monotonic()
    try:
        theirs = await READING.read(partial(_theirs, sockets))
    except StorageUnavailable:
        return []  # nobody knows; whoever needs to know asks again
    except Exception:
        if len(sockets) > 1:  # one that cannot be read is no reason for the others
            return [known for socket in sockets for known in await look([socket])]
        log.warning("nobody knows whose a page of %s is", sockets[0].seen, exc_info=True)
        return []
    for socket, is_theirs in zip(sockets, theirs, strict=True):
        if is_theirs:
            socket.checked = now
        else:
            await socket.send_away()
    return [socket for socket, is_theirs in zip(sockets, theirs, strict=True) if is_theirs]


def _theirs(sockets: Sequence[LiveSocket]) -> list[bool]:
    return allowed([(socket.speaks_for(), socket.seen.checkout_id) for socket in sockets])


class Rota:
    """All open pages in the order of their looks, and when each had the last that is known here."""

    def __init__(self) -> None:
        self.rests = RESTS_SECONDS
        self._sockets: OrderedDict[LiveSocket, float] = OrderedDict()

    def add(self, socket: LiveSocket) -> None:
        """A page that was looked at just now."""
        self._sockets[socket] = socket.checked

    def discard(self, socket: LiveSocket) -> None:
        """It is gone."""
        self._sockets.pop(socket, None)

    def pause(self) -> float:
        """Seconds between two looks, with which the round is made in time."""
        return ROUND_SECONDS * AT_ONCE / max(len(self._sockets), 1)

    def next(self) -> list[LiveSocket]:
        """Whose turn it is, if they have rested; they are put behind all others."""
        before, turn = time.monotonic() - self.rests, []
        for socket, known in list(islice(self._sockets.items(), AT_ONCE)):
            if socket.checked <= before:
                turn.append(socket)
            elif socket.checked == known:
                continue  # it rests; else it was looked at meanwhile, and is no longer among the first
            self._sockets[socket] = socket.checked
            self._sockets.move_to_end(socket)
        return turn
