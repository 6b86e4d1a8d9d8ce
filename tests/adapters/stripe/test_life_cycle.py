"""A payment from its first look to its last, as Stripe tells it, on both pages."""

from __future__ import annotations

from typing import Any

import pytest

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.adapters.outbound.payments.stripe_facts import DECLINES, decline
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts
from checkout.testing.contracts.support import Keys
from tests.adapters.stripe.books import books
from tests.adapters.stripe.conftest import OWN_PAGE
from tests.adapters.stripe.proxy import INTENTS, StripeProxy
from tests.adapters.stripe.shopper import (
    ASKS,
    ASKS_THEN_DECLINES,
    DECLINED,
    NotPossible,
    Shopper,
)

pytestmark = pytest.mark.once

EUR = Money(2990, "EUR")
PART = Money(1000, "EUR")
BACK = "https://shop.example/checkout/"


@pytest.fixture
def keys() -> Keys:
    """The keys of a new checkout."""
    return Keys()


@pytest.fixture
def reference(payments: StripePayments, keys: Keys) -> str:
    """A payment that nobody has paid yet."""
    return payments.initiate(keys.of("payments.initiate"), EUR, "digest", BACK).reference


def look(payments: StripePayments, reference: str) -> PaymentFacts:
    """The facts now."""
    return payments.lookup("unused", reference)


def change_refund(proxy: StripeProxy, **fields: Any) -> None:
    """The newest refund is otherwise than the emulator has it."""
    newest = proxy.client.get("/v1/refunds").json()["data"][0]
    proxy.changed.setdefault(newest["id"], {}).update(fields)


def change_intent(proxy: StripeProxy, reference: str, **fields: Any) -> None:
    """The intent is otherwise than the emulator has it."""
    session = proxy.sessions.sessions.get(reference)
    name = session["payment_intent"] if session else reference
    proxy.changed.setdefault(name, {}).update(fields)


def test_from_the_page_to_the_money(
    payments: StripePayments, proxy: StripeProxy, shopper: Shopper, keys: Keys, page: str
) -> None:
    begun = payments.initiate(keys.of("payments.initiate"), EUR, "digest", BACK)
    where = OWN_PAGE if page else f"{proxy.url}/c/pay/{{reference}}"
    url = where.replace("{reference}", begun.reference)
    assert begun.action == {"type": "redirect", "url": url}
    assert begun.facts == PaymentFacts(currency="EUR", digest="digest")
    assert shopper.pay(begun.reference) == "requires_capture"
    held = look(payments, begun.reference)
    assert (held.authorised, held.captured, held.closed) == (2990, 0, True)
    taken = payments.capture(keys.of("payments.capture"), begun.reference, EUR)
    assert (taken.captured, taken.voided, taken.uncaptured) == (2990, 0, 0)
    back = payments.refund(keys.of("payments.refund"), begun.reference, PART)
    assert (back.refunded, back.refund_failed, back.kept) == (1000, 0, 1990)
    rest = Money(1990, "EUR")
    assert payments.refund(keys.of("payments.refund", 2), begun.reference, rest).kept == 0
    assert look(payments, begun.reference).returned == 2990


def test_a_declined_card_can_be_followed_by_another(
    payments: StripePayments, shopper: Shopper, reference: str, page: str
) -> None:
    """On Stripe's page. The emulator cannot confirm an intent twice; Stripe's own can."""
    assert shopper.pay(reference, DECLINED) == "requires_payment_method"
    facts = look(payments, reference)
    assert (facts.paid, facts.closed, facts.error) == (0, False, "card_declined")
    if not page:
        assert shopper.pay(reference) == "requires_capture"
        assert (look(payments, reference).authorised, look(payments, reference).error) == (2990, "")


class TestThreeDSecure:
    def test_the_bank_is_asked_and_agrees(
        self, payments: StripePayments, shopper: Shopper, reference: str
    ) -> None:
        assert shopper.pay(reference, ASKS) == "requires_action"
        asked = look(payments, reference)
        assert (asked.paid, asked.closed, asked.error) == (0, False, "")
        assert shopper.authenticate(reference, True) == "requires_capture"
        assert look(payments, reference).authorised == 2990

    def test_the_bank_does_not_agree(
        self, payments: StripePayments, shopper: Shopper, reference: str
    ) -> None:
        shopper.pay(reference, ASKS)
        assert shopper.authenticate(reference, False) == "requires_payment_method"
        facts = look(payments, reference)
        assert (facts.paid, facts.closed, facts.error) == (0, False, "authentication_failed")

    def test_the_bank_agrees_and_declines_all_the_same(
        self, payments: StripePayments, shopper: Shopper, reference: str
    ) -> None:
        shopper.pay(reference, ASKS_THEN_DECLINES)
        shopper.authenticate(reference, True)
        facts = look(payments, reference)
        assert (facts.paid, facts.error) == (0, "card_declined")

    def test_closing_while_the_bank_is_asked(
        self, payments: StripePayments, shopper: Shopper, reference: str, keys: Keys
    ) -> None:
        shopper.pay(reference, ASKS)
        facts = payments.close(keys.of("payments.close"), reference)
        assert (facts.closed, facts.paid, facts.voided) == (True, 0, 0)
        with pytest.raises(NotPossible):
            shopper.authenticate(reference, True)


class TestClosing:
    def test_nobody_can_pay_afterwards(
        self, payments: StripePayments, shopper: Shopper, reference: str, keys: Keys
    ) -> None:
        assert payments.close(keys.of("payments.close"), reference).closed
        with pytest.raises(NotPossible):
            shopper.pay(reference)
        again = payments.initiate(keys.of("payments.initiate"), EUR, "digest", BACK)
        assert again.reference == reference

    def test_paid_between_the_look_and_the_call(
        self,
        payments: StripePayments,
        proxy: StripeProxy,
        shopper: Shopper,
        keys: Keys,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """G1: the answer is that it is paid. Nothing that is held is let go by closing."""
        reference = payments.initiate(keys.of("payments.initiate"), EUR, "digest", BACK).reference
        shown, paid = proxy.answer, list[str]()

        def pay_first(request: Any) -> Any:
            if request.path.endswith("/expire") and not paid:
                paid.append(shopper.pay(reference))
            return shown(request)

        monkeypatch.setattr(proxy, "answer", pay_first)
        facts = payments.close(keys.of("payments.close"), reference)
        if reference.startswith("cs_"):
            assert (facts.paid, facts.voided) == (2990, 0)
        else:
            assert (facts.paid, facts.closed) == (0, True)

    def test_while_the_bank_decides_it_is_neither_closed_nor_paid(
        self,
        payments: StripePayments,
        proxy: StripeProxy,
        shopper: Shopper,
        reference: str,
        keys: Keys,
    ) -> None:
        shopper.pay(reference)
        change_intent(proxy, reference, status="processing", latest_charge=None)
        facts = payments.close(keys.of("payments.close"), reference)
        assert (facts.closed, facts.paid) == (False, 0)
        assert proxy.sent("POST", "/cancel") == proxy.sent("POST", "/expire") == []


@pytest.mark.parametrize("page", [""], indirect=True)
@pytest.mark.parametrize(
    ("session", "intent", "closed"),
    [
        ("complete", "processing", False),
        ("complete", "requires_payment_method", True),
        ("expired", "processing", False),
        ("expired", "requires_action", True),
    ],
)
def test_a_page_that_is_shut_is_closed_unless_the_bank_still_decides(
    payments: StripePayments,
    proxy: StripeProxy,
    shopper: Shopper,
    keys: Keys,
    session: str,
    intent: str,
    closed: bool,
) -> None:
    """G2: stock is not let go while a yes may come, nor held for ever after a no.

    Stripe lets nobody cancel the intent of a session that holds no money: it is not tried.
    """
    reference = payments.initiate(keys.of("payments.initiate"), EUR, "digest", BACK).reference
    shopper.pay(reference)
    change_intent(proxy, reference, status=intent, latest_charge=None)
    proxy.sessions.sessions[reference]["status"] = session
    facts = payments.close(keys.of("payments.close"), reference)
    assert (facts.closed, facts.paid) == (closed, 0)
    assert proxy.sent("POST", "/cancel") == proxy.sent("POST", "/expire") == []


class TestWhatOthersDo:
    """Staff in Stripe's pages, and time."""

    def test_an_authorisation_that_lapses_is_let_go(
        self, payments: StripePayments, proxy: StripeProxy, shopper: Shopper, reference: str
    ) -> None:
        shopper.pay(reference)
        change_intent(proxy, reference, status="canceled", cancellation_reason="automatic")
        facts = look(payments, reference)
        assert (facts.authorised, facts.voided, facts.uncaptured) == (2990, 2990, 0)
        with pytest.raises(Refused) as no:
            payments.capture("a-key", reference, EUR)
        assert no.value.code == "capture_refused"

    def test_what_a_partial_capture_leaves_is_no_refund(
        self,
        payments: StripePayments,
        proxy: StripeProxy,
        shopper: Shopper,
        reference: str,
        keys: Keys,
    ) -> None:
        shopper.pay(reference)
        facts = payments.capture(keys.of("payments.capture"), reference, PART)
        assert (facts.captured, facts.voided, facts.refunded) == (1000, 1990, 0)
        looked = look(payments, reference)
        assert (looked.captured, looked.voided, looked.refunded) == (1000, 1990, 0)
        assert len(proxy.client.get("/v1/refunds").json()["data"]) == 1
        back = payments.refund(keys.of("payments.refund"), reference, PART)
        assert (back.kept, back.refunded) == (0, 1000)

    def test_a_refund_by_hand_counts(
        self,
        payments: StripePayments,
        proxy: StripeProxy,
        shopper: Shopper,
        reference: str,
        keys: Keys,
    ) -> None:
        shopper.pay(reference)
        payments.capture(keys.of("payments.capture"), reference, EUR)
        intent = proxy.sent("POST", "/capture")[0].path.split("/")[3]
        by_hand = {"payment_intent": intent, "amount": "500"}
        proxy.client.post("/v1/refunds", data=by_hand).raise_for_status()
        assert look(payments, reference).kept == 2490


@pytest.mark.parametrize(
    ("status", "refunded", "failed"),
    [
        ("pending", 0, 0),
        ("requires_action", 0, 0),
        ("succeeded", 1000, 0),
        ("failed", 1000, 1000),
        ("canceled", 1000, 1000),
    ],
)
def test_a_refund_counts_when_it_is_decided(
    payments: StripePayments,
    proxy: StripeProxy,
    shopper: Shopper,
    reference: str,
    keys: Keys,
    status: str,
    refunded: int,
    failed: int,
) -> None:
    """H1: asked for is not given back. A failed one can be followed by another, under its own key."""
    shopper.pay(reference)
    payments.capture(keys.of("payments.capture"), reference, EUR)
    payments.refund(keys.of("payments.refund"), reference, PART)
    change_refund(proxy, status=status)
    facts = look(payments, reference)
    assert (facts.refunded, facts.refund_failed) == (refunded, failed)
    assert payments.refund(keys.of("payments.refund"), reference, PART) == facts
    next_one = payments.refund(keys.of("payments.refund", 2), reference, PART)
    assert next_one.refunded == refunded + 1000
    assert len(proxy.sent("POST", "/refunds")) == 2


def test_the_shops_own_page_is_given_the_secret(
    payments: StripePayments, shopper: Shopper, proxy: StripeProxy, page: str, reference: str
) -> None:
    shopper.pay(reference)
    secret = payments.client_secret(reference)
    assert "_secret_" in secret
    stored = payments.initiate(Keys().of("payments.initiate"), EUR, "digest", BACK)
    assert "secret" not in f"{stored.action} {stored.reference}"


def test_a_key_of_another_account_does_not_pass_for_an_unpaid_payment(
    payments: StripePayments, page: str
) -> None:
    """Its payments are not there: that is no fact about them."""
    with pytest.raises(Refused) as no:
        payments.lookup("key", "pi_of_another" if page else "cs_of_another")
    assert no.value.code == "lookup_refused"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (None, ""),
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
        ({"code": "expired_card", "decline_code": "expired_card"}, "expired_card"),
        ({"code": "incorrect_cvc"}, "incorrect_cvc"),
        ({"code": "incorrect_number"}, "incorrect_number"),
        ({"code": "processing_error"}, "processing_error"),
        ({"code": "card_declined", "decline_code": "try_again_later"}, "processing_error"),
        ({"code": "authentication_required"}, "authentication_failed"),
        ({"code": "payment_intent_authentication_failure"}, "authentication_failed"),
        ({"code": "card_declined", "decline_code": "do_not_honor"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "generic_decline"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "stolen_card"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "lost_card"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "fraudulent"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "a code of next year"}, "card_declined"),
        ({"message": "no code at all"}, "card_declined"),
    ],
)
def test_a_decline_becomes_a_word_that_tells_a_thief_nothing(
    error: dict[str, Any] | None, word: str
) -> None:
    assert decline(error) == word


def test_every_word_for_a_decline_has_its_own_sentence() -> None:
    from checkout.adapters.inbound.web.words import DECLINES as SENTENCES

    assert set(DECLINES.values()) <= set(SENTENCES)


def test_the_books_start_empty(proxy: StripeProxy) -> None:
    assert proxy.client.get(INTENTS).json()["data"] == []
    assert books(proxy).payments == 0
