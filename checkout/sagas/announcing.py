"""Which events a change tells of: those of its edge, the failure words, and those of a done call."""

from __future__ import annotations

from collections.abc import Iterator

from checkout.domain.checkout import Checkout
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.calls import CALLS
from checkout.sagas.checkout_saga import Edge

ASKED_FOR = {"link": "link_requested"}  # a command that only has something told


def words(checkout: Checkout, edge: Edge) -> Iterator[str]:
    """The events of an edge that was just taken, in their order.

    The specification's failure words are events, not states (design §3).
    """
    if edge.target == CheckoutState.ABORTED and checkout.effect("inventory.release") is not None:
        yield "inventory_released"
    yield from edge.events
    if edge.target == CheckoutState.ABORTING and checkout.named("payments.initiate"):
        yield "payment_failed"


def done_with_event(checkout: Checkout) -> dict[str, str]:
    """Calls that are done and have an event of their own, such as a confirmed refund, by key."""
    done = [e for e in checkout.effects.values() if e.outcome == Outcome.DONE]
    return {e.key: CALLS[e.call].event for e in done if CALLS[e.call].event}
