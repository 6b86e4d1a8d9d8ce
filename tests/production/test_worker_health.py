"""A worker's healthcheck speaks of the worker on this host, and not of all workers together."""

from __future__ import annotations

import socket
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from checkout.adapters.inbound.sweep import Sweep
from checkout.adapters.outbound.persistence import database_time
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable

COMMAND = "checkout_worker_health"
pytestmark = pytest.mark.django_db


def test_healthy_when_the_sweep_of_this_host_goes_round() -> None:
    services().queries.beat(Sweep().worker)
    said = StringIO()
    call_command(COMMAND, stdout=said)
    assert said.getvalue() == f"1 on {socket.gethostname()}\n"


def test_unhealthy_when_it_stopped() -> None:
    services().queries.beat(Sweep().worker)
    with database_time.shifted(16), pytest.raises(CommandError, match=r"in the last 15 s\.$"):
        call_command(COMMAND)
    with database_time.shifted(16):
        call_command(COMMAND, seconds=20, stdout=StringIO())


@pytest.mark.parametrize("other", ["elsewhere:1", f"{socket.gethostname()}-2:1"])
def test_unhealthy_when_only_others_go_round(other: str) -> None:
    services().queries.beat(other)
    with pytest.raises(CommandError, match="No sweep of"):
        call_command(COMMAND)


def test_unhealthy_when_the_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(seconds: float, host: str) -> int:
        raise StorageUnavailable("gone")

    monkeypatch.setattr(services().queries, "sweeping", away)
    with pytest.raises(CommandError, match="does not answer: gone"):
        call_command(COMMAND)
