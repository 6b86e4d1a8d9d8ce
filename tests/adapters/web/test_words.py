"""Every failure code has its words, and no money line promises more than is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from checkout.adapters.inbound.web import words
from checkout.adapters.inbound.web.fragment import address, announcement, render_fragment
from checkout.adapters.inbound.web.screen import screen
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.checkout_saga import FLOW

NOT_CHARGED = "You have not been charged."


def view(state: str, code: str = "", money: str = "not_charged", **more: Any) -> ProgressView:
    """A read model as the engine would commit it."""
    body = {
        "state": state,
        "steps": [
            {"step": s.name, "status": "failed", "started_at": "", "finished_at": ""} for s in FLOW
        ],
        "money": {"status": money, "amount": 2990, "currency": "EUR"},
        "payment": {"attempt": 1, "action": None, "closed": False, "error": None},
        "failure": {"code": code, "message": "", "detail": {}} if code else None,
        "order": None,
        "expires_at": None,
        **more,
    }
    now = datetime.now(UTC)
    return ProgressView(CheckoutId(UUID(int=1)), 3, state, body, None, now, now)


@pytest.mark.parametrize("code", sorted(words.OUTCOMES))
def test_a_failure_has_a_heading_a_reason_and_one_way_on(code: str) -> None:
    shown = screen(view("aborted", code))
    told = words.OUTCOMES[code]
    assert (shown.heading, shown.lead) == (told.heading, told.lead)
    assert (shown.action, shown.action_label) == (told.to, told.action)
    html, _shown = render_fragment(view("aborted", code))
    assert html.count('class="button') == 1
    assert "charged" not in shown.lead


def test_an_unknown_code_is_told_without_naming_it() -> None:
    html, shown = render_fragment(view("aborted", "brand_new_code"))
    assert shown.heading == words.OTHERWISE.heading
    assert "brand_new_code" not in html


@pytest.mark.parametrize("state", ["awaiting_payment", "aborting", "aborted"])
def test_while_we_do_not_know_nobody_is_led_to_pay_again(state: str) -> None:
    html, shown = render_fragment(view(state, "timed_out", "checking"))
    assert NOT_CHARGED not in html
    assert shown.money["kind"] == "unknown"
    assert shown.action in ("", "shop")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("not_charged", NOT_CHARGED),
        ("authorised", "€29.90 is reserved on your card,"),
        ("charged", "You paid €29.90."),
        ("refunding", "€29.90 is going back to you."),
        ("refunded", "€29.90 was given back to you."),
    ],
)
def test_the_money_line_says_what_is_known(status: str, said: str) -> None:
    html, _shown = render_fragment(view("aborted", "order_refused", status))
    assert said in html
    assert (NOT_CHARGED in html) is (status == "not_charged")


def test_only_refunds_and_declines_interrupt() -> None:
    refund = screen(view("aborted", "order_refused", "refunding"))
    assert 'id="say-now"' in announcement(refund)
    given_back = screen(view("completed", order="HP-1", money="refunding"))
    assert 'id="say-now"' in announcement(given_back)
    quiet = screen(view("aborted", "cancelled_by_shopper"))
    assert 'id="say"' in announcement(quiet)


def test_what_is_spoken_is_one_clean_line() -> None:
    spoken = screen(view("payment_confirmed", money="authorised")).say
    assert spoken.startswith("Creating your order. ")
    assert " is reserved on your card, not taken yet. Step " in spoken
    assert ".." not in spoken


def test_what_has_ended_is_at_no_step_and_says_its_heading_once() -> None:
    ended = screen(view("completed", order="HP-1", money="charged"))
    assert "HP-1" in ended.say
    assert ended.heading not in ended.say
    undone = screen(view("aborting", "cancelled_by_shopper"))
    assert "tep" not in ended.say + undone.say + undone.title


def test_an_address_is_written_as_on_a_parcel() -> None:
    delivery = {
        "shipping": "standard",
        "name": "Ada Lovelace",
        "street": "Hafenstr. 1",
        "postcode": "20457",
        "city": "Hamburg",
        "country": "DE",
    }
    assert address(delivery) == ["Ada Lovelace", "Hafenstr. 1", "20457 Hamburg", "Germany"]
    assert address({"shipping": "pickup"}) == []
