"""Bulk recovery in the admin: chosen from the list, tried out, confirmed, watched, stopped."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from checkout.adapters.outbound.persistence.models import BulkRecovery, CheckoutInbox
from checkout.application.ports.outbound.bulk_port import NewJob
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import LIST
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import another, awaiting, completed

HERE = "/admin/checkout/bulkrecovery/"
CHOOSE = f"{HERE}choose/"


@pytest.fixture
def three(world: World) -> list[UUID]:
    """One that waits for an order, one that waits for its shopper, one that has ended."""
    completed(world)
    ended = world.known
    another(world, "cart-2")
    world.tick()
    waits = world.known
    another(world, "cart-3")
    world.tick()
    world.payments.pay()
    world.orders.trouble("place", "unavailable", 3)
    world.order("confirm")
    world.tick()
    return [world.known, waits, ended]


def chosen(client: Client, ids: list[UUID], command: str = "retry_now", **more: Any) -> Any:
    """Send the page on which the command is chosen."""
    form = {"command": command, "job": str(uuid4()), **more}
    return client.post(f"{CHOOSE}?ids={','.join(pk.hex for pk in ids)}", form)


def page_of(answer: Any) -> str:
    assert answer.status_code == 302, answer.content.decode()
    return urlsplit(answer.headers["Location"]).path.removesuffix("change/")


def tried_out(world: World, client: Client, ids: list[UUID], command: str = "retry_now") -> str:
    """The address of a job whose dry run is over."""
    where = page_of(chosen(client, ids, command))
    while world.services.recovery.work():
        pass
    return where


def shown(client: Client, where: str, query: str = "") -> str:
    answer = client.get(f"{where}change/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def job() -> BulkRecovery:
    return BulkRecovery.objects.get()


# The whole way -------------------------------------------------------------------------------


def test_from_the_list_to_the_last_row(world: World, boss: Client, three: list[UUID]) -> None:
    ticked = {"action": "recover", "_selected_action": [str(pk) for pk in three]}
    there = boss.post(LIST, ticked).headers["Location"]
    page = boss.get(there).content.decode()
    assert "3 checkouts" in page
    assert "chosen by hand" in page
    where = page_of(boss.post(there, {"command": "retry_now", "job": str(uuid4())}))
    text = shown(boss, where)
    assert "Tried out: 0 of 3" in text
    assert 'http-equiv="refresh"' in text
    while world.services.recovery.work():
        pass
    text = shown(boss, where)
    for said in (
        "1 checkout can be given it, and then is completed.",
        "1 checkout can be given it, and then is awaiting payment.",
        "1 checkout needs nothing any more: It is completed, and nothing is open.",
        "Place 1 order.",
        "Take €29.90.",
        "1 × checkout_completed",
        "sends 1 mail to shoppers",
    ):
        assert said in text, said
    assert CheckoutInbox.objects.filter(kind="retry_now").count() == 0
    answer = boss.post(f"{where}confirm/", {"reason": "the orders answer again"})
    assert answer.status_code == 302
    world.orders.forget_troubles()
    for _ in range(4):
        world.services.recovery.work()
        world.work()
    text = shown(boss, where)
    assert "Through: 2 of 2" in text
    assert "<b>1</b> completed" in text
    assert "<b>1</b> awaiting payment" in text
    assert "the orders answer again" in text
    assert job().phase == "done"
    assert [e.action_flag for e in LogEntry.objects.filter(object_id=job().pk)] == [2, 1]
    assert "the orders answer again" in boss.get(f"{where}history/").content.decode()
    listed = boss.get(HERE).content.decode()
    assert "Retry now, 3 checkouts" in listed
    assert "2 applied" in listed


def test_all_that_match_the_filter(world: World, boss: Client, three: list[UUID]) -> None:
    page = boss.get(LIST, {"attention": "no"}).content.decode()
    assert f"{CHOOSE}?attention=no" in page
    across = {"action": "recover", "_selected_action": [str(three[0])], "select_across": "1"}
    there = boss.post(f"{LIST}?q=cart-2", across).headers["Location"]
    assert there == f"{CHOOSE}?q=cart-2"
    assert "search: cart-2" in boss.get(there).content.decode()
    page_of(boss.post(there, {"command": "hold", "job": str(uuid4())}))
    assert [row.checkout_id for row in job().rows.all()] == [three[1]]
    assert "3 checkouts" in boss.get(CHOOSE).content.decode()


def test_the_rows_are_shown_by_result_and_by_page(
    world: World, boss: Client, three: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkout.adapters.inbound.admin.bulk.showing.ROWS", 1)
    where = tried_out(world, boss, three)
    assert "Page 1 of 3" in shown(boss, where)
    assert "Page 2 of 2" in shown(boss, where, "?result=ready&page=2")
    only = shown(boss, where, "?result=already")
    assert str(three[2])[:8] in only
    assert str(three[0])[:8] not in only
    assert "Page 1 of 3" in shown(boss, where, "?result=nonsense&page=nonsense")


def test_the_page_follows_by_itself_until_the_phase_is_over(
    world: World, boss: Client, three: list[UUID]
) -> None:
    where = page_of(chosen(boss, three))
    text = shown(boss, where)
    assert f'hx-get="{where}progress/?phase=rehearsing" hx-trigger="every 2s"' in text
    answer = boss.get(f"{where}progress/", {"phase": "rehearsing"})
    assert answer.status_code == 200
    assert "HX-Refresh" not in answer.headers
    world.services.recovery.work()
    assert boss.get(f"{where}progress/?phase=rehearsing").headers["HX-Refresh"] == "true"
    assert "hx-get" not in shown(boss, where)


# What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?ids=", "No checkout was chosen"),
        ("?ids=0123456789abcdef0123456789abcdef", "No checkout was chosen"),
        ("?ids=1,2", "That is no list of checkouts"),
        ("?q=nobody@example.org", "No checkout was chosen"),
        ("?attention=yes", "No checkout was chosen"),
    ],
)
def test_a_selection_of_nothing(world: World, boss: Client, query: str, said: str) -> None:
    awaiting(world)
    for answer in (
        boss.get(CHOOSE + query),
        boss.post(CHOOSE + query, {"command": "hold", "job": str(uuid4())}),
    ):
        assert answer.status_code == 400
        assert said in answer.content.decode()
    assert not BulkRecovery.objects.exists()


def test_more_than_is_allowed(boss: Client, three: list[UUID], settings: Settings) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, "BULK_MOST": 2}
    for query in (f"?ids={','.join(pk.hex for pk in three)}", ""):
        answer = boss.post(CHOOSE + query, {"command": "hold", "job": str(uuid4())})
        assert answer.status_code == 400
        assert "More than 2 checkouts" in answer.content.decode()
    assert not BulkRecovery.objects.exists()


@pytest.mark.parametrize(
    "form",
    [{"command": ""}, {"command": "refund"}, {"command": "force"}, {"job": "1"}, {"job": ""}],
)
def test_a_choice_that_is_none(boss: Client, three: list[UUID], form: dict[str, str]) -> None:
    assert chosen(boss, three, **form).status_code == 400
    assert not BulkRecovery.objects.exists()


def test_a_second_click_is_the_first(world: World, boss: Client, three: list[UUID]) -> None:
    known_as = str(uuid4())
    assert page_of(chosen(boss, three, job=known_as)) == page_of(chosen(boss, three, job=known_as))
    assert BulkRecovery.objects.count() == LogEntry.objects.count() == 1
    while world.services.recovery.work():
        pass
    where = f"{HERE}{known_as}/"
    assert boss.post(f"{where}confirm/", {"reason": "mended"}).status_code == 302
    again = boss.post(f"{where}confirm/", {"reason": "mended"})
    assert again.status_code == 409
    assert "It was started already" in again.content.decode()
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("reason", ["", "   ", "x" * 451, "nul\x00"])
def test_a_reason_that_is_none(world: World, boss: Client, three: list[UUID], reason: str) -> None:
    where = tried_out(world, boss, three)
    assert boss.post(f"{where}confirm/", {"reason": reason}).status_code == 400
    assert job().phase == "rehearsed"


def test_what_gives_back_for_many_says_for_how_many(
    world: World, boss: Client, three: list[UUID]
) -> None:
    where = tried_out(world, boss, three, "abort")
    text = shown(boss, where)
    assert "Release 2 units." in text
    assert "2 checkouts cannot be given it: It is too late to cancel" in text
    wrong = boss.post(f"{where}confirm/", {"reason": "recall", "typed": "3"})
    assert wrong.status_code == 400
    assert "It is given to 1, not to 3." in wrong.content.decode()
    assert boss.post(f"{where}confirm/", {"reason": "recall", "typed": "1"}).status_code == 302


def test_it_cannot_be_started_before_after_or_for_nobody(
    world: World, boss: Client, three: list[UUID]
) -> None:
    why = {"reason": "mended"}
    where = page_of(chosen(boss, three))
    early = boss.post(f"{where}confirm/", why)
    assert early.status_code == 409
    assert "still being tried out" in early.content.decode()
    assert boss.post(f"{where}stop/").status_code == 302
    late = boss.post(f"{where}confirm/", why)
    assert late.status_code == 409
    assert "It was stopped." in late.content.decode()
    twice = boss.post(f"{where}stop/")
    assert twice.status_code == 409
    assert "nothing to stop" in twice.content.decode()
    nobody = tried_out(world, boss, three[2:])
    assert "Retry now: start" not in shown(boss, nobody)
    answer = boss.post(f"{nobody}confirm/", why)
    assert answer.status_code == 409
    assert "none of these checkouts can be given" in answer.content.decode()


@pytest.mark.parametrize("name", ["change", "progress", "confirm", "stop", "history"])
def test_an_unknown_one_is_not_found(boss: Client, name: str) -> None:
    send = boss.post if name in ("confirm", "stop") else boss.get
    assert send(f"{HERE}{uuid4()}/{name}/", {"reason": "x"}).status_code in (404, 302)
    assert boss.get(f"{HERE}nonsense/change/").status_code == 404


def test_an_address_is_asked_as_it_is_meant(boss: Client, three: list[UUID]) -> None:
    where = page_of(chosen(boss, three))
    for name in ("confirm", "stop"):
        assert boss.get(f"{where}{name}/").status_code == 405
    for name in ("change", "progress"):
        assert boss.post(f"{where}{name}/").status_code == 405


@pytest.mark.parametrize("role", ["view", "operate", "force"])
def test_only_those_who_may_operate_are_shown_the_way(world: World, role: str) -> None:
    awaiting(world)
    world.services.bulk.choose(NewJob(uuid4(), "retry_now", "all", None, [world.known]))
    client = someone(role)
    listed, page = client.get(LIST).content.decode(), shown(client, f"{HERE}{job().pk}/")
    for text, said in ((listed, "Recover these in bulk"), (page, ">Stop</button>")):
        assert (said in text) == (role == "operate")
    ticked = {"action": "recover", "_selected_action": [str(world.known)]}
    answer = client.post(LIST, ticked)
    assert (CHOOSE in answer.headers.get("Location", "")) == (role == "operate")
