"""Hearing hints: one subscription per web process, and no socket waits for it.

The channel layer may be away for hours. Sockets open and show what is true without it; what it would
have told is then found by comparing (`resync`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer

from checkout.adapters.outbound.messaging.progress_hints import GROUP

log = logging.getLogger("checkout.socket")
REST_SECONDS = 3.0
GOODBYE_SECONDS = 0.2


async def hear(
    heard: Callable[[Mapping[str, Any]], None], subscribed: Callable[[], Awaitable[None]]
) -> None:
    """Call `heard` with every hint, until cancelled; `subscribed` each time when it begins anew.

    A host without a channel layer hears nothing, and its sockets live by the comparison.
    """
    layer, told = get_channel_layer(), False
    while layer is not None:
        try:
            await _hear(layer, heard, subscribed)
        except Exception as error:
            if not told:
                log.warning("no hints for open pages, which are compared instead: %s", error)
            told = True
        await asyncio.sleep(REST_SECONDS)


async def _hear(
    layer: Any,
    heard: Callable[[Mapping[str, Any]], None],
    subscribed: Callable[[], Awaitable[None]],
) -> None:
    channel = await layer.new_channel()
    try:
        await layer.group_add(GROUP, channel)
        await subscribed()
        while True:
            with suppress(ValueError):  # what no serializer of ours has written
                heard(await layer.receive(channel))
    finally:
        with suppress(Exception):
            await asyncio.wait_for(layer.group_discard(GROUP, channel), GOODBYE_SECONDS)
