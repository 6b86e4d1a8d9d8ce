"""Everything that looks for work, and the pages of the admin: each is run as the product runs it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

ADMIN = "/admin/checkout/checkoutsession/"
PAGES = {
    "admin: list": ADMIN,
    "admin: live": f"{ADMIN}?state=live",
    "admin: completed": f"{ADMIN}?state=completed",
    "admin: attention": f"{ADMIN}?attention=yes",
    "admin: one checkout": f"{ADMIN}{{one}}/change/",
    "admin: inbox": "/admin/checkout/checkoutinbox/",
}
AT_ONCE = 100  # as the sweep asks
WATCHED = 1000  # as the rounds ask


class NotShown(Exception):
    """A page of the admin did not come; says which, and its status."""


def probes(one: str) -> dict[str, Callable[[], object]]:
    """By name; `one` is a finished checkout."""
    from checkout.adapters.outbound.persistence.repositories.django_outbox import DjangoOutbox
    from checkout.bootstrap import services
    from checkout.domain.value_objects.checkout_id import parse_checkout_id

    chosen, known = services(), parse_checkout_id(one)
    return {
        "sweep: due": lambda: list(chosen.repository.due(1.0, AT_ONCE)),
        "sweep: outbox": lambda: list(DjangoOutbox().unsent(AT_ONCE, 1.0)),
        "sweep: parked messages": chosen.repository.adopt_all_parked,
        "sweep: heartbeat": lambda: chosen.queries.beat("bench"),
        "watch: stuck": lambda: chosen.watch.waiting(300.0, "", WATCHED),
        "health: most overdue": chosen.queries.oldest_overdue,
        "page: progress": lambda: chosen.queries.progress(known),
        "page: underway": lambda: chosen.queries.underway("nobody", None, []),
        "start: replay": lambda: chosen.queries.started_with("no cart", "no key"),
        "webhook: reference": lambda: chosen.queries.find_by_reference("nothing"),
        **{name: _shows(path.format(one=one)) for name, path in PAGES.items()},
    }


def _shows(path: str) -> Callable[[], object]:
    """A page of the admin as its superuser sees it."""
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    boss, _ = User.objects.get_or_create(
        username="boss", defaults={"is_staff": True, "is_superuser": True}
    )
    client.force_login(boss)

    def get() -> object:
        answer: Any = client.get(path)
        if answer.status_code != 200:
            raise NotShown(f"{path}: {answer.status_code}")
        return answer.content

    return get


def doctor() -> str:
    """The examination of all checkouts, without the shop's ledgers: copies bought nothing there."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import override_settings

    out = io.StringIO()
    without_audits = override_settings(CHECKOUT={**settings.CHECKOUT, "AUDITS": {}})
    found = suppress(SystemExit)  # such as that some are overdue
    with without_limit(), without_audits, found:
        call_command("checkout", "doctor", stdout=out)
    return out.getvalue().strip()


@contextmanager
def without_limit() -> Iterator[None]:
    """No statement timeout on this connection: these are figures, not an outage."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
