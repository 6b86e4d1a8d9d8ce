"""Every address, every role: the permission is checked at the server, for looking and for doing."""

from __future__ import annotations

import pytest

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import COMMANDS, LIST, form, there
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import awaiting, completed

ROLES = ("anonymous", "shopper", "nothing", "view", "operate", "force", "blind", "superuser")
OPERATE = {"operate", "superuser"}
MAY = {
    "list": {"view", "operate", "force", "superuser"},
    "change": {"view", "operate", "force", "superuser"},
    "history": {"view", "operate", "force", "superuser"},
    "recheck": OPERATE,
    "retry_now": OPERATE,
    "abort": OPERATE,
    **dict.fromkeys(("extend", "hold", "resume", "annotate", "refund"), OPERATE),
    "force": {"force", "superuser"},
    "add": set(),
    "delete": set(),
}


def address(world: World, name: str) -> str:
    if name in ("list", "add"):
        return LIST if name == "list" else f"{LIST}add/"
    return there(world, name)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", MAY)
def test_looking(world: World, role: str, name: str) -> None:
    awaiting(world)
    status = someone(role).get(address(world, name)).status_code
    if role in ("anonymous", "shopper"):
        assert status == 302  # to the login
    else:
        assert status == (200 if role in MAY[name] else 403)


def _ready_for(world: World, name: str) -> None:
    """A checkout to which this command may be given."""
    (completed if name == "refund" else awaiting)(world)
    if name == "resume":
        world.order("hold", actor="user:1")
        world.tick()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", COMMANDS)
def test_doing(world: World, role: str, name: str) -> None:
    _ready_for(world, name)
    answer = someone(role).post(there(world, name), form(world))
    stored = CheckoutInbox.objects.filter(checkout=world.id, kind=name).count()
    assert stored == int(role in MAY[name])
    if role in MAY[name]:
        assert answer.headers["Location"] == there(world)
    elif role in ("anonymous", "shopper"):
        assert answer.headers["Location"].startswith("/admin/login/")
    else:
        assert answer.status_code == 403


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
