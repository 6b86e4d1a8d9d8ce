"""People with different rights, and checkouts in every state."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.adapters.commands.conftest import world

RIGHTS = {
    "nothing": [],
    "view": ["view_checkoutsession"],
    "operate": ["view_checkoutsession", "operate_checkout"],
    "force": ["view_checkoutsession", "force_checkout"],
    "payload": ["view_checkoutsession", "payload_checkout"],
    "blind": ["operate_checkout", "force_checkout", "change_checkoutsession"],
}
__all__ = ["world"]


def someone(role: str) -> Client:
    """A client that is logged in as this role: anonymous, shopper, superuser or one of RIGHTS."""
    client = Client()
    if role == "anonymous":
        return client
    user = User(username=role, is_staff=role != "shopper", is_superuser=role == "superuser")
    user.save()
    codes = RIGHTS.get(role, [])
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    return client


@pytest.fixture
def boss(db: None) -> Client:
    """Somebody who may do everything."""
    return someone("superuser")
