"""Every page of the list reads by an index that was made for it: asked of the database's planner."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checkout.adapters.inbound.admin.listing import Place
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.models import CheckoutOutbox, CheckoutSession
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import LIST
from tests.adapters.admin.test_list import copies
from tests.adapters.commands.conftest import completed

MANY = 400
# The page, and the index without which it would be slow.
PAGES = {
    "": "created_at",
    "before={place}": "created_at",
    "after={place}": "created_at",
    "state=completed&before={place}": "created_at",
    "state=live": "checkout_unfinished",
    "state=aborting": "checkout_unfinished",
    "attention=yes": "checkout_attention_newest",
    "attention=yes&before={place}": "checkout_attention_newest",
    "owed=yes&state=completed": "checkout_unsettled_newest",
    "on_hold=yes&after={place}": "checkout_on_hold_newest",
    "stuck=yes": "checkout_due",
    "q=order-1": "checkout_by_order",
    "q=Ada@example.org": "checkout_by_mail",
    "q=cart-1": "checkout_by_cart",
    "q=pay_1": "reference",
    "q={id}": "pkey|autoindex",
    "q={beginning}": "pkey|autoindex",
}


@pytest.fixture
def place(world: World) -> dict[str, str]:
    """Checkouts that have all come to their end but this one, in a database that knows its figures."""
    completed(world)
    row = world.row
    buyer = {"email": "somebody.else@example.org"}
    copies(world, MANY, order_reference="other", snapshot={**(row.snapshot or {}), "buyer": buyer})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":  # a small table is read as a whole, if it may be
            cursor.execute("SET LOCAL enable_seqscan = off")
    found = str(row.pk)
    return {"place": str(Place(row.created_at, row.pk)), "id": found, "beginning": found[:8]}


def plans(ask: Callable[[], object]) -> str:
    """How the database answers everything that is asked of checkouts."""
    with CaptureQueriesContext(connection) as captured:
        ask()
        asked = [q["sql"] for q in captured.captured_queries]
    word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    lines: list[str] = []
    with connection.cursor() as cursor:
        for query in asked:
            if query.startswith("SELECT") and "checkout_checkout" in query:
                cursor.execute(f"{word} {query.replace('%', '%%')}", [])
                lines += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(lines)


def test_every_page_has_its_index(place: dict[str, str], boss: Client) -> None:
    for page, indexes in PAGES.items():
        said = plans(partial(boss.get, f"{LIST}?{page.format(**place)}"))
        assert any(index in said for index in indexes.split("|")), f"{page}: {said}"
        assert "Seq Scan on checkout" not in said, f"{page}: {said}"
        scans = [line for line in said.splitlines() if "SCAN checkout_" in line]
        assert [line for line in scans if "USING" not in line] == [], page


DASHBOARD = (
    "checkout_due",
    "checkout_unfinished",
    "checkout_attention_newest",
    "checkout_unsettled_newest",
    "checkout_effect_open",
    "checkout_outbox_unsent",
)


def test_the_dashboard_reads_by_indexes(place: dict[str, str], boss: Client) -> None:
    now, everyone = read_now(), CheckoutSession.objects.values_list("pk", flat=True)
    told = [
        CheckoutOutbox(checkout_id=pk, sequence=99, name="told", data={}, at=now, sent_at=now)
        for pk in everyone
    ]
    told[0].sent_at = None
    CheckoutOutbox.objects.bulk_create(told)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    said = plans(partial(boss.get, f"{LIST}dashboard/"))
    assert [index for index in DASHBOARD if index not in said] == []
    assert "Seq Scan on checkout" not in said
    assert [
        line for line in said.splitlines() if "SCAN checkout_" in line and "USING" not in line
    ] == []
