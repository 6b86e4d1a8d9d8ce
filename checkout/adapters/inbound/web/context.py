"""What the pages of a shop may show of checkouts: those that are on their way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from checkout.adapters.inbound.access import actor_of
from checkout.application.ports.outbound.checkout_queries_port import Underway
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services


def checkouts(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `running_checkouts`, the visitor's that have not ended, newest first.

    Each has `id` and `created_at`. By the same rule as everywhere: those that this browser started
    or was led back to, and those of the user who is logged in. Costs nothing where it is not used.
    """
    return {"running_checkouts": SimpleLazyObject(lambda: running(request))}


def running(request: HttpRequest) -> Sequence[Underway]:
    """The visitor's checkouts that have not ended, newest first; none for a Bearer token."""
    actor = actor_of(request)
    if not actor.by_cookie:
        return []
    return services().queries.underway(hashed(actor.owner_id), actor.user_id, actor.started)
