"""Reading for pages, sockets, API and health. Changes nothing but the heartbeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Min

from checkout.adapters.outbound.persistence.database_time import database_now, read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
    WorkerHeartbeat,
)
from checkout.adapters.outbound.persistence.storage import storage
from checkout.application.ports.outbound.checkout_queries_port import Ownership, ProgressView
from checkout.domain.value_objects.checkout_id import CheckoutId

_OWNERSHIP = (
    "owner_hash",
    "token_hash",
    "nonce",
    "user_id",
    "idempotency_key",
    "return_url",
    "cart",
)


class DjangoCheckoutQueries:
    """CheckoutQueriesPort on Django's ORM."""

    def ownership(self, checkout_id: CheckoutId) -> Ownership | None:
        """Whose it is; None when there is no such checkout."""
        with storage():
            row = CheckoutSession.objects.filter(pk=checkout_id).values(*_OWNERSHIP).first()
        return Ownership(**row) if row else None

    def progress(self, checkout_id: CheckoutId) -> ProgressView | None:
        """The read model; None when there is no such checkout."""
        with storage():
            row = (
                CheckoutProgress.objects.filter(pk=checkout_id)
                .annotate(cart=F("checkout__snapshot"), created_at=F("checkout__created_at"))
                .first()
            )
        if row is None:
            return None
        return ProgressView(
            checkout_id,
            row.version,
            row.state,
            row.body,
            row.cart,
            row.created_at,
            row.updated_at,
        )

    def summary(self, checkout_id: CheckoutId) -> Mapping[str, Any] | None:
        """The receipt of a finished checkout; None while it is not final or unknown."""
        with storage():
            found = CheckoutSummary.objects.filter(pk=checkout_id).values_list("body", flat=True)
            return found.first()

    def versions(self, ids: Sequence[CheckoutId]) -> Mapping[CheckoutId, int]:
        """The current version of each of these checkouts, in one query."""
        with storage():
            rows = CheckoutProgress.objects.filter(pk__in=ids).values_list("pk", "version")
            return {CheckoutId(pk): version for pk, version in rows}

    def live_of_owner(self, owner_hash: str) -> Sequence[CheckoutId]:
        """Checkouts of this browser that are not final, newest first."""
        with storage():
            rows = CheckoutSession.objects.filter(owner_hash=owner_hash, finished_at__isnull=True)
            ids = rows.order_by("-created_at").values_list("id", flat=True)[:20]
            return [CheckoutId(pk) for pk in ids]

    def started_with(self, cart: str, key: str) -> CheckoutId | None:
        """The checkout that this Idempotency-Key started for this cart, whatever became of it."""
        with storage():
            rows = CheckoutSession.objects.filter(cart=cart, idempotency_key=key)
            pk = rows.order_by("created_at").values_list("id", flat=True).first() if key else None
        return CheckoutId(pk) if pk else None

    def find_by_reference(self, reference: str) -> CheckoutId | None:
        """The checkout that a provider's payment id belongs to."""
        with storage():
            rows = CheckoutEffect.objects.filter(reference=reference)
            pk = rows.values_list("checkout_id", flat=True).first()
        return CheckoutId(pk) if pk else None

    def seconds_since_heartbeat(self) -> float | None:
        """How long ago the freshest sweep went round; None when none ever did."""
        with storage():
            freshest = WorkerHeartbeat.objects.order_by("-at").first()
            return (read_now() - freshest.at).total_seconds() if freshest else None

    def oldest_overdue(self) -> float:
        """How many seconds the most overdue checkout is late; 0 when none is."""
        with storage():
            due = CheckoutSession.objects.filter(due_at__isnull=False)
            oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
            return max((read_now() - oldest).total_seconds(), 0.0) if oldest else 0.0

    def beat(self, worker: str) -> None:
        """This worker's sweep has just gone round."""
        with storage():
            WorkerHeartbeat.objects.update_or_create(worker=worker, defaults={"at": database_now()})
