"""Addresses of the admin, and the forms that staff sends."""

from __future__ import annotations

from typing import Any

from django.test import Client

from checkout.testing.proof.world import World

LIST = "/admin/checkout/checkoutsession/"
COMMANDS = (
    "recheck",
    "retry_now",
    "extend",
    "hold",
    "resume",
    "annotate",
    "refund",
    "abort",
    "force",
)


def there(world: World, command: str = "change") -> str:
    """The address of the detail or of a command."""
    return f"{LIST}{world.id}/{command}/"


def form(world: World, **changes: Any) -> dict[str, Any]:
    """A complete form as the page would send it."""
    return {
        "reason": "the shopper called",
        "expected_version": world.checkout.version,
        "edge": "force_abort",
        "amount": "9.90",
        "typed": str(world.id)[:8],
        **changes,
    }


def give(client: Client, world: World, command: str, **changes: Any) -> Any:
    """Send a command."""
    return client.post(there(world, command), form(world, **changes))
