"""The hosted page: plain forms, a strict policy, and the truth at every moment."""

from __future__ import annotations

import re
from typing import Any

import pytest

from project.provider.outcomes import CARDS, OUTCOMES
from tests.adapters.provider.conftest import RETURN_URL, Merchant


def page(merchant: Merchant, payment: dict[str, Any], status: int = 200) -> str:
    """The text of the hosted page."""
    answer = merchant.http.get(payment["hosted_path"])
    assert answer.status_code == status
    return str(answer.content.decode())


def test_the_page_offers_every_card_and_every_outcome(merchant: Merchant) -> None:
    shown = page(merchant, merchant.create())
    assert "€16.00" in shown
    assert "Demo shop" in shown
    reachable = set(re.findall(r'name="outcome" value="(\w+)"', shown))
    reachable |= {
        CARDS[token].choice.outcome
        for token in re.findall(r'value="(\w+)"', shown)
        if token in CARDS
    }
    assert reachable == set(OUTCOMES)


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "¥1,600"), ("KWD", "KWD1.600")])
def test_amounts_have_the_digits_of_their_currency(
    merchant: Merchant, currency: str, shown: str
) -> None:
    text = page(merchant, merchant.create(currency=currency)).replace("\xa0", "")
    assert f"Pay {shown}" in text


@pytest.mark.parametrize(
    ("return_url", "target"),
    [
        ("https://shop.example:8443/x/", "'self' https://shop.example:8443"),
        ("https://user:pw@shop.example/", "'self' https://shop.example"),
        ("/checkout/1/", "'self'"),
    ],
)
def test_the_page_has_a_strict_policy_and_needs_nothing_inline(
    merchant: Merchant, return_url: str, target: str
) -> None:
    answer = merchant.http.get(merchant.create(return_url=return_url)["hosted_path"])
    policy = dict(
        part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == target
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    shown = answer.content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", shown)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("no_funds", "insufficient_funds"),
        ("declined", "card_declined"),
        ("expired", "expired_card"),
    ],
)
def test_a_bad_card_says_why_and_another_one_works(
    merchant: Merchant, token: str, code: str
) -> None:
    payment = merchant.create()
    answer = merchant.http.post(payment["hosted_path"], {"card": token})
    assert (answer.status_code, answer["Location"]) == (303, payment["hosted_path"])
    error = merchant.look(payment)["last_error"]
    assert error["code"] == code
    assert error["message"] in page(merchant, payment)
    answer = merchant.http.post(payment["hosted_path"], {"card": "approved"})
    assert (answer.status_code, answer["Location"]) == (303, RETURN_URL)
    assert merchant.look(payment)["facts"]["authorised"] == 1600


def test_a_card_that_asks_the_bank_leads_to_the_challenge_and_back(merchant: Merchant) -> None:
    payment = merchant.create()
    challenge = merchant.http.post(payment["hosted_path"], {"card": "bank_asks"})["Location"]
    assert merchant.http.get(payment["hosted_path"])["Location"] == challenge
    assert "Confirm that it is you" in merchant.http.get(challenge).content.decode()
    assert merchant.http.post(challenge, {"answer": "maybe"}).status_code == 400
    assert merchant.http.post(challenge, {"answer": "ok"})["Location"] == RETURN_URL
    assert merchant.http.get(challenge)["Location"] == payment["hosted_path"]


def test_a_second_click_after_three_d_secure_leads_on_to_the_bank(merchant: Merchant) -> None:
    payment = merchant.create()
    merchant.pay(payment, "three_d_secure")
    answer = merchant.pay(payment, "three_d_secure")
    assert answer.status_code == 409
    assert f'href="{payment["hosted_path"]}challenge/"' in answer.content.decode()


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("approve", "Payment authorised"),
        ("decline", "No money was taken"),
        ("never_answer", "Do not pay again"),
        ("pending_approve", "Do not pay again"),
    ],
)
def test_a_second_click_changes_nothing_and_is_told_the_truth(
    merchant: Merchant, outcome: str, says: str
) -> None:
    before = merchant.paid(outcome)
    answer = merchant.pay(before, "approve")
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert says in shown
    assert f'href="{RETURN_URL}"' in shown
    assert merchant.look(before) == before


def test_later_states_are_told_too(merchant: Merchant) -> None:
    payment = merchant.paid(reference="a")
    merchant.act(payment, "capture", 1600)
    assert "Payment complete" in page(merchant, payment)
    merchant.act(payment, "refund", 1600)
    assert "Payment refunded" in page(merchant, payment)
    other = merchant.paid(reference="b")
    merchant.act(other, "void")
    assert "Reservation released" in page(merchant, other)


def test_an_unknown_payment_is_404_in_words(merchant: Merchant) -> None:
    for path in ("pay_none/", "pay_none/challenge/"):
        answer = merchant.http.get(f"/provider/pay/{path}")
        assert answer.status_code == 404
        assert "There is no such payment" in answer.content.decode()
        assert (
            merchant.http.post(f"/provider/pay/{path}", {"outcome": "approve"}).status_code == 404
        )


def test_an_empty_form_or_a_foreign_card_is_refused(merchant: Merchant) -> None:
    payment = merchant.create()
    for form in ({}, {"card": "4242424242424242"}):
        assert merchant.http.post(payment["hosted_path"], form).status_code == 400
    assert merchant.look(payment) == payment


def test_another_address_is_not_found_and_needs_no_shop(merchant: Merchant) -> None:
    answer = merchant.http.get("/checkout/")
    assert (answer.status_code, answer.content) == (404, b"There is nothing here.\n")
