"""How many sockets may be open: of one session or token, and from one address, in this web process.

A page whose socket is refused loses nothing: it asks every few seconds instead.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from checkout.adapters.inbound.access import bearer, key_of_scope
from checkout.adapters.inbound.client_address import address_of_scope, is_limited
from checkout.adapters.inbound.limits import said
from checkout.adapters.inbound.websocket.origins import header
from checkout.application.use_cases.start_checkout import hashed

security = logging.getLogger("checkout.security")
Place = tuple[str, ...]


class Places:
    """The places that are taken. Called on the event loop of the sockets only."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, scope: Mapping[str, Any]) -> Place | None:
        """A place, to be given back; None when this session or address has as many as it may."""
        address = address_of_scope(scope)
        secret = bearer(header(scope, "authorization")) or key_of_scope(scope)
        limits = {f"session:{hashed(secret)}": said("SOCKETS_PER_SESSION")} if secret else {}
        if is_limited(address):
            limits[f"address:{address}"] = said("SOCKETS_PER_ADDRESS")
        for name, most in limits.items():
            if self._taken[name] >= most:
                kind = name.partition(":")[0]
                where = address or "an unknown address"
                security.warning("limit reached: %d sockets of one %s, from %s", most, kind, where)
                return None
        self._taken.update(limits.keys())
        return tuple(limits)

    def give_back(self, place: Place) -> None:
        """The socket is gone."""
        for name in place:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]


PLACES = Places()
