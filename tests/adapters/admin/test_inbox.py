"""Messages in the admin: seen by those who may, replayed through the desk, and never edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client

from checkout.adapters.inbound.admin.privacy import NEEDED
from checkout.adapters.outbound.persistence.models import CheckoutEffect, CheckoutInbox
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World
from tests.adapters.admin.conftest import someone
from tests.adapters.commands.conftest import awaiting, completed

LIST = "/admin/checkout/checkoutinbox/"
REPLAY = f"{LIST}replay/"
OPERATES = ("operate", "superuser")


def stored(world: World, reference: str = "pay_1", whose: CheckoutId | None = None) -> int:
    """The row of a provider's message; parked when it is nobody's."""
    number = CheckoutInbox.objects.count()
    said = {"words": "of the provider"}
    message = InboxMessage(
        "provider:x", f"evt-{number}", "payment", f"provider:evt-{number}", said, reference
    )
    assert world.services.repository.receive(whose, message)
    return CheckoutInbox.objects.latest("pk").pk


def replay(client: Client, *rows: int, **changes: Any) -> Any:
    """Send the form."""
    form = {"ids": ",".join(map(str, rows)), "reason": "the shopper called", **changes}
    return client.post(REPLAY, form)


def said_to(answer: Any) -> str:
    """What the next page will say."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_a_parked_message_stays_parked_until_its_reference_is_known(
    world: World, boss: Client
) -> None:
    row = stored(world, "pay_9")
    answer = replay(boss, row)
    assert "No checkout knows the reference 'pay_9' yet" in said_to(answer)
    assert CheckoutInbox.objects.get(pk=row).checkout_id is None
    assert not LogEntry.objects.exists()
    awaiting(world)
    CheckoutEffect.objects.filter(name="payments.initiate").update(reference="pay_9")
    world.payments.pay()
    assert "1 replayed." in said_to(replay(boss, row))
    assert CheckoutInbox.objects.get(pk=row).checkout_id == world.id
    assert world.bell.rung[-1] == world.id
    world.tick()
    assert world.checkout.state == "completed"
    assert CheckoutInbox.objects.get(pk=row).outcome == "applied"


def test_an_applied_message_asks_the_provider_once_more(world: World, boss: Client) -> None:
    awaiting(world)
    row = stored(world, whose=world.id)
    world.tick()
    world.payments.pay()
    looks = len(world.payments.called("lookup"))
    assert "1 replayed." in said_to(replay(boss, row))
    again = CheckoutInbox.objects.get(source="replay")
    assert again.payload == {"reason": "the shopper called", "message": "evt-0"}
    assert again.actor.startswith("user:")
    world.tick()
    assert len(world.payments.called("lookup")) == looks + 1
    assert world.checkout.state == "completed"
    assert "the shopper called" in LogEntry.objects.get().change_message


def test_a_replay_after_the_end_moves_no_money_twice(world: World, boss: Client) -> None:
    completed(world)
    row = stored(world, whose=world.id)
    world.tick()
    for _ in range(3):
        replay(boss, row)
        world.tick()
    assert len(world.payments.called("capture")) == 1
    assert world.checkout.state == "completed"


def test_many_are_replayed_at_once_and_each_is_answered(world: World, boss: Client) -> None:
    awaiting(world)
    known, unknown = stored(world, whose=world.id), stored(world, "pay_77")
    world.order("confirm")
    command = CheckoutInbox.objects.get(source="command").pk
    answer = replay(boss, known, unknown, command, 999_999)
    text = said_to(answer)
    assert "1 replayed." in text
    for part in ("'pay_77' yet", "Only a provider's message", "no such message"):
        assert part in text
    assert answer["Location"] == LIST


def test_the_list_leads_to_the_replay(world: World, boss: Client) -> None:
    awaiting(world)
    row, parked = stored(world, whose=world.id), stored(world, "pay_77")
    long = "pay_0bd733cee4ea8331c53317a0df19663a"
    stored(world, long, whose=world.id)
    page = boss.get(LIST).content.decode()
    assert f'href="{REPLAY}?ids={row}"' in page
    assert f'href="/admin/checkout/checkoutsession/{world.id}/change/"' in page
    assert page.index('class="field-again"') < page.index('class="field-source"')
    counts = {
        name: boss.get(LIST, {"outcome": name}).context["cl"].result_count
        for name in ("parked", "waiting", "refused")
    }
    assert counts == {"parked": 1, "waiting": 2, "refused": 0}
    assert f'<span title="{long}">pay_0bd733ce…</span>' in page
    chosen = boss.post(LIST, {"action": "replay_chosen", "_selected_action": [row, parked]})
    assert chosen["Location"] == f"{REPLAY}?ids={row},{parked}"
    asked = boss.get(chosen["Location"]).content.decode()
    assert "pay_77: parked" in asked
    assert f'value="{row},{parked}"' in asked


@pytest.mark.parametrize(
    "changes", [{"reason": ""}, {"reason": "x" * 501}, {"ids": ""}, {"ids": "x,-1,²"}]
)
def test_an_incomplete_form_does_nothing(
    world: World, boss: Client, changes: dict[str, str]
) -> None:
    awaiting(world)
    row = stored(world, whose=world.id)
    assert replay(boss, row, **changes).status_code == 400
    assert CheckoutInbox.objects.count() == 1


def test_who_reads_what_the_provider_wrote(world: World) -> None:
    awaiting(world)
    row = stored(world, whose=world.id)
    for role in ("view", "operate", "force", "payload", "superuser"):
        detail = someone(role).get(f"{LIST}{row}/change/").content.decode()
        reads = role in ("payload", "superuser")
        assert ("of the provider" in detail) == reads, role
        assert (NEEDED in detail) == (not reads), role


def test_a_message_shows_no_secret_and_masks_its_reason(world: World) -> None:
    awaiting(world)
    world.order("abort", actor="user:1", reason="asked by Ada@Example.org", token="t" * 20)
    row = CheckoutInbox.objects.get(kind="abort").pk
    for role, mail in (("view", "a•••@example.org"), ("payload", "Ada@Example.org")):
        detail = someone(role).get(f"{LIST}{row}/change/").content.decode()
        assert f"asked by {mail}" in detail
        assert "t" * 20 not in detail
