"""The table is whole: every call has a hand that makes it, and every state leads to an end."""

from __future__ import annotations

import itertools

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.domain.value_objects.checkout_state import FINAL_STATES, CheckoutState
from checkout.events.envelope import EVENTS
from checkout.sagas.calls import CALLS
from checkout.sagas.checkout_saga import (
    EDGES,
    FLOW,
    PER_PAYMENT,
    STEP_IN,
    UNDO,
    Step,
    edges_from,
)

ASKED_NOT_CALLED = "payments.lookup"  # changes nothing, so that the journal does not keep it
NEXT = {state: {edge.target for edge in edges_from(state)} for state in CheckoutState}


def reachable(state: CheckoutState) -> set[CheckoutState]:
    """Every state that a checkout may come to from this one."""
    found, looked_at = {state}, set[CheckoutState]()
    while found - looked_at:
        here = (found - looked_at).pop()
        looked_at.add(here)
        found |= {target for target in NEXT[here] if target is not None}
    return found


@pytest.mark.parametrize("step", FLOW, ids=lambda step: step.name)
def test_every_call_and_every_undo_can_be_made(step: Step) -> None:
    for call in (*step.calls, *step.undo):
        assert call in CALLS or call == ASKED_NOT_CALLED


def test_every_known_call_is_in_the_table_or_settles_money() -> None:
    said = {call for step in FLOW for call in step.calls} | set(UNDO.values())
    assert set(CALLS) - said == {"payments.void", "payments.refund"}


def test_only_calls_of_the_table_are_undone_or_made_anew_per_payment() -> None:
    calls = {call for step in FLOW for call in step.calls}
    assert set(UNDO) <= calls
    assert set(PER_PAYMENT) <= calls
    assert len(set(UNDO.values())) == len(UNDO)


def test_each_step_begins_where_the_one_before_it_ends() -> None:
    for before, after in itertools.pairwise(FLOW):
        assert before.then == after.state
    assert FLOW[-1].then == CheckoutState.COMPLETED
    assert set(STEP_IN) == set(CheckoutState) - {*FINAL_STATES, CheckoutState.ABORTING}


def test_every_state_is_reached_from_the_start() -> None:
    assert reachable(CheckoutState.STARTED) == set(CheckoutState)


@pytest.mark.parametrize("state", CheckoutState)
def test_an_end_is_reached_from_every_state(state: CheckoutState) -> None:
    assert reachable(state) & set(FINAL_STATES)


def test_only_the_two_final_states_lead_nowhere() -> None:
    assert {state for state in CheckoutState if not NEXT[state]} == set(FINAL_STATES)


def test_no_way_leads_from_undoing_back_to_selling() -> None:
    assert reachable(CheckoutState.ABORTING) == {CheckoutState.ABORTING, CheckoutState.ABORTED}


def test_staff_can_force_from_no_end_and_past_no_call() -> None:
    forced = [edge for edge in EDGES.values() if edge.kind == "force"]
    allowed = {CheckoutState.ABORTING, CheckoutState.INVENTORY_RESERVED}
    assert forced
    for edge in forced:
        assert edge.target in allowed
        assert not {*FINAL_STATES, CheckoutState.ABORTING} & set(edge.sources)


def test_every_event_of_an_edge_has_a_shape() -> None:
    assert {name for edge in EDGES.values() for name in edge.events} <= set(EVENTS)
    assert {call.event for call in CALLS.values() if call.event} <= set(EVENTS)


def transitions_of_the_model() -> set[tuple[str, str, str | None]]:
    """What django-fsm knows, as (method, source, target)."""
    field = CheckoutSession._meta.get_field("state")
    found = field.get_all_transitions(CheckoutSession)
    return {(t.name, str(t.source), str(t.target) if t.target else None) for t in found}


def transitions_of_the_table() -> set[tuple[str, str, str | None]]:
    """What the table says, as (edge, source, target)."""
    return {
        (edge.name, source.value, edge.target.value if edge.target else None)
        for edge in EDGES.values()
        for source in edge.sources
    }


def test_the_model_has_every_edge_of_the_table() -> None:
    assert transitions_of_the_table() - transitions_of_the_model() == set()


def test_the_table_has_every_transition_of_the_model() -> None:
    assert transitions_of_the_model() - transitions_of_the_table() == set()
