"""Commands of staff: through the engine, with a reason, against the version that was seen."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import COMMANDS, LIST, give, there
from tests.adapters.commands.conftest import STAGES, awaiting

FINAL = {"completed", "aborted"}
ILLEGAL = {
    "extend": {*STAGES} - {"awaiting_payment"},
    "hold": FINAL,
    "resume": {*STAGES},
    "annotate": set(),
    "refund": {*STAGES} - {"completed"},
    "abort": {"payment_confirmed", "completed", "aborting", "aborted"},
    "force": {"completed", "aborting", "aborted", "payment_confirmed"},
    "recheck": set(),
    "retry_now": set(),
}
ALWAYS_LEGAL = ("recheck", "retry_now", "annotate")


@pytest.mark.parametrize("state", STAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_in_each_state(world: World, boss: Client, state: str, command: str) -> None:
    STAGES[state](world)
    before = CheckoutInbox.objects.count()
    page = boss.get(there(world, command))
    answer = give(boss, world, command)
    illegal = state in ILLEGAL[command]
    assert page.status_code == 200
    assert answer.status_code == (409 if illegal else 302)
    assert CheckoutInbox.objects.count() == before + int(not illegal)
    assert LogEntry.objects.count() == int(not illegal)
    assert (b'type="submit" class="checkout-button' in page.content) == (not illegal)


def test_abort_goes_through_the_engine(world: World, boss: Client) -> None:
    awaiting(world)
    assert give(boss, world, "abort").status_code == 302
    assert world.checkout.state == "awaiting_payment"  # only the engine moves it
    world.tick()
    assert world.checkout.state == "aborted"
    failure = world.checkout.failure
    assert failure is not None
    assert failure.code == "cancelled_by_staff"
    left = next(p for p in world.checkout.history if p.edge == "start_compensation")
    assert left.reason == "the shopper called"
    assert left.actor.startswith("user:")
    log = LogEntry.objects.get()
    assert "the shopper called" in log.change_message
    assert log.object_id == str(world.id)
    assert "the shopper called" in boss.get(there(world)).content.decode()
    assert "the shopper called" in boss.get(there(world, "history")).content.decode()


@pytest.mark.parametrize(
    ("edge", "target"),
    [("force_abort", "aborting"), ("force_retry_payment", "inventory_reserved")],
)
def test_force_takes_the_edge(world: World, boss: Client, edge: str, target: str) -> None:
    awaiting(world)
    assert give(boss, world, "force", edge=edge).status_code == 302
    world.tick()
    taken = next(p for p in world.checkout.history if p.edge == edge)
    assert taken.target == target
    assert taken.source == "awaiting_payment"
    assert taken.reason == "the shopper called"
    assert edge in LogEntry.objects.get().change_message


@pytest.mark.parametrize("state", ["started", "cart_frozen", "inventory_reserved"])
def test_force_abort_from_the_other_states(world: World, boss: Client, state: str) -> None:
    STAGES[state](world)
    assert give(boss, world, "force").status_code == 302
    world.run_until_quiet(step=2)
    assert world.checkout.state == "aborted"
    assert "force_abort" in [p.edge for p in world.checkout.history]


def test_impossible_edges_are_listed_with_the_reason(world: World, boss: Client) -> None:
    STAGES["cart_frozen"](world)
    page = boss.get(there(world, "force")).content.decode()  # nothing is chosen yet
    assert "What would happen" not in page
    assert "Only a waiting payment can be started again." in page
    assert "force_abort" in page
    answer = give(boss, world, "force", edge="force_retry_payment")
    assert answer.status_code == 409


@pytest.mark.parametrize("command", ["abort", "force", "extend", *ALWAYS_LEGAL])
def test_a_checkout_that_moved_is_a_conflict(world: World, boss: Client, command: str) -> None:
    awaiting(world)
    answer = give(boss, world, command, expected_version=world.checkout.version - 1)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "changed while you looked" in text
    assert f'href="{there(world)}">Look again' in text
    assert LogEntry.objects.count() == CheckoutInbox.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 501},
        {"reason": "nul\x00"},
        {"expected_version": ""},
        {"expected_version": "abc"},
        {"expected_version": 10**20},
        {"typed": ""},
        {"typed": "00000000"},
        {"edge": "complete_it"},
        {"edge": ""},
    ],
)
def test_an_incomplete_form_does_nothing(
    world: World, boss: Client, changes: dict[str, object]
) -> None:
    awaiting(world)
    assert give(boss, world, "force", **changes).status_code == 400
    assert CheckoutInbox.objects.count() == LogEntry.objects.count() == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_checkout_is_not_found(world: World, boss: Client, command: str) -> None:
    assert boss.get(f"{LIST}{uuid4()}/{command}/").status_code == 404
    awaiting(world)
    assert boss.delete(there(world, command)).status_code == 405


def test_a_command_needs_its_token(world: World, boss: Client) -> None:
    awaiting(world)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = boss.cookies
    assert give(strict, world, "abort").status_code == 403
    assert CheckoutInbox.objects.count() == 0
