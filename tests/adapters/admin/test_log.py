"""Django's own log says what our inbox and our history say, and nothing that only a few may read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import Client

from checkout.adapters.inbound.admin.orders import ORDERS
from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.testing.proof.world import World
from tests.adapters.admin.addresses import ADDRESSES
from tests.adapters.admin.asking import COMMANDS, give
from tests.adapters.commands.conftest import awaiting

ABOUT = timedelta(minutes=5)  # two clocks, and a busy machine
IN_HISTORY = {
    "hold": "hold",
    "resume": "resume",
    "annotate": "annotate",
    "abort": "start_compensation",
    "force": "force_abort",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_log_inbox_and_history_agree(world: World, boss: Client, name: str) -> None:
    ADDRESSES[f"checkout_checkoutsession_{name}"].ready(world)
    reason = f"why {name}"
    assert give(boss, world, name, reason=reason).status_code == 302
    who = User.objects.get(username="superuser")
    log, order = LogEntry.objects.get(), CheckoutInbox.objects.latest("pk")
    world.tick()
    assert (log.user_id, log.object_id, log.action_flag) == (who.pk, str(world.id), CHANGE)
    assert (order.actor, order.kind) == (f"user:{who.pk}", name)
    assert log.change_message.startswith(f"{ORDERS[name].label}.")
    assert log.change_message.endswith(f"Reason: {reason}")
    assert order.payload["reason"] == reason
    assert abs(log.action_time - order.received_at) < ABOUT
    edge = IN_HISTORY.get(name)
    found = [p for p in world.checkout.history if p.edge == edge and p.reason == reason]
    assert len(found) == int(edge is not None)
    for passage in found:
        assert passage.actor == order.actor
        assert abs(log.action_time - passage.at) < ABOUT


@pytest.mark.parametrize(
    "reason", ["for Ada@Example.org", "for bo@example.net", "4242424242424242"]
)
def test_the_log_holds_no_mail_and_no_secret(world: World, boss: Client, reason: str) -> None:
    awaiting(world)
    give(boss, world, "annotate", reason=reason)
    said = LogEntry.objects.get().change_message
    assert reason.rpartition(" ")[2] not in said
    assert "•••" in said
    world.tick()
    assert world.checkout.history[-1].reason == reason  # our history keeps it


def test_a_command_that_cannot_be_logged_is_not_given(
    world: World, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    awaiting(world)
    boss.raise_request_exception = False

    def fails(**_: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(LogEntry.objects, "create", fails)
    assert give(boss, world, "abort").status_code == 500
    assert not CheckoutInbox.objects.exists()
