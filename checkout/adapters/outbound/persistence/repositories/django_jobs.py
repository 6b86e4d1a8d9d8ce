"""Periodic jobs: of all processes that ask at once, one gets it. A conditional UPDATE decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import IntegrityError
from django.db.models import Q

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import PeriodicJob
from checkout.adapters.outbound.persistence.storage import one_transaction, storage


class DjangoJobs:
    """JobsPort on Django's ORM."""

    def due(self, names: Iterable[str]) -> list[str]:
        """Those of these jobs that may be taken now: a look that costs one statement for all."""
        now = database_now()
        with storage():
            resting = PeriodicJob.objects.filter(Q(due_at__gt=now) | Q(lease_until__gte=now))
            known = set(resting.values_list("name", flat=True))
        return [name for name in names if name not in known]

    def take(self, name: str, lease: float) -> tuple[str, Mapping[str, Any]] | None:
        """(holder, cursor) of a job that is due; None when it is not, or somebody else is on it."""
        now, holder = database_now(), uuid4().hex
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        with storage():
            jobs = PeriodicJob.objects.filter(name=name)
            taken = jobs.filter(free, due_at__lte=now).update(
                holder=holder, lease_until=now + timedelta(seconds=lease)
            )
            if taken:
                return holder, jobs.values_list("cursor", flat=True).get()
            if jobs.exists():
                return None
        try:
            with one_transaction():
                PeriodicJob.objects.create(name=name, due_at=now)
        except IntegrityError:
            return None  # another process was first
        return self.take(name, lease)

    def done(self, name: str, holder: str, every: float, cursor: Mapping[str, Any]) -> None:
        """Keep how far it came, due again in `every` seconds; nothing if another took it over."""
        with storage():
            PeriodicJob.objects.filter(name=name, holder=holder).update(
                due_at=database_now() + timedelta(seconds=every),
                holder="",
                lease_until=None,
                cursor=dict(cursor),
            )
