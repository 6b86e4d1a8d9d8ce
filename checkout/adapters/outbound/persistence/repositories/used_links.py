"""Links of mails that have been used. A unique row decides, whoever comes first."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import UsedLink
from checkout.adapters.outbound.persistence.storage import one_transaction, storage


class UsedLinks:
    """Knows links by their hash only. Each method raises StorageUnavailable."""

    def use(self, link: str) -> bool:
        """Use it up; False when somebody has used it before."""
        try:
            with one_transaction():
                UsedLink.objects.create(link=link, used_at=database_now())
        except IntegrityError:
            return False
        return True

    def is_used(self, link: str) -> bool:
        """Whether it was used."""
        with storage():
            return UsedLink.objects.filter(link=link).exists()

    def forget(self, lifetime: float, most: int) -> int:
        """Delete what was used so long ago that the link has ended anyway; how many."""
        with storage():
            old = UsedLink.objects.filter(used_at__lt=database_now() - timedelta(seconds=lifetime))
            links = list(old.values_list("link", flat=True)[:most])
            return UsedLink.objects.filter(link__in=links).delete()[0] if links else 0
