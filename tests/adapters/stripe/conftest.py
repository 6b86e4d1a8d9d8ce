"""One emulator for the run, and for each test a proxy, a shopper and the adapter, on both pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from checkout.adapters.outbound.payments.stripe import StripePayments
from tests.adapters.stripe.emulator import emulator
from tests.adapters.stripe.proxy import KEY, StripeProxy
from tests.adapters.stripe.shopper import Shopper

SECRET = "whsec_of_these_tests"
OWN_PAGE = "https://shop.example/pay/{reference}/"
PAGES = ["", OWN_PAGE]


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """The address of the emulator."""
    with emulator() as url:
        yield url


@pytest.fixture
def proxy(upstream: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeProxy]:
    """The proxy, in front of an emulator that knows no payment."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    built = StripeProxy(upstream)
    built.client.delete("/_config/data")
    yield built
    built.close()


@pytest.fixture
def shopper(proxy: StripeProxy) -> Shopper:
    """Whoever sits at the page."""
    return Shopper(proxy)


@pytest.fixture(params=PAGES, ids=["checkout_session", "own_page"])
def page(request: pytest.FixtureRequest) -> str:
    """Where the shopper pays: Stripe's page, then the shop's own."""
    found: str = request.param
    return found


def said(settings: Settings, url: str, timeout: float = 59, **more: Any) -> None:
    """The settings of a host whose Stripe is at this address."""
    stripe = {"API_KEY": KEY, "WEBHOOK_SECRETS": [SECRET], "API_URL": url, "TIMEOUT": timeout}
    calls = {"CALL_TIMEOUTS": {"payments": timeout * 4}}
    ours = {"PROVIDERS": ["stripe"], "STRIPE": {**stripe, **more}}
    settings.CHECKOUT = {**settings.CHECKOUT, **calls, **ours}


@pytest.fixture
def payments(proxy: StripeProxy, page: str, settings: Settings) -> StripePayments:
    """The adapter in front of the proxy."""
    said(settings, proxy.url, PAYMENT_PAGE=page)
    return StripePayments()
