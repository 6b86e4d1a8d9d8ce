"""What the environment says, read once and turned into plain values for `project.settings`."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def kept_secret(path: Path) -> str:
    """Return the secret kept in the file `path`, made on first use and readable by its owner only.

    Links to payment pages and checkout tokens rest on it, so it has to survive a restart. Two
    processes that start at once agree: the file appears whole, and the later reads the earlier's.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text().strip()


def derive(secret: str, purpose: str) -> str:
    """Return a key for one purpose, so that no two purposes share the secret itself."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, as the content security policy wants them."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ImproperlyConfigured(f"{url!r} is no http(s) address.")
    return f"{parts.scheme}://{parts.netloc}"


def data_directory(database: dict[str, Any]) -> Path:
    """Return where files that belong to the database live: beside SQLite's, else here."""
    name = str(database["NAME"])
    if "sqlite" in database["ENGINE"] and name != ":memory:":
        return Path(name).resolve().parent
    return Path.cwd()


def database_options(database: dict[str, Any], timeout_ms: int) -> dict[str, Any]:
    """Return the connection options that the engine's promises rest on.

    SQLite: write-ahead log, a write lock taken at the start of a transaction (a lock upgrade would
    fail at once instead of waiting) and a commit that survives a power cut.
    PostgreSQL: a frozen host or a forgotten transaction must not freeze a row for others.
    """
    if "sqlite" in database["ENGINE"]:
        return {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    limits = {
        "statement_timeout": timeout_ms,
        "lock_timeout": timeout_ms,
        "idle_in_transaction_session_timeout": timeout_ms,
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 2,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    return {
        "connect_timeout": 3,
        "tcp_user_timeout": 10_000,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }
