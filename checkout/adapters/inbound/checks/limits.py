"""Do the limits against abuse, and how long messages are kept, make sense?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage

from checkout.adapters.inbound.checks.neighbours import said
from checkout.adapters.inbound.checks.rules import finding

NETWORKS = ("TRUSTED_PROXIES", "UNLIMITED_ADDRESSES")
COUNTS = {  # the name of a count, and the least that it may be
    "ATTEMPTS_PER_CHECKOUT": 1,
    "ATTEMPTS_PER_SESSION": 1,
    "ATTEMPTS_PER_ADDRESS": 1,
    "MAX_LIVE_PER_ADDRESS": 1,
    "SOCKETS_PER_SESSION": 1,
    "SOCKETS_PER_ADDRESS": 1,
    "LINKS_PER_CHECKOUT": 1,
    "INBOX_RETENTION_DAYS": 30,
    "BULK_MOST": 1,
}
SECONDS = ("ATTEMPT_WINDOW", "COOL_DOWN", "LINK_LIFETIME", "STEP_UP_AFTER")
NAMES = (*NETWORKS, *COUNTS, *SECONDS)


def check_limits(**_: Any) -> list[CheckMessage]:
    """E019 and E020: every limit is a sensible number, and messages are kept long enough."""
    found = []
    for name, least in COUNTS.items():
        value = said().get(name, least)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            number = "E020" if name == "INBOX_RETENTION_DAYS" else "E019"
            text = f"{name} is {value!r}, which is not a whole number of at least {least}."
            found.append(finding(number, text))
    for name in SECONDS:
        value = said().get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
            text = f"{name} is {value!r}, which is not a number of seconds above zero."
            found.append(finding("E019", text))
    return found


def check_addresses(**_: Any) -> list[CheckMessage]:
    """E021 and W008: it is known whose word about a client's address is taken."""
    found = [finding("E021", text) for text in _no_networks()]
    if getattr(settings, "REDIS_URL", "") and "TRUSTED_PROXIES" not in said():
        found.append(finding("W008", 'CHECKOUT["TRUSTED_PROXIES"] is not set, with REDIS_URL.'))
    return found


def _no_networks() -> Iterator[str]:
    for name in NETWORKS:
        value = said().get(name, [])
        if not isinstance(value, list | tuple):
            yield f"{name} is {value!r}, which is not a list of addresses and networks."
            continue
        for text in value:
            try:
                ipaddress.ip_network(text, strict=False)
            except (ValueError, TypeError):
                yield f"{name} has {text!r}, which is no address and no network such as 10.0.0.0/8."
