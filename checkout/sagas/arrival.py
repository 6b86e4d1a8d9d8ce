"""What it means to arrive in a state: clocks are set, counters start anew."""

from __future__ import annotations

from checkout.application.port_call import Moment
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.checkout_saga import Edge

AWAITING = CheckoutState.AWAITING_PAYMENT


def arrive(checkout: Checkout, edge: Edge, moment: Moment) -> None:
    """Take an edge on the working copy. The engine stores it together with its history row."""
    if edge.target is None:
        return
    source, checkout.state = checkout.state, edge.target
    checkout.entered_at, checkout.attempt = moment.now, 0
    if checkout.needs_attention in ("retrying", "bug"):
        checkout.needs_attention = ""  # it moved on by itself
    if edge.target == AWAITING:
        _start_window(checkout, moment)
    if (source, edge.target) == (AWAITING, CheckoutState.INVENTORY_RESERVED):
        checkout.generation += 1  # another attempt has keys of its own (failures.md H3)
    if edge.target.is_final:
        _end(checkout, moment)


def _start_window(checkout: Checkout, moment: Moment) -> None:
    """One window for all attempts: another try does not start the clock again."""
    if checkout.deadline_at is None:
        checkout.deadline_at = moment.now + moment.policy.seconds("payment_window")


def _end(checkout: Checkout, moment: Moment) -> None:
    checkout.finished_at = moment.now
    last_look = moment.now + moment.policy.seconds("last_look_after")
    for attempt in checkout.payments.values():
        older = attempt.generation != checkout.generation  # nobody asked while the next one ran
        overdue = older and attempt.ask_at is not None and attempt.ask_at <= moment.now
        attempt.ask_at = moment.now if overdue else last_look
