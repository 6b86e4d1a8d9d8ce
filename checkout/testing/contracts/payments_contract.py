"""The contract of payments."""

from __future__ import annotations

import pytest

from checkout.application.ports.outbound.payments_port import PaymentInitiated, PaymentsPort
from checkout.domain.exceptions import BadSignature, Unavailable
from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts
from checkout.testing.contracts.support import Keys, in_threads, missing, refused

EUR = Money(2990, "EUR")
DIGEST = "d" * 64
RETURN_URL = "https://shop.example/checkout/"


class PaymentsPortContract:
    """What every PaymentsPort promises.

    Give it, as fixtures or methods of your class:

    * fixture `port`: the adapter, with a provider that answers.
    * fixture `silent`: the adapter, with a provider that does not answer.
    * method `pay(reference)`: the shopper pays in full on the provider's page.
    * method `pay_wrong(reference)`: the bank authorises another amount than was asked for.
    * method `webhook(reference, key)`: a message of the provider about this payment, whose
      `initiate` had this key, as lower-case headers and raw body; signed.
    """

    @pytest.fixture
    def port(self) -> PaymentsPort:
        """The adapter."""
        missing("port")

    @pytest.fixture
    def silent(self) -> PaymentsPort:
        """The adapter, and nobody answers it."""
        missing("silent")

    def pay(self, reference: str) -> None:
        """The shopper pays in full."""
        missing("pay")

    def pay_wrong(self, reference: str) -> None:
        """The bank authorises another amount."""
        missing("pay_wrong")

    def webhook(self, reference: str, key: str) -> tuple[dict[str, str], bytes]:
        """A signed message about this payment."""
        missing("webhook")

    @pytest.fixture
    def keys(self) -> Keys:
        """The keys of a checkout that nobody has seen before."""
        return Keys()

    def begin(self, port: PaymentsPort, keys: Keys) -> PaymentInitiated:
        """Create the payment of this checkout, or find it."""
        return port.initiate(keys.of("payments.initiate"), EUR, DIGEST, RETURN_URL)

    def paid(self, port: PaymentsPort, keys: Keys) -> str:
        """A payment that is authorised in full; its reference."""
        reference = self.begin(port, keys).reference
        self.pay(reference)
        return reference

    def captured(self, port: PaymentsPort, keys: Keys) -> str:
        """A payment whose money was taken; its reference."""
        reference = self.paid(port, keys)
        port.capture(keys.of("payments.capture"), reference, EUR)
        return reference

    def test_creating_twice_is_one_payment_that_charges_nothing(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        begun = [self.begin(port, keys) for _ in range(3)]
        assert len({each.reference for each in begun}) == 1
        assert begun[0].reference
        assert begun[0].action["type"] in ("redirect", "nothing")
        assert begun[0].facts.captured == 0

    def test_many_workers_at_once_create_one_payment(self, port: PaymentsPort, keys: Keys) -> None:
        """A key that is under way elsewhere is "no answer yet", never a second payment."""
        results = in_threads(4, lambda _: self.begin(port, keys))
        begun = [each for each in results if isinstance(each, PaymentInitiated)]
        assert begun, results
        assert all(isinstance(each, PaymentInitiated | Unavailable) for each in results), results
        references = {each.reference for each in [*begun, self.begin(port, keys)]}
        assert len(references) == 1

    def test_the_facts_repeat_currency_and_digest(self, port: PaymentsPort, keys: Keys) -> None:
        reference = self.paid(port, keys)
        facts = port.lookup(keys.of("payments.initiate"), reference)
        assert (facts.currency, facts.digest) == ("EUR", DIGEST)
        assert facts.paid == EUR.amount

    def test_a_payment_is_found_by_our_key_alone(self, port: PaymentsPort, keys: Keys) -> None:
        """For a create whose answer was lost: its reference never came."""
        reference = self.paid(port, keys)
        by_key = port.lookup(keys.of("payments.initiate"), "")
        assert by_key == port.lookup(keys.of("payments.initiate"), reference)

    def test_a_payment_that_was_never_created_has_no_facts(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        assert port.lookup(keys.of("payments.initiate"), "") == PaymentFacts()

    def test_an_amount_that_is_not_the_one_asked_for_is_told(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.begin(port, keys).reference
        self.pay_wrong(reference)
        facts = port.lookup(keys.of("payments.initiate"), reference)
        assert facts.paid not in (0, EUR.amount)

    def test_a_closed_payment_moved_nothing_and_stays_closed(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.begin(port, keys).reference
        for _ in range(3):
            facts = port.close(keys.of("payments.close"), reference)
            assert facts.closed
            assert (facts.paid, facts.captured, facts.voided) == (0, 0, 0)
        assert port.lookup(keys.of("payments.initiate"), reference).closed

    def test_closing_a_paid_one_says_that_it_is_paid(self, port: PaymentsPort, keys: Keys) -> None:
        reference = self.paid(port, keys)
        facts = port.close(keys.of("payments.close"), reference)
        assert facts.paid == EUR.amount
        assert facts.voided == 0

    def test_capturing_twice_takes_the_money_once(self, port: PaymentsPort, keys: Keys) -> None:
        reference = self.paid(port, keys)
        for _ in range(3):
            facts = port.capture(keys.of("payments.capture"), reference, EUR)
            assert facts.captured == EUR.amount

    def test_what_is_not_authorised_cannot_be_captured(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.begin(port, keys).reference
        with refused("capture_refused"):
            port.capture(keys.of("payments.capture"), reference, EUR)
        assert port.lookup(keys.of("payments.initiate"), reference).captured == 0

    def test_more_than_was_authorised_cannot_be_captured(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.paid(port, keys)
        with refused("capture_refused"):
            port.capture(keys.of("payments.capture"), reference, Money(EUR.amount + 1, "EUR"))

    def test_voiding_twice_lets_go_once(self, port: PaymentsPort, keys: Keys) -> None:
        reference = self.paid(port, keys)
        for _ in range(3):
            facts = port.void(keys.of("payments.void"), reference)
            assert (facts.voided, facts.captured, facts.uncaptured) == (EUR.amount, 0, 0)

    def test_captured_money_cannot_be_voided(self, port: PaymentsPort, keys: Keys) -> None:
        reference = self.captured(port, keys)
        with refused("void_refused"):
            port.void(keys.of("payments.void"), reference)

    def test_refunding_twice_under_one_key_gives_back_once(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.captured(port, keys)
        part = Money(1000, "EUR")
        for _ in range(3):
            facts = port.refund(keys.of("payments.refund"), reference, part)
            assert facts.returned in (0, 1000)  # a refund may be pending
        port.refund(keys.of("payments.refund", 2), reference, Money(EUR.amount - 1000, "EUR"))
        with refused("refund_refused"):
            port.refund(keys.of("payments.refund", 3), reference, part)

    def test_money_that_was_not_taken_cannot_be_refunded(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.paid(port, keys)
        with refused("refund_refused"):
            port.refund(keys.of("payments.refund"), reference, EUR)

    def test_a_provider_that_does_not_answer_is_unavailable(
        self, silent: PaymentsPort, keys: Keys
    ) -> None:
        """Never a refusal: nobody knows what happened."""
        with pytest.raises(Unavailable):
            self.begin(silent, keys)
        with pytest.raises(Unavailable):
            silent.lookup(keys.of("payments.initiate"), "some-reference")
        with pytest.raises(Unavailable):
            silent.capture(keys.of("payments.capture"), "some-reference", EUR)

    def test_a_signed_message_names_our_key_and_the_payment(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.begin(port, keys).reference
        headers, body = self.webhook(reference, keys.of("payments.initiate"))
        said = port.parse_webhook(headers, body)
        assert said.id
        assert said.kind
        assert said.merchant_reference == keys.of("payments.initiate")
        assert said.reference == reference

    def test_a_message_that_the_provider_did_not_sign_is_bad(
        self, port: PaymentsPort, keys: Keys
    ) -> None:
        reference = self.begin(port, keys).reference
        _, body = self.webhook(reference, keys.of("payments.initiate"))
        with pytest.raises(BadSignature):
            port.parse_webhook({}, body)
        with pytest.raises(BadSignature):
            port.parse_webhook({}, b"")
