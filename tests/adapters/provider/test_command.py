"""`manage.py provider`: a site of its own, started and ended like any server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests import patience
from tests.adapters.provider.conftest import KEY, RETURN_URL, SECRET, Listener
from tests.patience import eventually
from tests.ports import PLAIN_HTTP, free_port


def environment(folder: Path) -> dict[str, str]:
    """A database of its own, and the keys of this test."""
    own = {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'provider.sqlite3'}",
        "DATA_DIR": str(folder),
        "PROVIDER_API_KEY": KEY,
        "PROVIDER_WEBHOOK_SECRET": SECRET,
    }
    return {**{k: v for k, v in os.environ.items() if k != "REDIS_URL"}, **own}


@pytest.fixture
def site(tmp_path: Path, repository: Path, listener: Listener) -> Iterator[str]:
    """The address of a provider that runs as a process, telling the listener."""
    manage, env = [sys.executable, str(repository / "manage.py")], environment(tmp_path)
    migrate = [*manage, "migrate", "provider", "-v0", "--skip-checks"]
    subprocess.run(migrate, env=env, check=True, timeout=patience.SECONDS)
    port = free_port()
    options = ["--port", str(port), "--webhook-url", listener.url]
    server = subprocess.Popen([*manage, "provider", *options], env=env, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}/healthz/live", server)
        yield f"http://127.0.0.1:{port}/provider"
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(patience.SECONDS) == 0


def wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the site answers; fail if it ends, or never does."""

    def answers() -> bool:
        assert server.poll() is None, "the provider ended before it answered"
        with suppress(httpx2.HTTPError):
            httpx2.get(url, timeout=patience.SECONDS, trust_env=False, verify=PLAIN_HTTP)
            return True
        return False

    eventually(answers)


def test_the_provider_runs_alone_and_ends_politely(site: str, listener: Listener) -> None:
    asked = {"amount": 5, "currency": "EUR", "reference": "r", "return_url": RETURN_URL}
    proof = {"Authorization": f"Bearer {KEY}"}
    with httpx2.Client(trust_env=False, headers=proof, timeout=patience.SECONDS) as http:
        payment = http.post(f"{site}/v1/payments", json=asked).json()
        assert payment["hosted_url"] == f"{site}/pay/{payment['id']}/"
        page = http.get(payment["hosted_url"])
        assert page.status_code == 200
        assert http.get(f"{site}/../static/provider/provider.css").status_code == 200
        answer = http.post(payment["hosted_url"], data={"outcome": "approve"})
        assert (answer.status_code, answer.headers["Location"]) == (303, RETURN_URL)
    (message,) = listener.wait_for(1)
    event = json.loads(message.body)
    assert (event["type"], event["data"]["facts"]["authorised"]) == ("payment.authorised", 5)


def test_an_address_that_is_taken_is_said_so(settings: Settings) -> None:
    kept = settings.PROVIDER, settings.ROOT_URLCONF
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Cannot listen on 127.0.0.1:{port}: "):
            call_command("provider", port=port)
    settings.PROVIDER, settings.ROOT_URLCONF = kept
