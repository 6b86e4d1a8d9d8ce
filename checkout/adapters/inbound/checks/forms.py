"""Do queue, channel layer, database and site fit the form: one process, or many with REDIS_URL?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string
from huey.contrib import djhuey

from checkout.adapters.inbound.checks.configuration import OF_CALLS, check_values
from checkout.adapters.inbound.checks.neighbours import said
from checkout.adapters.inbound.checks.rules import finding
from checkout.adapters.outbound.messaging.memory_layer import LoopBoundInMemoryChannelLayer
from checkout.adapters.outbound.scheduling.serializer import SignedJsonSerializer
from checkout.bootstrap import chosen_policy

POSTGRESQL_LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
SHORTEST_SECRET = 32
FEWEST_LETTERS = 5
OLDEST_SQLITE = (3, 35)
PRIVATE_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")


def several() -> bool:
    """Is this the form of several processes?"""
    return bool(getattr(settings, "REDIS_URL", ""))


def check_queue(**_: Any) -> list[CheckMessage]:
    """E010, E011 and W001: the queue carries signed JSON to workers, and nothing else."""
    huey = djhuey.HUEY
    found = []
    if huey.immediate:
        found.append(finding("E010", "The queue is immediate."))
    if not isinstance(huey.serializer, SignedJsonSerializer):
        kind = type(huey.serializer).__name__
        found.append(finding("E011", f"The queue's serializer is {kind}."))
    if huey.results:
        found.append(finding("W001", "The queue keeps the results of tasks."))
    return found


def check_worker(**_: Any) -> list[CheckMessage]:
    """W002 and W003: a worker that is told to stop finishes what it does."""
    given = getattr(settings, "HUEY", None)
    if not isinstance(given, dict):
        return []  # an instance says nothing of its consumer; the command line does
    consumer = given.get("consumer", {})
    found = []
    signal = consumer.get("graceful_signal", "INT")
    if signal != "TERM":
        found.append(finding("W002", f"The worker ends gracefully on SIG{signal} only."))
    patience = consumer.get("shutdown_timeout")
    if patience is not None and not check_values():
        policy = chosen_policy(said())
        longest = max(policy.call_timeout(call) for call in OF_CALLS)
        if patience <= longest:
            text = f"A stopping worker waits {patience:g} s, but a call may take {longest:g} s."
            found.append(finding("W003", text))
    return found


def check_channel_layer(**_: Any) -> list[CheckMessage]:
    """E012: hints take the way that the pages listen to."""
    layers = getattr(settings, "CHANNEL_LAYERS", None) or {}
    path = layers.get("default", {}).get("BACKEND", "")
    try:
        layer = import_string(path) if path else None
    except ImportError as error:
        return [finding("E012", f"The channel layer {path} cannot be imported: {error}")]
    if layer is None or not issubclass(layer, _wanted_layer()):
        form = "with REDIS_URL" if several() else "without REDIS_URL"
        return [finding("E012", f"The channel layer is {path or 'not set'}, {form}.")]
    return []


def _wanted_layer() -> type:
    if not several():
        return LoopBoundInMemoryChannelLayer
    from channels_redis.pubsub import RedisPubSubChannelLayer

    layer: type = RedisPubSubChannelLayer
    return layer


def check_databases(**_: Any) -> list[CheckMessage]:
    """E013 to E015, E022, W004, W005 and W007: the default database keeps the engine's promises."""
    database = settings.DATABASES["default"]
    engine, options = str(database.get("ENGINE", "")), database.get("OPTIONS") or {}
    found: list[CheckMessage] = []
    if "sqlite" in engine:
        found += _sqlite(options)
    elif "postgresql" in engine or "postgis" in engine:
        found += _postgresql(options)
    else:
        found.append(finding("W007", f"The database engine is {engine or 'not set'}."))
    if database.get("ATOMIC_REQUESTS"):
        found.append(finding("W005", "ATOMIC_REQUESTS is on for the default database."))
    return found


def _sqlite(options: dict[str, Any]) -> Iterator[CheckMessage]:
    if several():
        yield finding("E013", "REDIS_URL is set and the database is SQLite.")
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield finding("E022", f"This is SQLite {sqlite3.sqlite_version}.")
    mode = str(options.get("transaction_mode", "DEFERRED")).upper()
    if mode not in ("IMMEDIATE", "EXCLUSIVE"):
        yield finding("E014", f"SQLite takes its write lock late: its transaction_mode is {mode}.")
    if options.get("timeout", 5) < 5:
        yield finding("E014", f"SQLite waits only {options['timeout']} s for a lock.")
    if not re.search(r"journal_mode\s*=\s*wal", str(options.get("init_command", "")), re.I):
        yield finding("W004", "SQLite is not told to use its write-ahead log.")


def _postgresql(options: dict[str, Any]) -> Iterator[CheckMessage]:
    said_to_server = str(options.get("options", ""))
    for limit in POSTGRESQL_LIMITS:
        value = re.search(rf"-c\s*{limit}\s*=\s*(\w+)", said_to_server)
        if value is None or re.fullmatch(r"0+\w*", value.group(1)):
            yield finding("E015", f"The PostgreSQL connection sets no {limit}.")


def check_site(**_: Any) -> list[CheckMessage]:
    """E016, E017 and W006: what several processes share and what strangers may see."""
    if not several():
        return []
    found = []
    secret = str(settings.SECRET_KEY)
    example = secret.startswith("django-insecure-") or len(set(secret)) < FEWEST_LETTERS
    if len(secret) < SHORTEST_SECRET or example:
        found.append(finding("E016", f"SECRET_KEY is {'an example' if example else 'too short'}."))
    if settings.DEBUG:
        found.append(finding("E017", "DEBUG is on and REDIS_URL is set."))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(finding("W006", "ALLOWED_HOSTS allows every host."))
    return found


def check_sessions(**_: Any) -> list[CheckMessage]:
    """E018: every process knows the same shoppers."""
    engine = settings.SESSION_ENGINE.rpartition(".")[2]
    if not several() or engine not in ("cache", "cached_db"):
        return []
    alias = settings.SESSION_CACHE_ALIAS
    backend = settings.CACHES.get(alias, {}).get("BACKEND", "")
    if backend.endswith(PRIVATE_CACHES):
        return [finding("E018", f"Sessions are kept in the cache {alias!r}, which is {backend}.")]
    return []
