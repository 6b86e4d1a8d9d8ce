"""What is to be known of an open page, and what it is shown."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from checkout.adapters.inbound.access import Actor
from checkout.domain.value_objects.checkout_id import CheckoutId


class Seen(NamedTuple):
    """Which checkout a page shows, in which language."""

    checkout_id: CheckoutId
    language: str


class Shown(NamedTuple):
    """What all pages show that see the same: the fragment, what is said of it, and the speaking."""

    version: int
    html: str
    say: str
    announcement: str


class LiveSocket(Protocol):
    """An open page. `sent` is the version that it shows.

    `checked` is when it was last looked at whose it is (monotonic seconds), `cart` the frozen cart as
    JSON, empty until it is read.
    """

    seen: Seen
    sent: int
    checked: float
    cart: str

    async def show(self, shown: Shown) -> None:
        """Send it if it is newer than what was sent. Never raises."""

    def speaks_for(self) -> Actor | None:
        """Whom it speaks for by now; None when its page is none of ours. Reads the session."""

    async def send_away(self) -> None:
        """Close it: it is not, or not any more, its opener's. Never raises."""
