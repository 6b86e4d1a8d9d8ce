"""Every address, every role: the permission is checked at the server, for looking and for doing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from checkout.adapters.outbound.persistence.models import (
    AttemptCounter,
    BulkRecovery,
    CheckoutInbox,
)
from checkout.testing.proof.world import World
from tests.adapters.admin.addresses import ADDRESSES, OUTSIDERS, ROLES, place, registered
from tests.adapters.admin.asking import COMMANDS, LIST, there
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import awaiting

pytestmark = pytest.mark.once  # what the commands and the pages do is told on both databases

MAIL = "ada@example.org"  # of the shopper


def test_every_address_has_a_row() -> None:
    found = list(registered())
    new, gone = sorted(set(found) - set(ADDRESSES)), sorted(set(ADDRESSES) - set(found))
    said = "say who may look and whose POST is carried out, as a row of ADDRESSES in addresses.py"
    assert not new, f"{', '.join(new)}: {said}"
    assert not gone, f"{', '.join(gone)}: the admin has no such address; take the row out"
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_role_at_every_address(world: World, name: str) -> None:
    row = ADDRESSES[name]
    row.ready(world)
    world.order("annotate", actor="user:1", reason=f"{MAIL} called")
    world.tick()
    for role in ROLES:
        subject = row.of(world)
        where = place(name, subject)
        query, form = row.query(world, subject), row.form(world, subject)
        if "reason" in form:
            form["reason"] = f"{MAIL} called"
        client = someone(role)
        looked, before = client.get(where, query), _stored(world)
        done, changed = client.post(where, form), _stored(world) != before
        assert changed == (role in row.do), role
        if role in OUTSIDERS:
            for answer in (looked, done):
                assert answer.headers["Location"].startswith("/admin/login/"), role
            continue
        if row.only_post and role in row.do:
            assert looked.status_code == 405, role
        else:
            assert looked.status_code == (200 if role in row.look else 403), role
        told = MAIL in looked.content.decode().lower()
        assert not told or role in ("payload", "superuser"), f"{role} reads a whole mail address"
        if role in row.do:
            assert done.status_code == 302, role
        else:
            allowed = {200, 302, 400, 403, 405} if role in row.look else {403, 405}
            assert done.status_code in allowed, role
    logged = LogEntry.objects.filter(change_message__icontains=MAIL)
    assert not logged.exists(), "privacy.Reader(whole=False).text(…) masks what Django's log keeps"


def _stored(world: World) -> Any:
    """Whatever a POST could have changed."""
    counts = [rows.objects.count() for rows in (AttemptCounter, CheckoutInbox, LogEntry)]
    jobs = sorted(BulkRecovery.objects.values_list("pk", "phase"))
    return (*counts, jobs, world.row.state, world.row.version, world.row.wake)


MAY = {name: ADDRESSES[f"checkout_checkoutsession_{name}"].do for name in COMMANDS}


@pytest.mark.parametrize("role", ["view", "operate", "force"])
def test_only_ones_own_commands_are_offered(world: World, role: str) -> None:
    awaiting(world)
    page = someone(role).get(there(world)).content.decode()
    for name in set(COMMANDS) - {"resume", "refund"}:  # of these two there is nothing to do here
        assert (there(world, name) in page) == (role in MAY[name])


@pytest.mark.parametrize("role", ["view", "operate", "force", "superuser"])
def test_the_state_cannot_be_sent(world: World, role: str) -> None:
    awaiting(world)
    forged = {"state": "completed", "version": 99, "needs_attention": "", "_save": "Save"}
    answer = someone(role).post(there(world), forged)
    assert answer.status_code in (403, 405)
    assert world.checkout.state == "awaiting_payment"


def test_nothing_can_be_deleted_or_added(world: World) -> None:
    awaiting(world)
    boss = someone("superuser")
    assert boss.post(there(world, "delete"), {"post": "yes"}).status_code == 403
    assert boss.post(f"{LIST}add/", {"state": "completed"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(world.id)], "post": "yes"}
    boss.post(LIST, chosen)
    assert world.row.state == "awaiting_payment"
