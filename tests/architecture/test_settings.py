"""What the settings make of the environment, each time in a process of its own."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

MAILS = ("EMAIL_BACKEND", "EMAIL_TIMEOUT", "EMAIL_HOST", "EMAIL_PORT", "SITE_URL", "SENDS_MAILS")
NAMES = (
    *("DATABASES", "DATA_DIR", "SECRET_KEY", "HUEY", "CHANNEL_LAYERS", "PROVIDER", "DEBUG"),
    "CHECKOUT",
    *MAILS,
)
SHOW = (
    "import json, project.settings as s;"
    f"print(json.dumps({{name: getattr(s, name, None) for name in {NAMES}}}, default=str))"
)
OURS = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_DIR", "PORT", "DEBUG", "PROVIDER_URL"),
    *("TRUSTED_PROXIES", "EMAIL_URL", "SITE_URL"),
)


def settings_process(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in `folder` with nothing in the environment but what is given."""
    root = str(Path(__file__).resolve().parents[2])
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=folder,
        env={**kept, "PYTHONPATH": root, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def read(folder: Path, **given: str) -> dict[str, object]:
    """Return the settings as plain values."""
    done = settings_process(folder, **given)
    assert done.returncode == 0, done.stderr
    values: dict[str, object] = json.loads(done.stdout)
    return values


def test_without_anything_it_is_embedded_and_safe(tmp_path: Path) -> None:
    values = read(tmp_path)
    assert values["DEBUG"] is False
    assert str(tmp_path / "db.sqlite3") in str(values["DATABASES"])
    assert "synchronous=FULL" in str(values["DATABASES"])
    assert str(tmp_path / "huey.sqlite3") in str(values["HUEY"])
    assert "'immediate': False" in str(values["HUEY"])


def test_the_secret_is_kept_beside_the_database_for_its_owner_only(tmp_path: Path) -> None:
    """A checkout token must survive a restart, from whatever folder it is done."""
    database = f"sqlite:///{tmp_path / 'shop.sqlite3'}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first, second = read(tmp_path, DATABASE_URL=database), read(elsewhere, DATABASE_URL=database)
    assert first["SECRET_KEY"] == second["SECRET_KEY"] == (tmp_path / ".secret_key").read_text()
    assert len(str(first["SECRET_KEY"])) >= 64
    assert stat.S_IMODE((tmp_path / ".secret_key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".secret_key", "elsewhere"]


def test_several_processes_need_one_secret(tmp_path: Path) -> None:
    done = settings_process(tmp_path, REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert "SECRET_KEY is not set" in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_frozen_host_cannot_freeze_a_row(tmp_path: Path) -> None:
    values = read(
        tmp_path,
        DATABASE_URL="postgresql://someone:pw@127.0.0.1:1/shop",
        REDIS_URL="redis://127.0.0.1:1/0",
        SECRET_KEY="a",
        DATABASE_TIMEOUT_MS="2000",
    )
    for limit in (
        "statement_timeout=2000",
        "lock_timeout=2000",
        "idle_in_transaction_session_timeout=2000",
        "tcp_user_timeout=10000",
    ):
        assert limit in str(values["DATABASES"])
    assert "RedisPubSubChannelLayer" in str(values["CHANNEL_LAYERS"])


def test_the_port_is_in_every_address_of_ours(tmp_path: Path) -> None:
    addresses = str(read(tmp_path, PORT="8123")["PROVIDER"])
    assert "http://127.0.0.1:8123/provider" in addresses
    assert "http://127.0.0.1:8123/webhooks/payments/simulated/" in addresses


def test_the_keys_of_the_provider_are_not_the_secret(tmp_path: Path) -> None:
    values = read(tmp_path, SECRET_KEY="our own secret")
    provider = values["PROVIDER"]
    assert isinstance(provider, dict)
    keys = {provider["API_KEY"], provider["WEBHOOK_SECRET"], "our own secret"}
    assert len(keys) == 3
    assert all(len(key) == 64 for key in keys - {"our own secret"})


def test_no_proxy_is_believed_that_is_not_named(tmp_path: Path) -> None:
    """SEC-7: whoever writes X-Forwarded-For would choose the address that is limited."""
    said = [read(tmp_path), read(tmp_path, TRUSTED_PROXIES="10.0.0.7,172.16.0.0/12")]
    checkouts = [values["CHECKOUT"] for values in said]
    assert [c["TRUSTED_PROXIES"] for c in checkouts if isinstance(c, dict)] == [
        [],
        ["10.0.0.7", "172.16.0.0/12"],
    ]


@pytest.mark.parametrize("url", ["provider", "ftp://127.0.0.1/provider", ""])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    done = settings_process(tmp_path, SECRET_KEY="a", PROVIDER_URL=url)
    assert done.returncode == 1
    assert f"{url!r} is no http(s) address." in done.stderr.splitlines()[-1]


def test_mails_are_files_until_there_is_a_server(tmp_path: Path) -> None:
    values = read(tmp_path, PORT="8123")
    assert str(values["EMAIL_BACKEND"]).endswith("filebased.EmailBackend")
    assert (values["SENDS_MAILS"], values["SITE_URL"]) == (True, "http://127.0.0.1:8123")


def test_several_processes_send_mails_once_there_is_a_server(tmp_path: Path) -> None:
    several = {"REDIS_URL": "redis://127.0.0.1:1/0", "SECRET_KEY": "a"}
    assert read(tmp_path, **several)["SENDS_MAILS"] is False
    url = "smtp+tls://someone:p%40ss@mail.example:587"
    done = settings_process(tmp_path, **several, EMAIL_URL=url)
    assert "SITE_URL is not: the mails could not link to the shop" in done.stderr
    assert "p%40ss" not in done.stderr.splitlines()[-1]
    values = read(tmp_path, **several, EMAIL_URL=url, SITE_URL="https://shop.example/")
    assert [values[name] for name in MAILS] == [
        "django.core.mail.backends.smtp.EmailBackend",
        *(10, "mail.example", 587, "https://shop.example", True),
    ]
