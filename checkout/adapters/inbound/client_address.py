"""Where a request comes from. A header is believed only when a proxy of ours has written it.

The peer's address cannot be forged; X-Forwarded-For can, by anybody. It is read only if the peer is
in `CHECKOUT["TRUSTED_PROXIES"]`, from the right, up to the first address that is not a proxy's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IPV6_SITE = 64  # one customer's network: every address in it is the same client
# An address of a private network says nothing of who asks: it is a proxy's, or a machine of ours.
# Counting it would hold up a whole shop whose proxy nobody has named.
UNLIMITED = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


def client_address(request: HttpRequest) -> str:
    """The client's address; an IPv6 address as its /64 network. Empty when there is none to know."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return _address(request.META.get("REMOTE_ADDR", ""), told)


def address_of_scope(scope: Mapping[str, Any]) -> str:
    """The same for a socket, from its ASGI scope."""
    told = [value for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
    peer = scope.get("client") or ("",)
    return _address(str(peer[0]), b",".join(told).decode("latin-1"))


def _address(peer: str, told: str) -> str:
    found = _parsed(peer)
    proxies = _networks(tuple(settings.CHECKOUT.get("TRUSTED_PROXIES", ())))
    hops = told.split(",")
    while found is not None and hops and _within(found, proxies):
        hop = _parsed(_without_port(hops.pop().strip()))
        if hop is None:
            break  # what stands before it was not written by a proxy of ours
        found = hop
    return _site(found) if found is not None else ""


def is_limited(address: str) -> bool:
    """Whether attempts from this address are counted."""
    networks = tuple(settings.CHECKOUT.get("UNLIMITED_ADDRESSES", UNLIMITED))
    known = _parsed(address.partition("/")[0])
    return known is not None and not _within(known, _networks(networks))


def _without_port(hop: str) -> str:
    """Some proxies write the client's port, too: `192.0.2.7:4711`, `[2001:db8::7]:4711`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _site(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((int(address), IPV6_SITE), strict=False))


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
