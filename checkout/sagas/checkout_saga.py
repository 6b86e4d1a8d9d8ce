"""The checkout saga.

Forward: read the port calls down. Backward: read the undo column up.

A refusal, or silence for longer than `within`, leads to `aborting`. There the undo calls are made
from the step that was begun, also when its answer never came, one durable effect at a time.
After `orders.place` it only goes forward, unless the money could not be taken in the end.
Everything that knows the flow reads it here: engine, model transitions, progress, diagram, tests.
"""

from __future__ import annotations

from dataclasses import dataclass

from checkout.domain.value_objects.checkout_state import FORWARD_STATES, CheckoutState

STARTED, CART_FROZEN, INVENTORY_RESERVED, AWAITING_PAYMENT, PAYMENT_CONFIRMED = FORWARD_STATES
ABORTING, COMPLETED, ABORTED = (
    CheckoutState.ABORTING,
    CheckoutState.COMPLETED,
    CheckoutState.ABORTED,
)
DEFINITION_VERSION = 1  # raised only when the meaning of a stored row changes
KNOWN_DEFINITIONS = (1,)

# What each port call is undone by. A call that is not named here leaves nothing behind.
UNDO = {
    "coupons.claim": "coupons.release",
    "carts.close": "carts.reopen",
    "inventory.reserve": "inventory.release",
    "payments.initiate": "payments.close",
    "orders.place": "orders.cancel",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table. `within` is in seconds; None means: for as long as it takes."""

    name: str
    state: CheckoutState
    calls: tuple[str, ...]
    then: CheckoutState
    within: float | None
    event: str

    @property
    def undo(self) -> tuple[str, ...]:
        """The undo calls of this row."""
        return tuple(UNDO[call] for call in self.calls if call in UNDO)


# fmt: off
FLOW = (
    #    step, in state                              port calls, strictly in order
    #    then                     within (s), event
    Step("freeze_cart",           STARTED,            ("carts.snapshot", "coupons.claim",
                                                       "carts.close"),
         CART_FROZEN,             30,                 "cart_frozen"),
    Step("reserve_inventory",     CART_FROZEN,        ("inventory.reserve",),
         INVENTORY_RESERVED,      30,                 "inventory_reserved"),
    Step("initiate_payment",      INVENTORY_RESERVED, ("inventory.extend", "payments.initiate"),
         AWAITING_PAYMENT,        60,                 "payment_initiated"),
    Step("await_payment_result",  AWAITING_PAYMENT,   ("payments.lookup",),
         PAYMENT_CONFIRMED,       900,                "payment_confirmed"),
    Step("finalize_order",        PAYMENT_CONFIRMED,  ("inventory.commit", "orders.place",
                                                       "payments.capture", "coupons.redeem"),
         COMPLETED,               None,               "checkout_completed"),
)
# fmt: on
STEP_IN = {step.state: step for step in FLOW}
PER_PAYMENT = ("inventory.extend", "payments.initiate", "payments.capture")  # new key per attempt
SETTLE_MONEY = (
    "settle_money"  # in both final states: refund or void what was taken beyond what is due
)


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition. Without a target it is a visible change that stays in its state."""

    name: str
    sources: tuple[CheckoutState, ...]
    target: CheckoutState | None
    kind: str  # forward | skip | retry | failure | force | record | note
    events: tuple[str, ...] = ()


BESIDE_THE_TABLE = (
    Edge("skip_payment", (INVENTORY_RESERVED,), PAYMENT_CONFIRMED, "skip"),
    Edge("retry_payment", (AWAITING_PAYMENT,), INVENTORY_RESERVED, "retry"),
    Edge("start_compensation", FORWARD_STATES, ABORTING, "failure"),
    Edge("abort_checkout", (ABORTING,), ABORTED, "failure", ("checkout_aborted",)),
    Edge("force_abort", FORWARD_STATES, ABORTING, "force"),
    Edge("force_retry_payment", (AWAITING_PAYMENT,), INVENTORY_RESERVED, "force"),
    Edge("record", tuple(CheckoutState), None, "record"),
    Edge("annotate", tuple(CheckoutState), None, "note"),
    Edge("hold", (*FORWARD_STATES, ABORTING), None, "note"),
    Edge("resume", (*FORWARD_STATES, ABORTING), None, "note"),
)
EDGES = {
    edge.name: edge
    for edge in (
        *(Edge(s.name, (s.state,), s.then, "forward", (s.event,)) for s in FLOW),
        *BESIDE_THE_TABLE,
    )
}


def edges_from(state: CheckoutState) -> tuple[Edge, ...]:
    """The edges that leave this state, in the order of the table."""
    return tuple(e for e in EDGES.values() if e.target is not None and state in e.sources)


def undo_by() -> dict[str, str]:
    """The undo column read backwards: which call each undo belongs to."""
    return {undo: call for call, undo in UNDO.items()}
