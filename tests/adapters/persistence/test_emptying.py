"""After a test that commits, the tables are as `migrate` leaves them, whatever it did."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import TransactionTestCase

from checkout.testing.proof.world import World

after_a_test = methodcaller("_fixture_teardown")
pytestmark = pytest.mark.django_db(transaction=True)


def a_checkout() -> None:
    with World() as world:
        world.start()
        world.tick()


def a_member_of_a_group() -> None:
    User.objects.create(username="mara").groups.add(Group.objects.get(name="Checkout viewers"))


def one_group_less() -> None:
    Group.objects.get(name="Checkout viewers").delete()


def one_right_more() -> None:
    Group.objects.get(name="Checkout viewers").permissions.add(Permission.objects.all()[0])


def another_name() -> None:
    Permission.objects.filter(codename="payload_checkout").update(name="Another")


def no_types() -> None:
    ContentType.objects.all().delete()


DEEDS = (a_checkout, a_member_of_a_group, one_group_less, one_right_more, another_name, no_types)


def in_the_tables() -> dict[str, list[str]]:
    """Every table that has rows; of what `migrate` writes, also which rows."""
    counted = {
        str(model): ["some"] for model in apps.get_models() if model._default_manager.exists()
    }
    rights = [f"{one}: {one.name}" for one in Permission.objects.order_by("codename")]
    groups = [
        f"{group}: {right}"
        for group in Group.objects.order_by("name")
        for right in group.permissions.order_by("codename")
    ]
    return {**counted, "rights": rights, "groups": groups}


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_stays_of_what_a_test_did(deed: Callable[[], None]) -> None:
    after_a_test(TransactionTestCase())
    before = in_the_tables()
    deed()
    assert in_the_tables() != before
    after_a_test(TransactionTestCase())
    assert in_the_tables() == before
