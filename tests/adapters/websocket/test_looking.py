"""Whose the open pages are is looked at in turn: all in time, a few at once, and none for another."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from checkout.adapters.inbound.access import Actor
from checkout.adapters.inbound.websocket.looking import (
    AT_ONCE,
    KNOWN_FOR_SECONDS,
    RESTS_SECONDS,
    ROUND_SECONDS,
    Rota,
    look,
)
from checkout.domain.exceptions import StorageUnavailable
from checkout.domain.value_objects.checkout_id import CheckoutId, new_checkout_id
from checkout.testing.proof.world import World
from tests.adapters.websocket.test_pushes import Page, started


class Theirs(Page):
    """A page that somebody has opened."""

    def __init__(self, checkout_id: CheckoutId, owner: str = "browser") -> None:
        super().__init__(checkout_id)
        self.checked, self.owner = 0.0, owner

    def speaks_for(self) -> Actor | None:
        """Its opener, or nobody any more."""
        if self.owner == "broken":
            raise KeyError("a session that cannot be read")
        return Actor(owner_id=self.owner) if self.owner else None


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many checkouts each query asked."""
    found: list[int] = []
    queries = world.services.queries
    ownerships = queries.ownerships

    def noted(ids: Iterable[CheckoutId]) -> Any:
        found.append(len(list(ids)))
        return ownerships(ids)

    monkeypatch.setattr(queries, "ownerships", noted)
    return found


async def test_some_share_a_query_and_each_gets_its_own_answer(
    world: World, asked: list[int]
) -> None:
    mine, theirs = await started(world, 2)
    pages = [Theirs(mine), Theirs(mine, "another"), Theirs(theirs), Theirs(mine, "")]
    pages.append(Theirs(new_checkout_id()))
    assert await look(pages) == [pages[0], pages[2]]
    assert [page.away for page in pages] == [False, True, False, True, True]
    assert [page.checked > 0 for page in pages] == [True, False, True, False, False]
    assert asked == [5]


async def test_one_that_cannot_be_read_is_no_reason_for_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (mine,) = await started(world, 1)
    pages = [Theirs(mine), Theirs(mine, "broken"), Theirs(mine, "another")]
    with caplog.at_level(logging.WARNING):
        assert await look(pages) == pages[:1]
    assert [page.away for page in pages] == [False, False, True]
    assert "nobody knows whose" in caplog.text


async def test_nobody_is_sent_away_while_nobody_knows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(ids: Any) -> Any:
        raise StorageUnavailable("away")

    (mine,) = await started(world, 1)
    page = Theirs(mine)
    monkeypatch.setattr(world.services.queries, "ownerships", away)
    assert await look([page]) == []
    assert not page.away


def test_all_have_their_turn_in_time() -> None:
    """Ten thousand pages that were opened at once: each look takes as long as it may."""
    rota, count = Rota(), 10_000
    pages = [Theirs(new_checkout_id()) for _ in range(count)]
    for page in pages:
        rota.add(page)
    rounds = 0
    seen: set[Theirs] = set()
    while len(seen) < count:
        turn = rota.next()
        assert len(turn) <= AT_ONCE
        seen.update(page for page in pages[rounds * AT_ONCE :][:AT_ONCE] if page in turn)
        rounds += 1
    assert rounds * rota.pause() <= ROUND_SECONDS + 1
    assert ROUND_SECONDS + AT_ONCE < KNOWN_FOR_SECONDS


def test_who_was_looked_at_just_now_rests() -> None:
    rota, page = Rota(), Theirs(new_checkout_id())
    rota.add(page)
    page.checked = float("inf")
    assert rota.next() == []
    rota.rests = float("-inf")
    page.checked = 0.0
    assert rota.next() == [page]
    rota.discard(page)
    assert rota.next() == []
    assert RESTS_SECONDS < ROUND_SECONDS


def test_who_was_looked_at_for_a_push_holds_up_nobody() -> None:
    rota = Rota()
    first = [Theirs(new_checkout_id()) for _ in range(AT_ONCE)]
    last = Theirs(new_checkout_id())
    for page in (*first, last):
        rota.add(page)
    for page in first:
        page.checked = float("inf")  # just now
    assert rota.next() == []
    assert rota.next() == [last]


async def test_a_round_is_in_the_order_of_the_looks(world: World) -> None:
    rota = Rota()
    pages = [Theirs(each) for each in await started(world, 3)]
    for page in pages:
        rota.add(page)
    assert await look(rota.next()) == pages
    assert rota.next() == []
    pages[1].checked = 0.0
    assert rota.next() == [pages[1]]
