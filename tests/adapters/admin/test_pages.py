"""What staff sees: the list with its filters and search, and the detail in every state."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import LIST, there
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import STAGES, another, awaiting, completed


def listed(boss: Client, **query: str) -> int:
    """How many checkouts the list shows."""
    answer = boss.get(LIST, query)
    assert answer.status_code == 200
    return int(answer.context["cl"].result_count)


@pytest.mark.parametrize("state", STAGES)
def test_list_and_detail_in_every_state(world: World, boss: Client, state: str) -> None:
    STAGES[state](world)
    page = boss.get(LIST).content.decode()
    assert str(world.id)[:8] in page
    detail = boss.get(there(world)).content.decode()
    assert f"is {state}, version {world.checkout.version}" in detail
    for effect in world.checkout.effects.values():
        assert effect.key in detail
    for passage in world.checkout.history:
        assert f"version {passage.version}, {passage.edge}" in detail


def test_the_list_says_amount_and_money(world: World, boss: Client) -> None:
    completed(world)
    page = boss.get(LIST).content.decode()
    assert "€29.90" in page
    assert "charged" in page


def test_search(world: World, boss: Client) -> None:
    completed(world)
    first = world.id
    another(world, "cart-2")
    assert listed(boss) == 2
    for term in (str(first), str(first)[:8], "cart-1", "order-1", "pay_1", "Ada@Example.org"):
        assert listed(boss, q=term) == 1, term
    for term in ("nobody@example.org", "%", "' or 1=1", "ZZZ", str(uuid4())):
        assert listed(boss, q=term) == 0, term


def test_filters(world: World, boss: Client) -> None:
    awaiting(world)
    assert listed(boss, state="awaiting_payment") == 1
    assert listed(boss, state="completed") == 0
    assert listed(boss, attention="yes") == listed(boss, stuck="yes") == 0
    CheckoutSession.objects.filter(pk=world.row.pk).update(needs_attention="retrying")
    assert listed(boss, attention="yes") == 1
    world.shift(100)
    assert listed(boss, stuck="yes") == 1


@pytest.mark.parametrize("wrong", ["2a566121-4260-4737-a9d7-b4a12da3b823", "nonsense", "1"])
def test_an_unknown_checkout_is_not_found(world: World, boss: Client, wrong: str) -> None:
    assert boss.get(f"{LIST}{wrong}/change/").status_code == 404


def test_what_people_wrote_is_escaped(world: World, boss: Client) -> None:
    awaiting(world)
    world.order("abort", reason="<script>alert(1)</script>")
    assert "<script>alert" not in boss.get(there(world)).content.decode()


@pytest.mark.parametrize(("role", "whole"), [("view", False), ("force", False), ("payload", True)])
def test_mail_addresses_need_a_right(world: World, role: str, whole: bool) -> None:
    awaiting(world)
    world.order("annotate", actor="user:1", reason="write to Ada@example.org or Bo@example.net")
    world.tick()
    client = someone(role)
    found = re.findall(r"[\w•]+@example\.\w+", client.get(there(world)).content.decode())
    whose = {"ada@example.org", "Ada@example.org", "Bo@example.net"}
    assert set(found) == (whose if whole else {"a•••@example.org", "B•••@example.net"})
    assert whole or not whose & set(
        re.findall(r"[\w•.]+@[\w.]+", client.get(LIST).content.decode())
    )
