"""`manage.py demo`: a shop that sells, in one process, with nothing to install or to start before."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from project.shop.fill import fill_shop

STAFF = "staff"
EXAMPLES = {  # somebody in each of the groups that come with checkout
    "viewer": "Checkout viewers",
    "operator": "Checkout operators",
    "supervisor": "Checkout supervisors",
}


class Command(BaseCommand):
    """Migrates, fills the shop, makes a staff user, prints the addresses and serves."""

    help = "Run the shop, its checkout and a simulated payment provider in one process."

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve on PORT. Raises CommandError when the settings or the address do not allow it."""
        host, port = os.environ.get("HOST", "127.0.0.1"), settings.PORT
        if not settings.EMBEDDED:
            raise CommandError(
                "The demo is one process, but REDIS_URL is set. Unset it, or start the web, worker"
                " and provider processes as docker-compose.yml does."
            )
        self._must_be_free(host, port)
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0)
        fill_shop()
        password = _staff_password(Path(settings.DATA_DIR) / ".staff_password")
        add_examples(password)
        from project.embedded import serve

        serve(host, port, ready=lambda: self._say_where(host, port, password))

    def _must_be_free(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as problem:
                raise CommandError(
                    f"Cannot listen on {host}:{port}: {problem.strerror}."
                    f" Stop what uses the port, or choose another: PORT={port + 1}."
                ) from problem

    def _say_where(self, host: str, port: int, password: str) -> None:
        site = f"http://{host}:{port}"
        self.stdout.write(
            f"\n  Shop    {site}/"
            f"\n  Admin   {site}/admin/   user {STAFF}, password {password}"
            f"\n          with fewer rights, by the same password: {', '.join(EXAMPLES)}"
            f"\n  API     {site}/api/v1/products"
            f"\n  Mails   {_where_mails_are()}"
            f"\n\n  Everything is kept in {settings.DATA_DIR}. Ctrl-C stops; a new start goes on.\n"
        )
        self.stdout.flush()


def add_examples(password: str) -> None:
    """A staff user in each group. One who is there keeps their groups, and has this password."""
    users = get_user_model().objects
    for name, group in EXAMPLES.items():
        user, new = users.get_or_create(username=name, defaults={"is_staff": True})
        if new:
            user.groups.set(Group.objects.filter(name=group))
        if not user.check_password(password):
            user.set_password(password)
            user.save()


def _where_mails_are() -> str:
    """In plain words."""
    if settings.EMAIL_URL:
        return "are sent to the server of EMAIL_URL"
    return f"are files in {settings.EMAIL_FILE_PATH}, one for each"


def _staff_password(kept: Path) -> str:
    """The password of the staff user: made once, kept in a file that only its owner can read."""
    users = get_user_model().objects
    if kept.exists() and users.filter(username=STAFF).exists():
        return kept.read_text().strip()
    password = secrets.token_urlsafe(12)
    user, _ = users.get_or_create(username=STAFF)
    user.is_staff = user.is_superuser = True
    user.set_password(password)
    user.save()
    kept.touch(mode=0o600)
    kept.write_text(password + "\n")
    return password
