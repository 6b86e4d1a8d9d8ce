"""The doctor finds nothing on what is healthy, says what to do, and says what it left out."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from checkout.adapters.inbound.cli import books, catalogue, published
from checkout.adapters.inbound.cli.catalogue import CHECKS
from checkout.adapters.outbound.persistence.models import CheckoutProgress, CheckoutSession
from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
from checkout.adapters.outbound.persistence.repositories.doctor_queries import DoctorQueries
from checkout.testing.proof.world import World
from tests.adapters.commands import audits
from tests.adapters.commands.conftest import AUDITS, STORIES, another, awaiting, completed
from tests.adapters.commands.planted_books import IN_BOOKS
from tests.adapters.commands.planted_journal import IN_JOURNAL
from tests.adapters.commands.planted_rows import IN_ROWS, rows

PLANTED = {**IN_ROWS, **IN_JOURNAL, **IN_BOOKS}
# What is found otherwise than by planting something in one checkout: the tests below.
OTHERWISE = {"attention", "owed", "heartbeat", "audit"}


def doctor(*options: str) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command("checkout", "doctor", *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def asked(*options: str) -> dict[str, Any]:
    """The report, the provider's books included."""
    code, text = doctor("--json", "--ask-provider", *options)
    said: dict[str, Any] = json.loads(text)
    assert code == (0 if said["ok"] else 1)
    return said


def found() -> set[str]:
    """The checks that found something broken."""
    return {finding["check"] for finding in asked()["broken"]}


@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_found_in_any_healthy_state(world: World, story: str) -> None:
    STORIES[story](world)
    code, text = doctor("--ask-provider")
    assert (code, "Nothing to report" in text) == (0, True), text
    assert "1 checkouts examined" in text
    assert "Left out" not in text


def test_an_empty_database_is_fine(world: World) -> None:
    assert doctor()[0] == 0


def test_a_coupon_that_was_spent_is_fine(world: World) -> None:
    STORIES["with a coupon"](world)
    world.payments.pay()
    world.order("confirm")
    world.tick()
    assert world.checkout.state == "completed"
    assert found() == set()
    world.coupons.redeemed.clear()
    assert found() == {"coupons"}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found(world: World, planted: str) -> None:
    story, check, plant = PLANTED[planted]
    STORIES[story](world)
    plant(world)
    said = asked()
    assert check in {finding["check"] for finding in said["broken"]}, said
    assert said["what_to_do"][check] == CHECKS[check].what_to_do


def test_every_check_has_something_planted_for_it() -> None:
    assert {check for _, check, _ in PLANTED.values()} | OTHERWISE == set(CHECKS)


def test_a_secret_is_not_repeated(world: World) -> None:
    completed(world)
    IN_JOURNAL["a card in a reason"][2](world)
    text = doctor()[1]
    assert "the reason of version 2 holds what looks like the number of a card" in text
    assert "4111" not in text


@pytest.mark.parametrize(
    "harmless",
    [
        "order 4111111111111112",
        "4111111111111111.5",
        "1732365600000",
        "2a566121-4260-4737-a9d7-b4a12da3b823",
        "4" * 64,
    ],
)
def test_a_number_that_is_no_card_is_fine(world: World, harmless: str) -> None:
    completed(world)
    rows(CheckoutSession, world).update(failure=None)
    world.row.history.filter(version=2).update(reason=harmless)
    assert found() == set()


def test_stock_that_is_still_held_is_found(world: World) -> None:
    awaiting(world)
    held, until = dict(world.inventory.held), dict(world.inventory.until)
    world.order("abort")
    world.tick()
    world.inventory.held, world.inventory.until = held, until
    assert found() == {"reservations"}


def test_money_on_its_way_back_is_information(world: World) -> None:
    awaiting(world)
    world.payments.sale, world.payments.pending_refunds = True, True
    world.payments.pay()
    world.inventory.stock["mug"] = 0
    world.inventory.lapsed |= set(world.inventory.held)
    world.order("confirm")
    world.tick()
    world.inventory.stock["mug"] = 10
    assert world.checkout.state == "aborted"
    code, text = doctor()
    assert code == 0, text
    assert "owed" in text
    rows(CheckoutSession, world).update(due_at=None)
    assert found() == {"money"}


def test_attention_is_information(world: World) -> None:
    awaiting(world)
    rows(CheckoutSession, world).update(needs_attention="retrying")
    progress = rows(CheckoutProgress, world).get()
    rows(CheckoutProgress, world).update(body={**progress.body, "attention": "retrying"})
    code, text = doctor()
    assert code == 0, text
    assert "asks for staff: retrying" in text


def test_a_missing_sweep_is_broken_as_soon_as_something_waits(world: World) -> None:
    awaiting(world)
    assert "info   heartbeat: no sweep has ever gone round." in doctor()[1]
    world.services.queries.beat("w1")
    assert "sweep" not in doctor()[1]
    world.shift(40)
    assert re.search(r"the last sweep was \d+ s ago, and something is due", doctor()[1])
    assert found() == {"heartbeat", "overdue"}
    world.services.queries.beat("w1")
    assert found() == {"overdue"}


def test_a_relay_that_wakes_up_late_is_not_accused(world: World) -> None:
    """It marks as sent what another relay has sent again meanwhile, and what came after it."""
    world.start()
    world.services.engine.tick(world.known)
    outbox = DjangoOutbox()
    late = outbox.lease_oldest(world.known, 10, 10)
    assert late
    world.shift(11)
    world.services.relay.deliver(world.known)
    outbox.mark_sent([row for row, _ in late])
    assert found() == set()


def test_batches_reach_every_checkout(world: World) -> None:
    for number in range(7):
        another(world, f"cart-{number}")
    seen = [d.id for batch in DoctorQueries().dossiers(None, size=2) for d in batch]
    assert len(seen) == len(set(seen)) == 7
    limited = DoctorQueries()
    assert [len(batch) for batch in limited.dossiers(3, size=2)] == [2, 1]
    assert limited.older() == 4
    assert "7 checkouts examined" in doctor("--all")[1]


def test_what_is_left_out_is_said(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHECKOUT = {**settings.CHECKOUT, "AUDITS": {"payments": AUDITS["payments"]}}
    with world:
        for number in range(5):
            another(world, f"cart-{number}")
        monkeypatch.setattr(published, "can_validate", lambda: False)
        monkeypatch.setattr(DoctorQueries.dossiers, "__defaults__", (2,))
        text = doctor("--seconds", "0")[1]
    assert "2 checkouts examined" in text
    assert "Left out: 3 older checkouts" in text
    assert "does not name: orders, carts, reservations" in text
    assert "the provider's books: --ask-provider" in text
    assert "jsonschema is not installed" in text


def test_what_moves_while_it_is_compared_is_not_accused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledgers are read after the rows: in between, the shop and the checkout have moved on."""
    awaiting(world)
    honest = audits.reservations

    def meanwhile(ids: list[str]) -> audits.Facts:
        world.order("abort")
        world.tick()
        return honest(ids)

    monkeypatch.setattr(audits, "reservations", meanwhile)
    assert found() == set()
    monkeypatch.setattr(audits, "reservations", lambda ids: {})
    assert found() == set()  # aborted, and nothing is held
    completed(world)
    assert found() == {"reservations"}


@pytest.mark.parametrize("name", books.AUDITS)
def test_an_audit_that_breaks_is_a_finding(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    completed(world)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("no books")

    monkeypatch.setattr(audits, name, broken)
    assert found() == {"audit"}
    assert f"'{name}'] broke: ZeroDivisionError: no books" in doctor("--ask-provider")[1]


def test_audits_that_nobody_reads_or_that_go_in_circles_are_findings(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed(world)
    monkeypatch.setattr(audits, "owners", lambda after, most: [str(world.id)])
    assert "does not go on" in doctor()[1]
    settings.CHECKOUT = {**settings.CHECKOUT, "AUDITS": {"shelf": AUDITS["stock"]}}
    with world:
        assert "names 'shelf', which nobody reads" in doctor()[1]


def test_the_document_lists_the_checks(repository: Any) -> None:
    text = (repository / "docs" / "doctor.md").read_text()
    shown = text[text.index(catalogue.BEGIN) + len(catalogue.BEGIN) : text.index(catalogue.END)]
    assert shown.strip() == catalogue.table(), "put `manage.py checkout doctor --list` there"
    assert doctor("--list") == (0, catalogue.table() + "\n")
    for name in books.AUDITS:
        assert f"| `{name}` |" in text
