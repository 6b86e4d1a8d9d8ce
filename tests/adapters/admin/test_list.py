"""The list of checkouts: filters, search and pages, each of them by an index and in few queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from checkout.adapters.inbound.admin import counting, filters, listing, searching
from checkout.adapters.inbound.admin.checkout_admin import CheckoutAdmin
from checkout.adapters.outbound.persistence.models import CheckoutProgress, CheckoutSession
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import LIST
from tests.adapters.commands.conftest import another, awaiting, completed


def shown(client: Client, **query: str) -> Any:
    """The list as the view made it."""
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return answer.context["cl"]


def ids(page: Any) -> list[str]:
    """The checkouts of a page, in its order."""
    return [str(row.pk) for row in page.result_list]


def follow(client: Client, address: str) -> Any:
    """The page behind a link of the list."""
    return client.get(f"{LIST}{address}").context["cl"]


def copies(world: World, many: int, **changes: Any) -> list[str]:
    """So many like this one, each two a moment older than the two before; their ids, newest first."""
    row: dict[str, Any] = dict(CheckoutSession.objects.filter(pk=world.known).values().get())
    body = CheckoutProgress.objects.get(pk=world.id).body
    rows = []
    for n in range(many):
        moment = row["created_at"] - timedelta(milliseconds=1 + n // 2)
        own = {"id": uuid4(), "cart": f"copy-{n}", "created_at": moment}
        rows.append(CheckoutSession(**{**row, **own, **changes}))
    CheckoutSession.objects.bulk_create(rows)
    CheckoutProgress.objects.bulk_create(
        CheckoutProgress(
            checkout=made, version=1, state=made.state, body=body, updated_at=made.created_at
        )
        for made in rows
    )
    return [str(r.pk) for r in sorted(rows, key=lambda r: (r.created_at, r.pk.hex), reverse=True)]


def test_owed_is_what_is_not_back_yet(world: World, boss: Client) -> None:
    completed(world)
    assert ids(shown(boss, owed="yes")) == []
    world.payments.pending_refunds = True
    world.order("refund", actor="user:1", amount=500)
    world.tick()
    page = boss.get(LIST, {"owed": "yes"})
    assert ids(page.context["cl"]) == [str(world.id)]
    assert "Owed or on its way back (1)" in page.content.decode()
    world.payments.pending_refunds = False
    world.shift(3600)
    world.tick()
    assert ids(shown(boss, owed="yes")) == []


def test_filters_combine_and_count(world: World, boss: Client) -> None:
    awaiting(world)
    world.order("hold", actor="user:1")
    world.tick()
    held = str(world.id)
    another(world, "cart-2")
    aborted_one = world.known
    world.tick()
    world.order("abort")
    world.tick()
    CheckoutSession.objects.filter(pk=aborted_one).update(needs_attention="bug")
    page = boss.get(LIST, {"on_hold": "yes"})
    assert ids(page.context["cl"]) == [held]
    text = page.content.decode()
    for said in ("On hold (1)", "Needs attention (1)", "Not at its end (1)", "Started (0)"):
        assert said in text, said
    assert ">on hold<" in text
    assert ids(shown(boss, state="live")) == [held]
    assert ids(shown(boss, state="aborted", attention="yes")) == [str(aborted_one)]
    assert ids(shown(boss, state="live", attention="yes")) == []
    assert ids(shown(boss, q="cart-2", on_hold="yes")) == []


def test_the_search_reads_what_was_read_out(world: World, boss: Client) -> None:
    completed(world)
    first = str(world.id)
    another(world, "cart-2")
    for term in ("ORDER-1", " ada@EXAMPLE.org ", first.upper(), first[:10], first[:4], "cart-1"):
        assert ids(shown(boss, q=term)) == [first], term
    for term in (first[:3], "cart", "order", "ada", f"{first}0", "x" * 5000, "@"):
        assert ids(shown(boss, q=term)) == [], term


def test_a_search_that_cannot_be_read_says_so(world: World, boss: Client) -> None:
    awaiting(world)
    assert "Null characters are not allowed." in boss.get(LIST, {"q": "\0"}).content.decode()


def test_a_search_says_that_it_ends_somewhere(
    world: World, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST", 3)
    completed(world)
    copies(world, 5)
    page = boss.get(LIST, {"q": "ada@example.org"})
    assert len(ids(page.context["cl"])) == 3
    assert "only the 3 newest" in page.content.decode()


def test_pages_show_every_row_once_in_both_directions(
    world: World, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CheckoutAdmin, "list_per_page", 4)
    completed(world)
    everything = [str(world.id), *copies(world, 10)]
    page, seen = shown(boss, state="completed"), []
    assert not page.newer
    while True:
        seen += ids(page)
        if not page.older:
            break
        copies(world, 1, created_at=world.row.created_at + timedelta(hours=1), state="aborted")
        page = follow(boss, page.older)
    assert seen == everything
    for first in (4, 0):
        page = follow(boss, page.newer)
        assert ids(page) == everything[first : first + 4]
    assert not page.newer
    assert "state=completed" in page.older


@pytest.mark.parametrize("place", ["", "nonsense", "1-2", "9" * 30 + "-" + "0" * 32, "-", "٣-٣"])
@pytest.mark.parametrize("name", ["before", "after", "p", "o", "all", "return_url__regex"])
def test_what_means_nothing_leads_to_the_first_page(
    world: World, boss: Client, name: str, place: str
) -> None:
    awaiting(world)
    assert ids(shown(boss, **{name: place})) == [str(world.id)]


def test_a_page_beyond_the_last_row_is_the_first(world: World, boss: Client) -> None:
    awaiting(world)
    beyond = str(listing.Place(world.row.created_at - timedelta(days=1), uuid4()))
    assert ids(shown(boss, before=beyond)) == [str(world.id)]
    assert ids(shown(boss, after=beyond)) == [str(world.id)]


def test_a_full_page_needs_no_more_queries_than_a_row(
    world: World, boss: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    completed(world)
    boss.get(LIST)  # the session and the content type are remembered from here on
    with CaptureQueriesContext(connection) as alone:
        boss.get(LIST)
    assert len(alone) <= 10
    copies(world, 20)
    with django_assert_num_queries(len(alone)):
        boss.get(LIST)


def test_many_are_not_counted(world: World, boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [counting.in_figures(n) for n in (0, 7, 1000, 1001)] == ["0", "7", "1,000", "1,000+"]
    assert [counting.rounded(n) for n in (1001, 1_234_567)] == ["about 1,000", "about 1,230,000"]
    monkeypatch.setattr(CheckoutAdmin, "list_per_page", 2)
    for module in (counting, listing, filters):
        monkeypatch.setattr(module, "MOST", 3)
    completed(world)
    copies(world, 8)
    page = boss.get(LIST, {"state": "completed"})
    assert page.context["cl"].counted == "3+"
    assert "Select all 3+ checkouts" in page.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    about = "about 9" if connection.vendor == "postgresql" else "3+"
    assert shown(boss).counted == about


def test_one_bad_row_hides_no_other(world: World, boss: Client) -> None:
    completed(world)
    copies(world, 2)
    CheckoutSession.objects.filter(cart="copy-0").update(snapshot={"buyer": None}, payments={})
    CheckoutProgress.objects.filter(checkout__cart="copy-1").delete()
    page = boss.get(LIST)
    assert len(ids(page.context["cl"])) == 3
    for said in ("unreadable", "not known", "charged"):
        assert said in page.content.decode()
