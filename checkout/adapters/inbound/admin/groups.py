"""Three groups that a shop has at once. What it makes of them is its own: they are only ever added."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models.signals import post_migrate

LOOK = ("view_checkoutsession",)
ACT = (*LOOK, "operate_checkout")
GROUPS = {
    "Checkout viewers": LOOK,
    "Checkout operators": ACT,
    "Checkout supervisors": (*ACT, "force_checkout", "payload_checkout"),
}


def connect(app_config: Any) -> None:
    """Have the groups made after each `migrate`, where Django's own users are installed."""
    if installed.is_installed("django.contrib.auth"):
        post_migrate.connect(_add, sender=app_config, dispatch_uid="checkout_groups")


def _add(sender: Any, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_: Any) -> None:
    """Make the groups that are missing. One of which a right is not there yet waits for it."""
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    if not router.allow_migrate_model(using, group_model):
        return
    groups = group_model.objects.using(using)
    missing = set(GROUPS) - set(groups.filter(name__in=GROUPS).values_list("name", flat=True))
    if not missing:
        return
    # Django makes them at the same signal, maybe after us.
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    rights = permission_model.objects.using(using).filter(content_type__app_label=sender.label)
    for name in sorted(missing):
        found = list(rights.filter(codename__in=GROUPS[name]))
        if len(found) == len(GROUPS[name]):
            groups.create(name=name).permissions.set(found)
