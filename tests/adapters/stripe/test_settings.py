"""`CHECKOUT["STRIPE"]` is refused at the start, with a sentence, when it cannot work."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from checkout.adapters.inbound.checks.configuration import check_names
from checkout.adapters.inbound.checks.neighbours import check_ports
from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.adapters.outbound.payments.stripe_facts import DECLINES
from checkout.adapters.outbound.payments.stripe_settings import StripeSettings
from tests.adapters.stripe.conftest import said

STRIPE = "checkout.adapters.outbound.payments.stripe.StripePayments"


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"API_KEY": "pk_test_the_public_one"}, "API_KEY"),
        ({"API_KEY": None}, "API_KEY"),
        ({"WEBHOOK_SECRETS": []}, "WEBHOOK_SECRETS"),
        ({"WEBHOOK_SECRETS": "whsec_one"}, "WEBHOOK_SECRETS"),
        ({"WEBHOOK_SECRETS": ["whsec_one", ""]}, "WEBHOOK_SECRETS"),
        ({"TIMEOUT": 0}, "TIMEOUT"),
        ({"TIMEOUT": True}, "TIMEOUT"),
        ({"PAYMENT_PAGE": "https://shop.example/pay/"}, "PAYMENT_PAGE"),
        ({"SESSION": {"line_items": []}}, "SESSION"),
        ({"SESSION": {"payment_intent_data": {}}}, "SESSION"),
        ({"LINE": " "}, "LINE"),
        ({"API_URL": "api.stripe.com"}, "API_URL"),
        ({"WEBHOOK_SECRET": "whsec_one"}, "WEBHOOK_SECRET"),
        ({"TIMEOUT": 30}, "CALL_TIMEOUTS"),
    ],
)
def test_what_cannot_work(settings: Settings, more: dict[str, Any], names: str) -> None:
    said(settings, "http://127.0.0.1:9", timeout=20, **more)
    with pytest.raises(ImproperlyConfigured, match=names):
        StripePayments()


def test_nothing_is_said_at_all(settings: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"docs/stripe\.md"):
        StripePayments()


def test_the_system_check_tells_it(settings: Settings) -> None:
    ports = {**settings.CHECKOUT["PORTS"], "payments": STRIPE}
    said(settings, "http://127.0.0.1:9", API_KEY="pk_test_the_public_one")
    settings.CHECKOUT = {**settings.CHECKOUT, "PORTS": ports}
    (found,) = check_ports()
    assert (found.id, "API_KEY" in found.msg) == ("checkout.E002", True)
    said(settings, "http://127.0.0.1:9")
    settings.CHECKOUT = {**settings.CHECKOUT, "PORTS": ports}
    assert check_ports() == []
    assert check_names() == []


def test_the_document_names_every_setting_and_every_decline(repository: Path) -> None:
    text = (repository / "docs" / "stripe.md").read_text()
    settings = [field.name.upper() for field in fields(StripeSettings)]
    for name in (*settings, *DECLINES, *DECLINES.values(), STRIPE):
        assert name in text
