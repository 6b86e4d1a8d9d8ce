"""What a rehearsal foretells is what happens when the neighbours keep their word; and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutOutbox
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.domain.exceptions import Refused
from checkout.sagas.rehearsal import Outlook
from checkout.testing.proof.world import World
from tests.adapters.commands.conftest import (
    STORIES,
    aborting,
    awaiting,
    completed,
    confirmed,
    frozen,
    started,
)

pytestmark = pytest.mark.django_db
OURS = ("commit", "push", "publish", "enqueue")
GIVEN: dict[str, tuple[str, dict[str, Any]]] = {
    "abort": ("abort", {}),
    "force_abort": ("force", {"edge": "force_abort"}),
    "force_retry_payment": ("force", {"edge": "force_retry_payment"}),
    "retry_now": ("retry_now", {}),
    "recheck": ("recheck", {}),
    "extend": ("extend", {"unlimited": True}),
    "refund": ("refund", {"amount": 990}),
    "hold": ("hold", {}),
    "annotate": ("annotate", {}),
}
FORWARD = ("abort", "force_abort", "retry_now", "hold", "annotate")
MEETINGS = [
    *(
        (story, given)
        for story in ("started", "cart_frozen", "second attempt")
        for given in FORWARD
    ),
    *(("inventory_reserved", given) for given in ("abort", "retry_now")),
    *(("awaiting_payment", given) for given in GIVEN if given != "refund"),
    *(("payment_confirmed", given) for given in ("retry_now", "hold", "abort")),
    *(("completed", given) for given in ("refund", "recheck", "annotate", "abort")),
    *((story, "retry_now") for story in ("aborting", "aborted", "order refused")),
    ("with a coupon", "abort"),
]


@pytest.fixture
def world() -> Iterator[World]:
    """Every neighbour across the network, so that every call is a point."""
    with World(remote=True) as built:
        yield built


def made(world: World, since: int) -> list[str]:
    """The port calls made since then, in their order, a repeated one once."""
    points = [p for p in world.faults[since:] if p.endswith(":before") and not p.startswith(OURS)]
    calls = [".".join(p.split(":")[0].split(".")[:2]) for p in points]
    return [call for n, call in enumerate(calls) if n == 0 or calls[n - 1] != call]


def events(world: World) -> list[str]:
    rows = CheckoutOutbox.objects.filter(checkout=world.id).order_by("sequence")
    return list(rows.values_list("name", flat=True))


def neighbours_answer(world: World) -> None:
    for fake in world.neighbours.values():
        fake.forget_troubles()


def foretold(world: World, kind: str, payload: dict[str, Any]) -> Outlook:
    command = Command(world.known, kind, "user:7", payload={"reason": "stuck", **payload})
    return world.services.rehearsal.outlook(command)


@pytest.mark.parametrize(("story", "given"), MEETINGS)
def test_what_is_foretold_happens(world: World, story: str, given: str) -> None:
    STORIES[story](world)
    neighbours_answer(world)
    (kind, payload), since, before = GIVEN[given], len(world.faults), events(world)
    outlook = foretold(world, kind, payload)
    assert len(world.faults) == since, "a rehearsal reached the real neighbours"
    assert world.checkout.version == len(world.checkout.history)
    try:
        world.order(kind, actor="user:7", reason="stuck", **payload)
    except Refused:
        assert not [e for e in outlook.edges if e in ("annotate", "hold", kind)]
        return
    world.tick()
    if "carts.snapshot" not in made(world, since):  # what is in the cart nobody can foretell
        assert [deed.call for deed in outlook.deeds] == made(world, since)
        assert outlook.events == events(world)[len(before) :]
        assert outlook.checkout.state == world.checkout.state
        assert outlook.checkout.version == world.checkout.version
    assert outlook.certain


def test_money_is_foretold_to_the_cent(world: World) -> None:
    completed(world)
    outlook = foretold(world, "refund", {"amount": 990})
    assert ("payments.refund", 990) in [(deed.call, deed.amount) for deed in outlook.deeds]
    assert sum(deed.amount for deed in outlook.deeds) == 990
    assert outlook.events == ["payment_refunded"]


def test_a_cart_that_is_not_frozen_is_not_guessed(world: World) -> None:
    started(world)
    outlook = foretold(world, "retry_now", {})
    assert [deed.call for deed in outlook.deeds] == ["carts.snapshot"]
    assert outlook.checkout.state == "started"


def test_nothing_is_stored_rung_or_told(world: World, django_assert_num_queries: Any) -> None:
    confirmed(world)
    neighbours_answer(world)
    row, told, rung = world.row, events(world), list(world.bell.rung)
    with django_assert_num_queries(4):  # the row, its journal and history, and the time
        outlook = foretold(world, "retry_now", {})
    assert outlook.checkout.state == "completed"
    assert (world.row.version, world.row.fence, world.row.wake) == (
        row.version,
        row.fence,
        row.wake,
    )
    assert (events(world), list(world.bell.rung)) == (told, rung)


@pytest.mark.parametrize("stage", [frozen, awaiting, confirmed, aborting])
def test_what_is_on_hold_rests_until_it_is_resumed(
    world: World, stage: Callable[[World], None]
) -> None:
    stage(world)
    neighbours_answer(world)
    state = world.state
    world.order("hold", actor="user:7", reason="we look into it")
    world.tick()
    since = len(world.faults)
    world.later(3600)
    assert (world.state, world.row.due_at, made(world, since)) == (state, None, [])
    for kind in ("retry_now", "recheck", "force"):
        with pytest.raises(Refused, match="resumed first"):
            world.order(kind, actor="user:7", edge="force_abort")
    world.order("resume", actor="user:8", reason="all is well")
    world.run_until_quiet()
    assert world.state in ("completed", "aborted")
    notes = [(p.edge, p.actor, p.reason) for p in world.checkout.history]
    assert ("hold", "user:7", "we look into it") in notes
    assert ("resume", "user:8", "all is well") in notes


def test_a_payment_that_came_while_it_was_on_hold_is_an_order(world: World) -> None:
    """The time to pay was over meanwhile: what the provider knows counts, not our clock."""
    awaiting(world)
    world.order("hold", actor="user:7")
    world.tick()
    world.payments.pay()
    world.later(10_000)
    world.order("resume", actor="user:7")
    world.tick()
    assert world.state == "completed"


def test_a_shopper_may_cancel_what_is_on_hold_and_it_waits(world: World) -> None:
    awaiting(world)
    world.order("hold", actor="user:7")
    world.tick()
    world.order("abort")
    since = len(world.faults)
    world.later(60)
    assert (world.state, made(world, since)) == ("aborting", [])
    world.order("resume", actor="user:7")
    world.run_until_quiet()
    assert world.state == "aborted"
    assert not world.inventory.held


def test_a_note_is_a_row_of_the_history_also_after_the_end(world: World) -> None:
    completed(world)
    version = world.checkout.version
    world.order("annotate", actor="user:7", reason="The shopper called.")
    world.tick()
    last = world.checkout.history[-1]
    assert (last.edge, last.reason, last.version) == (
        "annotate",
        "The shopper called.",
        version + 1,
    )
    assert world.state == "completed"
    with pytest.raises(Refused, match="says something"):
        world.order("annotate", actor="user:7", reason=" ")
