"""The groups of staff: there after `migrate`, and the shop's own from then on."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db.models.signals import post_migrate

from checkout.adapters.inbound.admin.groups import GROUPS
from checkout.adapters.inbound.admin.privacy import RIGHT
from project.shop.management.commands import demo

pytestmark = pytest.mark.django_db


def migrated() -> None:
    """What `migrate` ends with."""
    config = apps.get_app_config("checkout")
    post_migrate.send(config, app_config=config, using="default", apps=apps, verbosity=0)


def rights(name: str) -> set[str]:
    """What a group may do."""
    held = Group.objects.get(name=name).permissions
    return set(held.values_list("codename", flat=True))


@pytest.mark.parametrize("name", GROUPS)
def test_a_shop_has_them_at_once(name: str) -> None:
    assert rights(name) == set(GROUPS[name])
    member = User.objects.create(username=name, is_staff=True)
    member.groups.add(Group.objects.get(name=name))
    for right in Permission.objects.filter(content_type__app_label="checkout"):
        held = right.codename in GROUPS[name]
        assert member.has_perm(f"checkout.{right.codename}") == held


def test_what_a_shop_made_of_them_stays() -> None:
    changed = Group.objects.get(name="Checkout operators")
    changed.permissions.remove(Permission.objects.get(codename="operate_checkout"))
    Group.objects.get(name="Checkout viewers").delete()
    migrated()
    assert rights("Checkout operators") == {"view_checkoutsession"}
    assert rights("Checkout viewers") == {"view_checkoutsession"}
    assert Group.objects.count() == len(GROUPS)


def test_they_do_not_depend_on_who_is_asked_first() -> None:
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label="checkout").delete()
    migrated()
    assert rights("Checkout supervisors") == set(GROUPS["Checkout supervisors"])


def test_the_demo_has_somebody_in_each() -> None:
    for password in ("another one", "a long pass phrase"):  # a new start, without the kept one
        demo.add_examples(password)
    for name, group in demo.EXAMPLES.items():
        user = User.objects.get(username=name)
        assert user.check_password("a long pass phrase")
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert [held.name for held in user.groups.all()] == [group]
    assert set(demo.EXAMPLES.values()) == set(GROUPS)


def test_the_right_is_called_what_the_pages_call_it() -> None:
    assert Permission.objects.get(codename="payload_checkout").name == RIGHT
