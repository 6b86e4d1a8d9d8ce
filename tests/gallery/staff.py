"""What staff sees: pages of the admin on one day, for docs/staff.md."""

from __future__ import annotations

import random
from dataclasses import dataclass
from urllib.parse import urljoin
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client

from tests.gallery.collecting import Screen, Words, normal
from tests.gallery.crowd import Day, since_yesterday, today, tried_out
from tests.gallery.document import LOOKS, ROOT, name_of
from tests.gallery.rows import Row

DOCUMENT = ROOT / "docs" / "staff.md"
PICTURES = ROOT / "docs" / "staff"
LIST = "/admin/checkout/checkoutsession/"
HIGHEST = 2000  # pixels; below come only more rows of the same
NOBODY = "\0"  # no id: there are many on a page, and they are made the same here
NO_WORDS = Words("", "", "", "", "")


@dataclass(frozen=True)
class StaffPage:
    """A page: its name, and its address below the list, with the names of checkouts in braces."""

    name: str
    address: str


PAGES = (
    StaffPage("list", ""),
    StaffPage("detail", "{told}/change/"),
    StaffPage("hanging", "{hanging}/change/"),
    StaffPage("preview", "{waits}/force/?edge=force_abort"),
    StaffPage("password", "is-it-you/"),
    StaffPage("bulk", "../bulkrecovery/{job}/change/"),
)
DASHBOARD = StaffPage("dashboard", "dashboard/")


def names() -> set[str]:
    """The file names of all pictures."""
    return {name_of(page.name, look) for page in (*PAGES, DASHBOARD) for look in LOOKS}


def collect() -> list[Screen]:
    """The pages, ready for a browser. Needs a database, in which nothing is left behind."""
    with transaction.atomic(), Day() as world:
        client = _somebody()
        ids = today(world)
        ids["job"] = str(tried_out(world, ids))
        screens = [_collected(client, page, ids) for page in PAGES]
        since_yesterday()
        screens.append(_collected(client, DASHBOARD, ids))
        transaction.set_rollback(True)
    return screens


def _somebody() -> Client:
    """Whoever may do everything with checkouts, and nothing else."""
    user = User.objects.create(pk=1, username="robin", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="checkout"))
    client = Client()
    client.force_login(user)
    return client


def _collected(client: Client, page: StaffPage, ids: dict[str, str]) -> Screen:
    answer = client.get(urljoin(LIST, page.address.format_map(ids)))
    assert answer.status_code == 200, page.name
    html = normal(answer.content.decode(), NOBODY, 0)
    row = Row(page.name, "Staff", page.address, lambda world: None, "", "staff")
    return Screen(row, _known(html, ids), NO_WORDS)


def _known(html: str, ids: dict[str, str]) -> str:
    """The same page with ids that are always the same."""
    for number, real in enumerate(ids.values()):
        made = str(UUID(int=random.Random(number).getrandbits(128), version=4))
        html = html.replace(real, made).replace(real[:8], made[:8])
    return html
