"""`checkout rebuild` folds the read models anew, and never stores what has been overtaken."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from checkout.adapters.outbound.persistence.models import (
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
)
from checkout.adapters.outbound.persistence.repositories.read_model_rebuild import (
    ReadModelRebuild,
)
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.read_models.checkout_progress import project
from checkout.read_models.checkout_summary import summarise
from checkout.testing.proof.world import World
from tests import patience
from tests.adapters.commands.conftest import STAGES, another, awaiting, completed


def rebuild(*words: str) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command("checkout", "rebuild", *words, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def stored(world: World, checkout_id: CheckoutId) -> tuple[Any, ...]:
    """Version, state, progress and receipt, as they are stored."""
    shown = CheckoutProgress.objects.get(pk=checkout_id)
    receipt = CheckoutSummary.objects.filter(pk=checkout_id).values_list("body", flat=True).first()
    return shown.version, shown.state, shown.body, receipt


def folded(world: World, checkout_id: CheckoutId) -> tuple[Any, ...]:
    """The same, folded from the rows by hand."""
    checkout = world.services.repository.load(checkout_id)
    return checkout.version, checkout.state, project(checkout), summarise(checkout)


@pytest.mark.parametrize("state", STAGES)
def test_every_state_is_rebuilt_to_what_is_stored(world: World, state: str) -> None:
    STAGES[state](world)
    assert world.id is not None
    before = stored(world, world.id)
    code, text = rebuild()
    assert (code, text.splitlines()[0]) == (0, "1 examined, 0 differed, 0 rewritten.")
    CheckoutProgress.objects.all().delete()
    CheckoutSummary.objects.all().delete()
    assert rebuild()[0] == 0
    assert stored(world, world.id) == before == folded(world, world.id)


SPOILED: dict[str, Any] = {
    "another body": lambda: CheckoutProgress.objects.update(body={"state": "magic"}),
    "no progress": lambda: CheckoutProgress.objects.all().delete(),
    "an older version": lambda: CheckoutProgress.objects.update(version=F("version") - 1),
    "another state": lambda: CheckoutProgress.objects.update(state="started"),
    "no receipt": lambda: CheckoutSummary.objects.all().delete(),
    "another receipt": lambda: CheckoutSummary.objects.update(body={"total": 1}),
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_spoiled_is_seen_and_put_right(world: World, how: str) -> None:
    completed(world)
    assert world.id is not None
    before = stored(world, world.id)
    SPOILED[how]()
    code, text = rebuild("--check")
    assert code == 1
    assert f"{world.id}: " in text
    assert "1 examined, 1 differed, 0 rewritten." in text
    assert rebuild("--check")[0] == 1  # looking has changed nothing
    code, text = rebuild()
    assert (code, "1 examined, 1 differed, 1 rewritten." in text) == (0, True), text
    assert stored(world, world.id) == before
    assert rebuild("--check")[0] == 0


def test_a_receipt_before_the_end_is_taken_away(world: World) -> None:
    awaiting(world)
    CheckoutSummary.objects.create(checkout=world.row, body={})
    assert rebuild("--check")[0] == 1
    assert rebuild()[0] == 0
    assert not CheckoutSummary.objects.exists()


def test_only_what_is_named_is_rebuilt(world: World) -> None:
    for number in range(3):
        another(world, f"cart-{number}")
    CheckoutProgress.objects.update(body={})
    assert "1 examined, 1 differed, 1 rewritten." in rebuild(str(world.id))[1]
    assert "3 examined, 2 differed, 0 rewritten." in rebuild("--check")[1]


def test_without_names_everything_is_read_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed(world)
    read: list[list[CheckoutId]] = []
    batches = ReadModelRebuild.batches

    def counted(store: ReadModelRebuild, ids: Sequence[CheckoutId] = ()) -> Any:
        read.append(list(ids))
        return batches(store, ids)

    monkeypatch.setattr(ReadModelRebuild, "batches", counted)
    assert rebuild("--check")[0] == 0
    assert read == [[]]


@pytest.mark.parametrize("wrong", ["nonsense", "2a566121-4260-4737-a9d7-b4a12da3b823"])
def test_an_unknown_id_is_a_sentence(world: World, wrong: str) -> None:
    with pytest.raises(CommandError, match=r"no checkout|is a UUID"):
        rebuild(wrong)


def test_what_cannot_be_folded_is_left_alone(world: World) -> None:
    awaiting(world)
    CheckoutProgress.objects.update(body={})
    rows = CheckoutSession.objects.filter(pk=world.row.pk)
    rows.update(definition_version=99)
    code, text = rebuild()
    assert (code, "1 of a foreign definition were left alone" in text) == (0, True)
    rows.update(definition_version=1, state="magic")
    code, text = rebuild()
    assert (code, "its rows cannot be read" in text) == (1, True)
    assert CheckoutProgress.objects.get().body == {}


def test_what_moves_meanwhile_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkout moves between the reading of its rows and the writing of what was folded."""
    awaiting(world)
    assert world.id is not None
    CheckoutProgress.objects.update(body={})
    rewrite, wrote = ReadModelRebuild.rewrite, []

    def late(store: ReadModelRebuild, checkout: Checkout) -> bool:
        if world.checkout.state == "awaiting_payment":
            world.payments.pay()
            world.order("confirm")
            world.tick()
        wrote.append(rewrite(store, checkout))
        return wrote[-1]

    monkeypatch.setattr(ReadModelRebuild, "rewrite", late)
    code, text = rebuild()
    assert (code, wrote) == (0, [False]), text
    assert stored(world, world.id) == folded(world, world.id)
    assert stored(world, world.id)[1] == "completed"


@pytest.fixture
def live(transactional_db: None) -> Iterator[World]:
    """A world that several threads may see."""
    with World() as built:
        yield built


def test_a_live_system_is_rebuilt_while_it_works(live: World) -> None:
    ids = []
    for number in range(8):
        another(live, f"cart-{number}")
        assert live.id is not None
        ids.append(live.id)
    over = threading.Event()

    def spoil_and_rebuild() -> None:
        try:
            while not over.is_set():
                CheckoutProgress.objects.filter(pk__in=ids[::2]).update(body={})
                with suppress(SystemExit):  # it may move as often as it is read
                    rebuild()
        finally:
            connection.close()

    rebuilding = threading.Thread(target=spoil_and_rebuild)
    rebuilding.start()
    try:
        for checkout_id in ids:
            live.services.engine.tick(checkout_id)
            live.services.desk.submit(Command(checkout_id, "abort", "shopper"))
            live.services.engine.tick(checkout_id)
    finally:
        over.set()
        rebuilding.join(patience.SECONDS)
    assert rebuild()[0] == 0
    for checkout_id in ids:
        assert stored(live, checkout_id) == folded(live, checkout_id)
        assert stored(live, checkout_id)[1] == "aborted"
