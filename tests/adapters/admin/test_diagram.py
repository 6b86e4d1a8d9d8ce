"""The picture of the flow against the flow table, in every state, and on the page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from checkout.adapters.inbound.admin.diagram import diagram
from checkout.domain.value_objects.checkout_state import FINAL_STATES, CheckoutState
from checkout.sagas.checkout_saga import EDGES
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import there
from tests.adapters.commands.conftest import STAGES, second_attempt

TABLE = {(e.name, s, e.target) for e in EDGES.values() if e.target for s in e.sources}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("state", CheckoutState)
def test_boxes_and_lines_are_those_of_the_table(state: CheckoutState) -> None:
    drawn = diagram(state, [])
    assert sorted(box.state for box in drawn.boxes) == sorted(CheckoutState)
    found = [(line.edge.name, line.source, line.target) for line in drawn.lines]
    assert len(found) == len(set(found))
    assert set(found) == TABLE
    assert [box.state for box in drawn.boxes if "now" in box.marks] == [state]
    leaving = {edge for edge in TABLE if edge[1] == state and edge[0] != "skip_payment"}
    possible = {line for line in drawn.lines if "possible" in line.marks}
    assert {(line.edge.name, line.source, line.target) for line in possible} == leaving
    assert {box.state for box in drawn.boxes if "next" in box.marks} == {e[2] for e in leaving}
    assert sorted(edge.name for edge, _ in drawn.possible) == sorted(e[0] for e in leaving)
    assert bool(leaving) == (state not in FINAL_STATES)


def test_nothing_to_pay_leads_around_the_payment() -> None:
    reserved = CheckoutState.INVENTORY_RESERVED
    free, paid = (
        {edge.name for edge, _ in diagram(reserved, [], total).possible} for total in (0, 1)
    )
    assert free - paid == {"skip_payment"}
    assert paid - free == {"initiate_payment"}


def test_no_two_boxes_or_lines_lie_on_each_other() -> None:
    drawn = diagram("started", [])
    places = [(box.x, box.y) for box in drawn.boxes]
    assert len(places) == len(set(places))
    assert len({line.path for line in drawn.lines}) == len(drawn.lines)
    for box in drawn.boxes:
        assert 0 <= box.x < box.x + box.width <= drawn.width
        assert 0 <= box.y < box.y + box.height <= drawn.height


def test_a_state_of_tomorrow_is_drawn_without_a_place_in_the_flow() -> None:
    drawn = diagram("checking_fraud", [("freeze_cart", "started", "cart_frozen")])
    assert drawn.now == "checking fraud"
    assert not drawn.possible
    assert not any("now" in box.marks for box in drawn.boxes)


@pytest.mark.parametrize("state", STAGES)
def test_the_page_shows_the_path_that_was_taken(world: World, boss: Client, state: str) -> None:
    STAGES[state](world)
    page = boss.get(there(world)).content.decode()
    found = re.search(r'<svg viewBox[^>]*role="img".*?</svg>', page, re.DOTALL)
    assert found is not None
    picture = ElementTree.fromstring(found[0].replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))
    taken = {
        (group.get("data-edge"), group.get("data-source"))
        for group in picture.iter(f"{SVG}g")
        if "is-taken" in str(group.get("class"))
    }
    moves = {(p.edge, p.source) for p in world.checkout.history if p.source not in ("", p.target)}
    assert taken == moves
    lit = [g for g in picture.iter(f"{SVG}g") if "is-now" in str(g.get("class"))]
    assert [group.get("data-state") for group in lit] == [state]
    said = str(picture.findtext(f"{SVG}desc"))
    assert f"Now: {state.replace('_', ' ')}." in said
    named = {child.get("id") for child in picture if child.tag in (f"{SVG}title", f"{SVG}desc")}
    assert named == set(str(picture.get("aria-labelledby")).split())


def test_a_second_attempt_is_both_taken_and_possible(world: World, boss: Client) -> None:
    second_attempt(world)
    passages = [(p.edge, p.source, p.target) for p in world.checkout.history]
    lines = diagram(world.state, passages).lines
    assert [line.marks for line in lines if line.edge.name == "retry_payment"] == [
        ("taken", "possible")
    ]
    page = boss.get(there(world)).content.decode()
    assert "awaiting payment → inventory reserved (retry_payment)" in page


def test_what_staff_cannot_force_now_says_why(world: World, boss: Client) -> None:
    STAGES["payment_confirmed"](world)
    page = boss.get(there(world)).content.decode()
    assert "aborting (force_abort): staff, by force <small>Not now: The order may exist" in page
