"""A queue, a channel layer, a database or a site that does not fit the form is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from huey import MemoryHuey
from huey.contrib import djhuey
from huey.serializer import SignedSerializer

from checkout.adapters.outbound.scheduling.serializer import SignedJsonSerializer
from tests.production.conftest import SECRET, Findings

JSON = SignedJsonSerializer(SECRET)
CORE = "channels_redis.core.RedisChannelLayer"
STOCK = "channels.layers.InMemoryChannelLayer"


def ids(findings: Findings) -> list[str]:
    """The ids alone, without the name of the app."""
    return [str(one.id).removeprefix("checkout.") for one in findings()]


@pytest.mark.parametrize(
    ("number", "given"),
    [
        ("E010", {"immediate": True, "serializer": JSON, "results": False}),
        ("E011", {"immediate": False, "results": False}),
        ("E011", {"immediate": False, "results": False, "serializer": SignedSerializer(SECRET)}),
        ("W001", {"immediate": False, "serializer": JSON}),
    ],
    ids=["immediate", "pickle", "signed pickle", "results"],
)
def test_the_queue(
    number: str,
    given: dict[str, Any],
    embedded: LazySettings,
    findings: Findings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(djhuey, "HUEY", MemoryHuey("broken", **given))
    assert ids(findings) == [number]


@pytest.mark.parametrize(
    ("number", "consumer"),
    [
        ("W002", {"graceful_signal": "INT"}),
        ("W003", {"shutdown_timeout": 2}),
    ],
    ids=["interrupts", "impatient"],
)
def test_the_worker(
    number: str, consumer: dict[str, Any], embedded: LazySettings, findings: Findings
) -> None:
    given = embedded.HUEY["consumer"] | consumer
    embedded.HUEY = {**embedded.HUEY, "consumer": given}
    assert ids(findings) == [number]


def test_a_worker_waits_longer_than_the_longest_call(
    embedded: LazySettings, findings: Findings
) -> None:
    """`shutdown_timeout` is 10 s in the project."""
    embedded.CHECKOUT = {**embedded.CHECKOUT, "CALL_TIMEOUTS": {"payments.capture": 10}}
    assert ids(findings) == ["W003"]


@pytest.mark.parametrize("backend", [STOCK, CORE, "nowhere.Layer"])
def test_the_layer_of_one_process(backend: str, embedded: LazySettings, findings: Findings) -> None:
    embedded.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    assert ids(findings) == ["E012"]


@pytest.mark.parametrize(
    "layers", [{}, {"default": {"BACKEND": STOCK}}, {"default": {"BACKEND": CORE}}]
)
def test_the_layer_of_several_processes(
    layers: Mapping[str, Any], production: LazySettings, findings: Findings
) -> None:
    production.CHANNEL_LAYERS = layers
    assert ids(findings) == ["E012"]


def test_several_processes_do_not_share_a_file(embedded: LazySettings, findings: Findings) -> None:
    embedded.REDIS_URL = "redis://127.0.0.1:1/0"
    embedded.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}
    }
    assert ids(findings) == ["E013"]


@pytest.mark.parametrize(
    ("expected", "options"),
    [
        (["E014", "W004"], {}),
        (["W004"], {"transaction_mode": "IMMEDIATE"}),
        (["E014"], {"init_command": "PRAGMA journal_mode = wal"}),
        (["E014", "W004"], {"transaction_mode": "IMMEDIATE", "timeout": 1}),
    ],
    ids=["Django's", "no log", "late lock", "impatient"],
)
def test_sqlite(
    expected: list[str],
    options: dict[str, Any],
    embedded: LazySettings,
    findings: Findings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(django_settings.DATABASES["default"], "OPTIONS", options)
    assert ids(findings) == expected


def test_an_old_sqlite(
    embedded: LazySettings, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
    assert ids(findings) == ["E022"]


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("statement_timeout", "0"),
        ("lock_timeout", None),
        ("idle_in_transaction_session_timeout", "0ms"),
    ],
)
def test_postgresql(
    limit: str, value: str | None, options: dict[str, Any], findings: Findings
) -> None:
    parts = options["options"].replace(f"-c {limit}=2000", f"-c {limit}={value}" if value else "")
    options["options"] = parts
    assert ids(findings) == ["E015"]
    assert limit in findings()[0].msg


def test_another_database(
    embedded: LazySettings, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "django.db.backends.mysql"
    monkeypatch.setitem(django_settings.DATABASES["default"], "ENGINE", engine)
    assert ids(findings) == ["W007"]


def test_a_transaction_around_every_page(
    production: LazySettings, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(django_settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    assert ids(findings) == ["W005"]


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        ("E016", "SECRET_KEY", "only-a-few-letters"),
        ("E016", "SECRET_KEY", "django-insecure-" + "k3Zr8vQ1" * 5),
        ("E016", "SECRET_KEY", "abc" * 20),
        ("E017", "DEBUG", True),
        ("W006", "ALLOWED_HOSTS", ["*"]),
    ],
    ids=["short", "example", "few letters", "debug", "every host"],
)
def test_the_site(
    number: str, name: str, value: Any, production: LazySettings, findings: Findings
) -> None:
    setattr(production, name, value)
    assert ids(findings) == [number]


def test_one_process_may_do_as_it_likes(embedded: LazySettings, findings: Findings) -> None:
    """Nobody else has to know its secret or its sessions, and DEBUG is for whoever builds."""
    embedded.SECRET_KEY, embedded.DEBUG = "a", True
    embedded.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    assert ids(findings) == []


@pytest.mark.parametrize("engine", ["cache", "cached_db"])
def test_sessions_in_one_process(engine: str, production: LazySettings, findings: Findings) -> None:
    production.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    assert ids(findings) == ["E018"]
    shared = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://x"}
    production.CACHES = {"default": shared}
    assert ids(findings) == []
