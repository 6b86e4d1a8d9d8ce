"""Every kept release is loaded as it was, migrated, and brought to its end by today's code."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import autodiscover_modules
from pytest_django import DjangoDbBlocker

from checkout.adapters.inbound.cli.doctor import chosen_audits, examine
from checkout.adapters.inbound.cli.rebuild import rebuilt
from checkout.adapters.outbound.persistence.database_time import shifted
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutSession,
)
from checkout.adapters.outbound.scheduling.serializer import SignedJsonSerializer
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_id import (
    CheckoutId,
    generation_of_key,
    parse_checkout_id,
)
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.testing.fake_payments import FakePayments
from project.shop.models import Order, ReservationLine, StockItem
from tests.upgrades.finishing import finish, work_off
from tests.upgrades.fresh_database import fresh_database
from tests.upgrades.positions import POSITIONS, driven
from tests.upgrades.release import Release, ledger_from_json, migrated, releases, rows
from tests.upgrades.shop_world import ShopWorld, stock_the_shop

STOCK = 500
Kept = dict[str, dict[str, str]]


@pytest.fixture(params=releases())
def release(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> Iterator[Release]:
    """A release, in a database that was migrated from it to today, which took no time on its clock."""
    autodiscover_modules("tasks")
    with django_db_blocker.unblock(), fresh_database(tmp_path):
        began = time.monotonic()
        kept = Release(request.param)
        kept.load()
        migrated()
        with shifted(-(time.monotonic() - began)):
            yield kept


def test_today_brings_a_release_to_its_end(release: Release) -> None:
    provider = ledger_from_json(release.provider())
    positions: Kept = release.said["positions"]
    _stands_where_it_stood(positions)
    far = {place.name for place in POSITIONS if place.remote}
    with ShopWorld(provider, remote=True) as world:
        assert examine(chosen_audits()).broken == []
        assert rebuilt(check=True).unequal == []
        assert CheckoutSession.objects.filter(unsettled=True).exists()
        serializer = SignedJsonSerializer(release.said["secret_key"])
        assert work_off(release.messages(), serializer) == len(positions)
        for payment in provider.payments.values():
            payment.pending = False  # the bank has decided
        finish(world, *_whose({name: p for name, p in positions.items() if name in far}))
    with ShopWorld(provider) as world:
        finish(world, *_whose(positions))
        found = examine(chosen_audits(), everything=True)
        assert found.broken == []
        assert found.examined == len(positions)
    ended = {str(pk): state for pk, state in CheckoutSession.objects.values_list("pk", "state")}
    assert {name: ended[p["id"]] for name, p in positions.items()} == {
        name: p["ends"] for name, p in positions.items()
    }
    _books_are_right(positions, provider)


def _whose(positions: Kept) -> tuple[list[CheckoutId], list[CheckoutId]]:
    """All of these checkouts, and those whose shoppers pay."""
    paying = [parse_checkout_id(p["id"]) for p in positions.values() if _pays(p)]
    return [parse_checkout_id(p["id"]) for p in positions.values()], paying


def _pays(position: dict[str, str]) -> bool:
    return position["ends"] == CheckoutState.COMPLETED


def _stands_where_it_stood(positions: Kept) -> None:
    """Nothing was lost on the way, and everything that is interesting is there."""
    assert set(positions) <= {p.name for p in POSITIONS}, "a position was taken out of the list"
    stored = {str(pk): state for pk, state in CheckoutSession.objects.values_list("pk", "state")}
    assert stored == {p["id"]: p["state"] for p in positions.values()}
    assert set(stored.values()) == set(CheckoutState)
    outcomes = set(CheckoutEffect.objects.values_list("outcome", flat=True))
    assert outcomes == set(Outcome)
    assert CheckoutSession.objects.filter(generation=2).exists()
    assert CheckoutInbox.objects.filter(checkout=None).count() == 2
    assert CheckoutInbox.objects.exclude(checkout=None).filter(applied_at=None).exists()
    assert CheckoutOutbox.objects.filter(sent_at=None).exists()
    open_at_the_end = CheckoutEffect.objects.filter(
        checkout__finished_at__isnull=False, outcome__in=("intended", "unknown")
    )
    assert open_at_the_end.exists()


def _books_are_right(positions: Kept, provider: FakePayments) -> None:
    """The shop has what it sold, and the money for it, and nothing else."""
    completed = [p["id"] for p in positions.values() if _pays(p)]
    orders = dict(Order.objects.filter(status=Order.PLACED).values_list("owner", "total"))
    assert sorted(orders) == sorted(completed)
    kept: Counter[str] = Counter()
    for key, reference in provider.keys.items():
        facts = provider.payments[reference].facts
        assert generation_of_key(key)
        assert facts.uncaptured == 0, f"{key}: still authorised"
        kept[key.split(":")[0]] += facts.kept
    assert +kept == Counter({owner: total for owner, total in orders.items() if total})
    sold: Any = ReservationLine.objects.filter(reservation__status="committed")
    units = sum(sold.values_list("quantity", flat=True))
    assert units == 2 * len(completed)
    assert StockItem.objects.get().on_hand == STOCK - units


@pytest.mark.django_db
def test_the_next_release_can_be_kept() -> None:
    """Today's engine still comes to every position, so that `take` works on the day of a release."""
    stock_the_shop()
    provider = FakePayments()
    for place in POSITIONS:
        world = driven(place, provider)
        assert world.checkout.state == place.state, place.name
    assert {json.loads(row)["model"] for row in rows()} >= {"checkout.checkouteffect", "shop.order"}
