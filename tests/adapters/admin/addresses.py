"""Every address of our admin: who may look at it, whose POST is carried out, and how to ask for it.

An address that is new needs a row in ADDRESSES; `test_rights.py` asks each of them as every role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

from django.contrib.admin import site
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.views.generic.base import RedirectView

from checkout.adapters.outbound.persistence.models import (
    AttemptCounter,
    BulkRecovery,
    BulkRecoveryRow,
    CheckoutInbox,
)
from checkout.application.ports.outbound.bulk_port import NewJob
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import form
from tests.adapters.admin.conftest import RIGHTS
from tests.adapters.commands.conftest import awaiting, completed

OUTSIDERS = ("anonymous", "shopper")  # they are led to the login
ROLES = (*OUTSIDERS, *RIGHTS, "superuser")
NOBODY: frozenset[str] = frozenset()
STAFF = frozenset(ROLES) - frozenset(OUTSIDERS)
VIEW = STAFF - {"nothing", "blind"}
OPERATE = frozenset({"operate", "superuser"})
FORCE = frozenset({"force", "superuser"})


def on_hold(world: World) -> None:
    """A checkout that staff holds."""
    awaiting(world)
    world.order("hold", actor="user:1")
    world.tick()


def message(world: World) -> int:
    """The row of a provider's message that waits to be applied."""
    said = InboxMessage("provider:x", "evt_1", "payment", "provider:evt_1", {}, "pay_1")
    world.services.repository.receive(world.id, said)
    return CheckoutInbox.objects.get(message_id="evt_1").pk


def counter(world: World) -> str:
    """The key of somebody who was told to wait."""
    now = timezone.now()
    row = AttemptCounter(key="address:1", began_at=now, last_at=now, refused=1, who="192.0.2.1")
    row.save()
    return row.key


def checkout(world: World) -> str:
    """The id of the checkout."""
    return str(world.known)


class Address(NamedTuple):
    """A row: who gets the page, and whose POST of `form` is carried out.

    `ready` makes the checkout and `of` what is asked about; it stands in the address when `inside`.
    `query` and `form` are made from the two. With `only_post` there is no page to be got.
    """

    look: frozenset[str]
    do: frozenset[str] = NOBODY
    of: Callable[[World], Any] = lambda world: None
    ready: Callable[[World], None] = awaiting
    inside: bool = True
    only_post: bool = False
    query: Callable[[World, Any], dict[str, Any]] = lambda world, subject: {}
    form: Callable[[World, Any], dict[str, Any]] = lambda world, subject: {
        "post": "yes",
        "state": "completed",
        "action": "delete_selected",
        "_selected_action": [str(subject or world.id)],
    }


def command(by: frozenset[str], ready: Callable[[World], None] = awaiting) -> Address:
    """A command on one checkout: its page is seen by those who may give it."""
    return Address(by, by, checkout, ready, form=lambda world, _: form(world))


def chosen(world: World, row: int) -> dict[str, Any]:
    """Messages, and why they are replayed."""
    return {"ids": str(row), "reason": "the shopper called"}


def bulk(phase: str) -> Callable[[World], str]:
    """A bulk recovery that has come so far."""

    def job(world: World) -> str:
        known_as = uuid4()
        world.services.bulk.choose(NewJob(known_as, "recheck", "", None, [world.known]))
        BulkRecoveryRow.objects.filter(job=known_as).update(result="ready", version=1)
        BulkRecovery.objects.filter(pk=known_as).update(phase=phase)
        return str(known_as)

    return job


def decision(of: Callable[[World], str]) -> Address:
    """What is decided about a bulk recovery by those who may operate."""
    return Address(NOBODY, OPERATE, of, only_post=True, form=lambda world, _: {"reason": "mended"})


def read_only(model: str, of: Callable[[World], Any]) -> dict[str, Address]:
    """What Django gives to every model, where nothing can be edited."""
    return {
        f"{model}_changelist": Address(VIEW),
        f"{model}_add": Address(NOBODY),
        f"{model}_history": Address(VIEW, of=of),
        f"{model}_delete": Address(NOBODY, of=of),
        f"{model}_change": Address(VIEW, of=of),
    }


ADDRESSES = {
    **read_only("checkout_checkoutsession", checkout),
    **read_only("checkout_checkoutinbox", message),
    **read_only("checkout_attemptcounter", counter),
    **read_only("checkout_bulkrecovery", bulk("rehearsed")),
    "checkout_bulkrecovery_progress": Address(VIEW, of=bulk("running")),
    "checkout_bulkrecovery_confirm": decision(bulk("rehearsed")),
    "checkout_bulkrecovery_stop": decision(bulk("running")),
    "checkout_bulkrecovery_choose": Address(
        OPERATE,
        OPERATE,
        query=lambda world, _: {"ids": world.known.hex},
        form=lambda world, _: {"command": "hold", "job": str(uuid4())},
    ),
    "checkout_checkoutsession_dashboard": Address(VIEW),
    "checkout_checkoutsession_step_up": Address(STAFF),
    "checkout_checkoutsession_recheck": command(OPERATE),
    "checkout_checkoutsession_retry_now": command(OPERATE),
    "checkout_checkoutsession_extend": command(OPERATE),
    "checkout_checkoutsession_hold": command(OPERATE),
    "checkout_checkoutsession_resume": command(OPERATE, ready=on_hold),
    "checkout_checkoutsession_annotate": command(OPERATE),
    "checkout_checkoutsession_refund": command(OPERATE, ready=completed),
    "checkout_checkoutsession_abort": command(OPERATE),
    "checkout_checkoutsession_force": command(FORCE),
    "checkout_checkoutinbox_replay": Address(
        OPERATE, OPERATE, message, inside=False, query=chosen, form=chosen
    ),
}


def registered() -> Iterator[str]:
    """The name of every address that the admin has for our app; its pattern where it has none.

    Left out is Django's redirect from an object's address to its page: it shows nothing.
    """
    for pattern in site.get_urls():
        ours = str(pattern.pattern).startswith("checkout/")
        if isinstance(pattern, URLPattern):
            if ours or "checkout" in str(pattern.name):
                yield str(pattern.name)
        elif ours:
            yield from _of_a_model(pattern)


def _of_a_model(resolver: URLResolver) -> Iterator[str]:
    for found in resolver.url_patterns:
        assert isinstance(found, URLPattern), f"{found}: look into it as well"
        if getattr(found.callback, "view_class", None) is not RedirectView:
            yield found.name or f"{resolver.pattern}{found.pattern}"


def place(name: str, subject: Any) -> str:
    """Where an address is."""
    inside = subject is not None and ADDRESSES[name].inside
    return reverse(f"admin:{name}", args=[subject] if inside else [])
