"""Several hosts on one machine: network namespaces on a bridge, and lines between them to cut.

A line is cut at both ends by a wrong hardware address for the other end: packets go out and reach
nobody. Nothing is refused, so whoever waits for an answer waits, and connections stay half open.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from types import TracebackType

from tests.browser import NotAvailable
from tests.chaos.servers import Place

NOBODY = "02:00:00:00:00:01"  # no card has this address


def ip(*words: str, check: bool = True) -> None:
    """Run `ip`. Raises NotAvailable with its reason."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise NotAvailable(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Network:
    """A host per name, all on one bridge; `gateway` is this machine's own address on it.

    Needs root. Everything is gone at the end, also when it could not be set up.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        number = os.getpid()
        self.prefix = f"chaos{number}"
        self.bridge = f"cb{number}"
        self._subnet = f"10.77.{number % 250}"
        self.gateway = f"{self._subnet}.1"
        self.addresses = {name: f"{self._subnet}.{n}" for n, name in enumerate(names, start=10)}
        self._links = {name: f"cv{number}x{n}" for n, name in enumerate(names)}
        self._cut: set[tuple[str, str]] = set()

    def __enter__(self) -> Network:
        if shutil.which("ip") is None:
            raise NotAvailable("The command ip is missing: install the package iproute2.")
        try:
            ip("link", "add", self.bridge, "type", "bridge")
            ip("addr", "add", f"{self.gateway}/24", "dev", self.bridge)
            ip("link", "set", self.bridge, "up")
            for name in self.addresses:
                self._host(name)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def _host(self, name: str) -> None:
        space, link = self._space(name), self._links[name]
        ip("netns", "add", space)
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("link", "set", link, "master", self.bridge, "up")
        ip("-n", space, "addr", "add", f"{self.addresses[name]}/24", "dev", "eth0")
        ip("-n", space, "link", "set", "eth0", "up")
        ip("-n", space, "link", "set", "lo", "up")

    def _remove(self) -> None:
        for name in self.addresses:
            ip("link", "del", self._links[name], check=False)
            ip("netns", "del", self._space(name), check=False)
        ip("link", "del", self.bridge, check=False)

    def _space(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def place(self, name: str) -> Place:
        """Where a process of this host runs."""
        return Place(self.addresses[name], ["ip", "netns", "exec", self._space(name)])

    def cut(self, one: str, other: str) -> None:
        """From now on nothing that one of them sends reaches the other."""
        for here, there in ((one, other), (other, one)):
            wrong = ["lladdr", NOBODY, "dev", "eth0", "nud", "permanent"]
            ip("-n", self._space(here), "neigh", "replace", self.addresses[there], *wrong)
        self._cut.add((one, other))

    def heal(self, one: str) -> None:
        """All lines of a host are whole again."""
        for a, b in [pair for pair in self._cut if one in pair]:
            for here, there in ((a, b), (b, a)):
                with contextlib.suppress(NotAvailable):
                    address = self.addresses[there]
                    ip("-n", self._space(here), "neigh", "del", address, "dev", "eth0")
            self._cut.discard((a, b))
