"""The timeline: everything that is stored, in chapters that a person can read, for a few queries."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checkout.adapters.inbound.admin.privacy import NEEDED, Reader
from checkout.adapters.inbound.admin.timeline import Story, story
from checkout.adapters.inbound.admin.words import People, span
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
)
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import there
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import STORIES, awaiting, completed

MOST_QUERIES = 27


def told(world: World, whole: bool = True) -> Story:
    """The story of the checkout."""
    return story(world.row, Reader(whole, "ada@example.org"), read_now())


@pytest.mark.parametrize("name", STORIES)
def test_everything_stands_in_it_once_and_in_its_state(world: World, name: str) -> None:
    STORIES[name](world)
    row, found = world.row, told(world)
    inside = [entry for chapter in found.chapters for entry in chapter.entries]
    kinds = [entry.kind for entry in inside]
    moves = [p for p in row.history.all() if p.source != p.target]
    assert kinds.count("call") == row.effects.count()
    assert kinds.count("command") + kinds.count("message") == row.inbox.count()
    assert kinds.count("event") == row.outbox.count()
    assert kinds.count("change") + kinds.count("note") == row.history.count() - len(moves)
    assert [chapter.opening.state for chapter in found.chapters] == [p.target for p in moves]
    for chapter in found.chapters:
        times = [chapter.opening.at, *(entry.at for entry in chapter.entries)]
        assert times[1:] == sorted(times[1:])
    assert found.chapters[-1].opening.state == world.state


def test_an_event_stands_behind_the_change_that_it_tells_of(world: World) -> None:
    completed(world)
    first = {
        chapter.opening.state: next(e.what for e in chapter.entries if e.kind == "event")
        for chapter in told(world).chapters
    }
    assert first["cart_frozen"] == "cart_frozen"
    assert first["inventory_reserved"] == "inventory_reserved"
    assert first["completed"] == "checkout_completed"


def test_calls_messages_and_events_say_how_long_they_took(world: World) -> None:
    awaiting(world)
    at = world.row.created_at + timedelta(hours=1)
    world.post("evt_7")
    world.deliver()
    call = CheckoutEffect.objects.get(name="payments.initiate")
    CheckoutEffect.objects.filter(pk=call.pk).update(
        intended_at=at, answered_at=at + timedelta(seconds=1.23), tries=3
    )
    CheckoutInbox.objects.update(
        received_at=at, applied_at=at + timedelta(milliseconds=320), outcome="applied"
    )
    CheckoutOutbox.objects.filter(name="checkout_started").update(sent_at=None)
    said = [entry for chapter in told(world).chapters for entry in chapter.entries]
    by_name = {entry.what: entry for entry in said}
    assert "3 tries, answered after 1.2 s" in by_name["payments.initiate"].details
    assert call.key in by_name["payments.initiate"].details
    assert by_name["payment"].details[0] == "applied after 320 ms"
    assert by_name["payment"].who == "the provider (evt_7)"
    assert by_name["checkout_started"].said == "not sent yet"
    assert by_name["payment_initiated"].said.startswith("sent after")


def test_actors_are_people(world: World) -> None:
    mira = User.objects.create(username="mira")
    named = People([f"user:{mira.pk}", "user:999", "shopper", "user:²", "user:x"]).named
    assert named(f"user:{mira.pk}") == "mira"
    assert named("user:999") == "user 999, who is gone"
    assert named("shopper") == "the shopper"
    assert named("system:sweep") == "the sweep"
    assert named("system:of-tomorrow") == "system:of-tomorrow"


def test_a_latency_has_the_unit_that_it_needs() -> None:
    spans = (0.0, 0.32, 0.9999, 1.23, 59.9, 60, 3725)
    assert [span(s) for s in spans] == [
        *("0 ms", "320 ms", "1.0 s", "1.2 s", "59.9 s", "1 min", "1 h 2 min")
    ]


def test_notes_stand_in_a_block_of_their_own_newest_first(world: World, boss: Client) -> None:
    awaiting(world)
    mira = User.objects.create(username="mira")
    assert "<h2>Notes</h2>" not in boss.get(there(world)).content.decode()
    for text in ("the first", "the <second>"):
        world.order("annotate", actor=f"user:{mira.pk}", reason=text)
        world.later(1)
    page = boss.get(there(world)).content.decode()
    block = page.partition("<h2>Notes</h2>")[2].partition("</ul>")[0]
    assert block.index("the &lt;second&gt;") < block.index("the first")
    assert block.count("mira") == 2


@pytest.mark.parametrize(
    ("role", "reads"), [("view", False), ("operate", False), ("payload", True)]
)
def test_payloads_need_a_right(world: World, role: str, reads: bool) -> None:
    completed(world)
    page = someone(role).get(there(world)).content.decode()
    assert ("<summary>Payload</summary>" in page) == reads
    assert (NEEDED in page) == (not reads)
    assert ("&quot;currency&quot;: &quot;EUR&quot;" in page) == reads


def test_no_secret_of_ours_is_shown(world: World, boss: Client) -> None:
    completed(world)
    effect = CheckoutEffect.objects.filter(name="payments.initiate")
    effect.update(result={"client_secret": "pi_1_secret_2", "url": "https://x.example/?key=k3y"})
    page = boss.get(there(world)).content.decode()
    assert "client_secret" in page
    for secret in ("pi_1_secret_2", "k3y"):
        assert secret not in page


def test_a_long_story_costs_no_more_queries(world: World, boss: Client) -> None:
    completed(world)
    world.order("annotate", actor="user:1", reason="names are looked up")
    world.tick()
    boss.get(there(world))
    with CaptureQueriesContext(
        connection,
    ) as short:
        boss.get(there(world))
    _lengthen(world)
    with CaptureQueriesContext(connection) as long:
        page = boss.get(there(world)).content.decode()
    assert page.count('class="checkout-entry ') > 200
    assert len(long) == len(short) <= MOST_QUERIES


def _lengthen(world: World) -> None:
    """Fifty more rows in each journal, by fifty people."""
    row, at = world.row, world.row.entered_at
    people = User.objects.bulk_create(User(username=f"staff-{n}") for n in range(50))
    CheckoutEffect.objects.bulk_create(
        CheckoutEffect(
            checkout=row,
            name="inventory.extend",
            generation=n + 2,
            key=f"long-{n}",
            outcome="done",
            intended_at=at,
            answered_at=at,
        )
        for n in range(50)
    )
    CheckoutHistory.objects.bulk_create(
        CheckoutHistory(
            checkout=row,
            version=row.version + 1 + n,
            edge="annotate",
            source=row.state,
            target=row.state,
            actor=f"user:{person.pk}",
            at=at,
        )
        for n, person in enumerate(people)
    )
    CheckoutInbox.objects.bulk_create(
        CheckoutInbox(
            checkout=row,
            source="provider:x",
            message_id=f"long-{n}",
            kind="payment",
            actor=f"user:{person.pk}",
            received_at=at,
            applied_at=at,
            outcome="applied",
        )
        for n, person in enumerate(people)
    )
    CheckoutOutbox.objects.bulk_create(
        CheckoutOutbox(
            checkout=row, sequence=100 + n, event_id=uuid4(), name="x", data={}, at=at, sent_at=at
        )
        for n in range(50)
    )
