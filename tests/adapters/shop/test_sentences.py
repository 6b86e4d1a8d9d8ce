"""A sentence keeps its text and its gaps apart until somebody reads it."""

from __future__ import annotations

from django.utils import translation

from checkout.adapters.inbound.sentences import sentence, told
from checkout.domain.exceptions import Refused
from project.shop.words import Sentence


def test_a_refusal_is_told_in_the_language_of_its_reader() -> None:
    gaps = {"code": "BIG20", "least": {"amount": 10000, "currency": "EUR"}}
    said = Sentence("The code %(code)s needs a basket of %(least)s or more.", gaps)
    refused = said.refusal("coupon_invalid", coupon="BIG20")
    assert refused.message == "The code BIG20 needs a basket of €100.00 or more."
    with translation.override("de"):
        amount = "100,00\xa0€"
        assert amount in told(refused)
        assert amount in str(said)
        assert amount not in refused.message


def test_what_cannot_be_filled_in_stays_as_it_was_said() -> None:
    assert sentence("Gone.", {"text": "%(name)s is gone."}) == "Gone."
    assert sentence("Gone.", {"text": "100 % of it", "name": "Mug"}) == "Gone."
    assert sentence("", {}) == ""
    assert told(Refused("x", "Only 5 % of %(it)s.", it="Mug")) == "Only 5 % of %(it)s."
