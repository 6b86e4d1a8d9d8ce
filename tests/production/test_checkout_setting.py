"""CHECKOUT with a mistake in it is refused, in a sentence that says which."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings

from checkout.adapters.inbound.checks.configuration import NAMES
from tests.production.conftest import Findings

HERE = "tests.production.adapters"
REMOVED = "removed"


def port(name: str, path: Any) -> dict[str, Any]:
    """A change of one port."""
    return {"PORTS": {name: path}}


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("E001", {"PORTS": REMOVED}, "names no adapters"),
    ("E001", port("coupons", REMOVED), "no adapter for the port 'coupons'"),
    ("E001", port("shipping", "x.Y"), "names 'shipping'. There are: carts, coupons,"),
    ("E002", port("carts", "project.shop.adapters.nothing.Carts"), "cannot be imported"),
    ("E002", port("carts", 7), "7 is no dotted path"),
    ("E002", port("orders", f"{HERE}.NeedsArguments"), "cannot be made: TypeError"),
    ("E002", {"PROVE_CART": "project.nobody"}, "cannot be imported"),
    ("E002", {"EVENT_PUBLISHER": "nowhere.Publisher"}, "cannot be imported"),
    ("E002", {"AUDITS": {"orders": "nowhere.orders"}}, "cannot be imported"),
    ("E003", port("inventory", f"{HERE}.WithoutExtend"), "no method extend(key, reservation, unt"),
    ("E003", port("inventory", f"{HERE}.WithoutExtend"), "cannot be called as reserve(key, lines,"),
    ("E003", port("orders", f"{HERE}.Undecided"), "does not say in `transactional`"),
    ("E003", {"EVENT_PUBLISHER": f"{HERE}.Mute"}, "has no method publish(event)"),
    ("E002", {"EVENT_CONSUMERS": ["nowhere.hear"]}, "cannot be imported"),
    ("E003", {"EVENT_CONSUMERS": [f"{HERE}.NOT_CALLABLE"]}, "is not callable"),
    ("E006", {"EVENT_CONSUMERS": "shop.mail.hear"}, "not a list of strings"),
    ("E004", {"PROVE_CART": REMOVED}, 'no "PROVE_CART"'),
    ("E004", {"PROVE_CART": f"{HERE}.NOT_CALLABLE"}, "is not callable"),
    ("E004", {"PROVE_CART": f"{HERE}.prove_by_id_alone"}, "cannot be called with 3 arguments"),
    ("E005", {"PAYMENT_WINDOWS": 900}, "Is 'PAYMENT_WINDOW' meant?"),
    ("E005", {"CALL_TIMEOUTS": {"payment": 5}}, "Is 'payments' meant?"),
    ("E005", {"WITHIN": {"reserve_stock": 5}}, "Is 'reserve_inventory' meant?"),
    ("E005", {"WITHIN": {"finalize_order": 60}}, "'finalize_order', which nothing reads"),
    ("E005", {"WITHIN": {"await_payment_result": 60}}, "'await_payment_result', which nothing"),
    ("E006", {"PAYMENT_WINDOW": 0}, "PAYMENT_WINDOW is 0, which is not above zero"),
    ("E006", {"PAYMENT_WINDOW": "900"}, "'900', which is not a number of seconds"),
    ("E006", {"LONGEST_PAUSE": float("inf")}, "which is not above zero"),
    ("E006", {"GRACE": -1}, "which is not above zero"),
    ("E006", {"CALL_TIMEOUTS": {"payments": None}}, "CALL_TIMEOUTS['payments'] is None"),
    ("E006", {"CALL_TIMEOUTS": 5}, "not a dict of seconds"),
    ("E006", {"BULK_PER_SECOND": 0.5}, "BULK_PER_SECOND is 0.5, which is not a whole number"),
    ("E006", {"BUG_ATTEMPTS": 0}, "not a whole number of at least 1"),
    ("E006", {"MAX_EXTENSIONS": True}, "not a whole number"),
    ("E006", {"MAX_LIVE_PER_OWNER": 21}, "not a whole number from 1 to 20"),
    ("E006", {"ORIGINS": "https://shop.example"}, "not a list of strings"),
    ("E006", {"SHOP_URL": 1}, "not a string"),
    ("E006", {"MAILS_LINKS": "no"}, "not True or False"),
    ("E006", {"STYLESHEETS": "theme.css"}, "not a list of strings"),
    ("E006", {"MAILED_EVENTS": "checkout_completed"}, "not a list of strings"),
    ("E007", {"GRACE": 1}, "GRACE (1 s) is shorter than one call of payments.close (2 s)"),
    ("E007", {"HOLD": 59}, "HOLD (59 s) is shorter than initiate_payment may take (60 s)"),
    ("E007", {"WITHIN": {"reserve_inventory": 1}}, "could never be repeated"),
    ("E007", {"CALL_TIMEOUTS": {"payments.capture": 29.5}}, "/healthz/ready is red"),
    ("E007", {"FIRST_PAUSE": 61}, "LONGEST_PAUSE (60 s) is shorter than FIRST_PAUSE (61 s)"),
    ("E008", {"AUDITS": {"shelf": "x.y"}}, "names 'shelf'. There are: orders,"),
    ("E008", {"AUDITS": ["orders"]}, "is no dict of ledgers"),
    ("E008", {"AUDITS": {"orders": f"{HERE}.NOT_CALLABLE"}}, "is not callable"),
    ("E019", {"ATTEMPTS_PER_SESSION": 0}, "ATTEMPTS_PER_SESSION is 0, which is not a whole number"),
    ("E019", {"ATTEMPTS_PER_ADDRESS": "30"}, "is '30', which is not a whole number of at least 1"),
    ("E019", {"MAX_LIVE_PER_ADDRESS": True}, "MAX_LIVE_PER_ADDRESS is True"),
    ("E019", {"COOL_DOWN": float("inf")}, "COOL_DOWN is inf, which is not a number of seconds"),
    ("E019", {"ATTEMPT_WINDOW": None}, "ATTEMPT_WINDOW is None"),
    ("E019", {"BULK_MOST": 0}, "BULK_MOST is 0, which is not a whole number of at least 1"),
    ("E020", {"INBOX_RETENTION_DAYS": 29}, "29, which is not a whole number of at least 30"),
    ("E020", {"INBOX_RETENTION_DAYS": 30.5}, "INBOX_RETENTION_DAYS is 30.5"),
    ("E021", {"TRUSTED_PROXIES": "10.0.0.1"}, "which is not a list of addresses and networks"),
    ("E021", {"TRUSTED_PROXIES": ["proxy"]}, "has 'proxy', which is no address and no network"),
    ("E021", {"UNLIMITED_ADDRESSES": [None]}, "UNLIMITED_ADDRESSES has None"),
]


def changed(said: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """CHECKOUT with a change; one inside PORTS leaves the other ports as they are."""
    made = dict(said)
    for name, value in change.items():
        if value == REMOVED:
            del made[name]
        elif name == "PORTS":
            made[name] = changed(made[name], value)
        else:
            made[name] = value
    return made


def test_the_project_has_no_findings(
    settings: LazySettings, embedded: LazySettings, findings: Findings
) -> None:
    assert findings() == []


def test_the_project_in_production_has_no_findings(
    production: LazySettings, findings: Findings
) -> None:
    assert findings() == []


@pytest.mark.parametrize(("number", "change", "text"), BROKEN, ids=lambda value: str(value)[:60])
def test_a_mistake_is_found_and_named(
    number: str, change: dict[str, Any], text: str, embedded: LazySettings, findings: Findings
) -> None:
    embedded.CHECKOUT = changed(embedded.CHECKOUT, change)
    refused = [one for one in findings() if one.is_serious()]
    assert {one.id for one in refused} == {f"checkout.{number}"}, refused
    assert any(text in one.msg for one in refused), refused
    assert all(one.msg.endswith((".", "?")) and one.hint for one in refused)


@pytest.mark.parametrize("value", [None, "PORTS"])
def test_without_the_setting_every_port_is_missed(
    value: Any, embedded: LazySettings, findings: Findings
) -> None:
    embedded.CHECKOUT = value
    assert {one.id for one in findings()} == {"checkout.E001", "checkout.E004"}


def test_what_the_checkout_stands_on_is_missed(
    embedded: LazySettings, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "django_htmx")
    embedded.USE_TZ = False
    said = [one.msg for one in findings() if one.id == "checkout.E009"]
    assert said == [
        'INSTALLED_APPS lacks "django_htmx".',
        "USE_TZ is off, but every time of a checkout has a zone.",
    ]


def test_in_production_somebody_says_which_proxy_to_believe(
    production: LazySettings, findings: Findings
) -> None:
    without = {k: v for k, v in production.CHECKOUT.items() if k != "TRUSTED_PROXIES"}
    production.CHECKOUT = without
    assert [one.id for one in findings()] == ["checkout.W008"]
    production.REDIS_URL = ""
    assert "checkout.W008" not in [one.id for one in findings()]


def test_every_name_that_is_read_is_known(repository: Path) -> None:
    """The other way round: a new setting would be refused as a misspelt one."""
    text = "\n".join(path.read_text() for path in (repository / "checkout").rglob("*.py"))
    read = set(re.findall(r'settings\.CHECKOUT(?:\.get\(|\[)"([A-Z_]+)"', text))
    assert len(read) > 3
    assert read <= set(NAMES)
