"""What travels with a hint: the row as it was committed, signed; and nothing of who buys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.crypto import salted_hmac

from checkout import bootstrap
from checkout.adapters.outbound.messaging import progress_message
from checkout.adapters.outbound.messaging.progress_message import hint_message, row_of
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World


class Kept:
    """ProgressPort that keeps what it is told."""

    def __init__(self) -> None:
        self.rows: list[ProgressRow] = []

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        """Keep it."""
        assert row is not None
        self.rows.append(row)


@pytest.fixture
def rows(transactional_db: None) -> Iterator[list[ProgressRow]]:
    """Every row of a checkout that is paid and completed."""
    kept = Kept()
    with World() as world:
        bootstrap.use(bootstrap.build(world.ports, world.policy, world.bell, kept, world.published))
        world.services = bootstrap.services()
        world.start()
        world.tick()
        world.payments.pay()
        world.order("confirm")
        world.tick()
        yield kept.rows


@pytest.fixture
def row(rows: list[ProgressRow]) -> ProgressRow:
    """The last of them."""
    return rows[-1]


def hint_of(row: ProgressRow) -> dict[str, Any]:
    return hint_message(row.id, row.version, row)


def test_it_comes_as_it_was_committed(rows: list[ProgressRow]) -> None:
    carried = [row for row in rows if row_of(hint_of(row)) is not None]
    assert [row_of(hint_of(row)) for row in carried] == carried
    assert carried[-1].state == "completed"


def test_other_releases_find_what_they_know(row: ProgressRow) -> None:
    """They read on hearing of a version, whatever else stands in the message."""
    plain = {"type": "progress.changed", "checkout": str(row.id), "version": row.version}
    assert hint_message(row.id, row.version) == plain
    assert plain.items() <= hint_of(row).items()
    assert row_of(plain) is None


def test_the_way_to_a_payment_page_does_not_travel(rows: list[ProgressRow]) -> None:
    payable = [row for row in rows if row.body["payment"]["action"]]
    assert payable
    assert not [row for row in payable if "row" in hint_of(row)]


def test_who_buys_does_not_travel(rows: list[ProgressRow]) -> None:
    frozen = [str(hint_of(row)) for row in rows if row.frozen]
    buyer = snapshot().buyer
    assert buyer
    assert not [text for text in frozen for said in buyer.values() if said in text]


@pytest.mark.parametrize(
    "change",
    [
        {"row": ""},
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "\N{BLACK STAR}"},
        {"signature": None},
        {"row": None},
        {"row": b"{}"},
        {"row": 7},
        {"row": "\ud800"},
        {"signature": "\ud800"},
    ],
)
def test_what_is_not_signed_is_read(row: ProgressRow, change: dict[str, Any]) -> None:
    assert row_of({**hint_of(row), **change}) is None


def test_what_was_changed_on_the_way_is_read(row: ProgressRow) -> None:
    hint = hint_of(row)
    other = hint["row"].replace("charged", "refunded")
    assert other != hint["row"]
    assert row_of({**hint, "row": other}) is None
    assert row_of({**hint, "row": hint["row"][:-1]}) is None, "cut off"


def test_what_was_signed_with_another_key_is_read(row: ProgressRow, settings: Any) -> None:
    hint = hint_of(row)
    settings.SECRET_KEY = "another" * 10
    assert row_of(hint) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '{"form": 2}', '{"form": 1}'])
def test_a_form_that_is_not_known_is_read(text: str) -> None:
    """Signed by us, in a release that writes something else."""
    assert row_of({"row": text, "signature": progress_message._signature(text)}) is None


def test_what_a_later_release_adds_is_passed_over(row: ProgressRow) -> None:
    hint = hint_of(row)
    text = json.dumps({**json.loads(hint["row"]), "more": 1})
    assert row_of({"row": text, "signature": progress_message._signature(text)}) == row


def test_what_is_too_long_is_read(row: ProgressRow, monkeypatch: pytest.MonkeyPatch) -> None:
    hint = hint_of(row)
    monkeypatch.setattr(progress_message, "MOST_CHARACTERS", len(hint["row"]) - 1)
    assert "row" not in hint_of(row)
    assert row_of(hint) is None


def test_the_signature_is_no_signature_of_anything_else(row: ProgressRow) -> None:
    text = hint_of(row)["row"]
    elsewhere = salted_hmac("another use", text, algorithm="sha256").hexdigest()
    assert row_of({"row": text, "signature": elsewhere}) is None
