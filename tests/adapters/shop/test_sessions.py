"""A guest finds the receipt again after months; staff has to log in again the next day."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

DAY, PASSWORD = 86_400, "a long pass phrase"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("staff", [True, False])
def test_only_staff_is_forgotten_soon(staff: bool) -> None:
    User.objects.create_user("mara", password=PASSWORD, is_staff=staff)
    client = Client()
    assert client.login(username="mara", password=PASSWORD)
    age = client.session.get_expiry_age()
    assert (age < DAY) == staff
    assert (age > 150 * DAY) != staff


def test_a_guest_is_known_for_months(client: Client) -> None:
    answer = client.post("/cart/add/", {"sku": "nothing"})
    assert answer.cookies["sessionid"]["max-age"] > 150 * DAY
