"""Settings of either form, to be broken by a test; and which tests are for one form alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, run_checks
from pytest_django.fixtures import Settings

from project.environment import database_options

# Replacing one of several processes needs several: these tests are for that form of the run alone.
collect_ignore = [] if "CHECKOUT_TEST_REDIS" in os.environ else ["test_restart.py"]
Findings = Callable[[], list[CheckMessage]]
SECRET = "k3-Zr8_vQ1xN5yLw7TbGm2PsHd9JfCeAuVo4Ri6K"
LAYERS = {
    "redis": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "memory": "checkout.adapters.outbound.messaging.memory_layer.LoopBoundInMemoryChannelLayer",
}


@pytest.fixture
def findings() -> Findings:
    """Run the checkout's checks."""
    return lambda: run_checks(tags=["checkout"])


def _form(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, engine: str, redis: str, layer: str
) -> Settings:
    database = {"ENGINE": f"django.db.backends.{engine}", "NAME": "unused"}
    options = database_options(database, timeout_ms=2000)
    # Changed in place: nothing here connects, and replacing DATABASES would close connections.
    monkeypatch.setitem(django_settings.DATABASES["default"], "ENGINE", database["ENGINE"])
    monkeypatch.setitem(django_settings.DATABASES["default"], "OPTIONS", options)
    settings.REDIS_URL = redis
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": LAYERS[layer]}}
    settings.SECRET_KEY = SECRET
    settings.DEBUG = False
    return settings


@pytest.fixture
def embedded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of one process, whatever form the run has."""
    return _form(settings, monkeypatch, "sqlite3", "", "memory")


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of several processes, whatever form the run has."""
    return _form(settings, monkeypatch, "postgresql", "redis://127.0.0.1:1/0", "redis")


@pytest.fixture
def options(production: Settings) -> dict[str, Any]:
    """The PostgreSQL options of this test, to be changed in place."""
    changed: dict[str, Any] = django_settings.DATABASES["default"]["OPTIONS"]
    return changed
