"""Reading for pages, sockets, API and health. Changes nothing but the heartbeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Min, OuterRef, Q, Subquery

from checkout.adapters.outbound.persistence.database_time import database_now, read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutInbox,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
    WorkerHeartbeat,
)
from checkout.adapters.outbound.persistence.statements import Statement
from checkout.adapters.outbound.persistence.storage import storage
from checkout.adapters.outbound.persistence.trips import send
from checkout.application.ports.outbound.checkout_queries_port import (
    Ownership,
    ProgressView,
    Underway,
)
from checkout.domain.value_objects.checkout_id import CheckoutId

LONG_GONE = timedelta(hours=1)
KEY_LIFETIME = timedelta(hours=24)  # of an Idempotency-Key, for what it was not used for
_OWNERSHIP = (
    "owner_hash",
    "token_hash",
    "nonce",
    "user_id",
    "idempotency_key",
    "return_url",
    "cart",
)
_SHOWN = ("pk", "version", "state", "body", "cart", "created_at", "updated_at", "asked")
_ASKED = CheckoutInbox.objects.filter(
    checkout=OuterRef("pk"), source="command", applied_at__isnull=True
).order_by("id")
_PROGRESS = CheckoutProgress.objects.annotate(
    cart=F("checkout__snapshot"),
    created_at=F("checkout__created_at"),
    asked=Subquery(_ASKED.values("kind")[:1]),
)


class DjangoCheckoutQueries:
    """CheckoutQueriesPort on Django's ORM."""

    def ownership(self, checkout_id: CheckoutId) -> Ownership | None:
        """Whose it is; None when there is no such checkout."""
        return self.ownerships([checkout_id]).get(checkout_id)

    def ownerships(self, ids: Iterable[CheckoutId]) -> Mapping[CheckoutId, Ownership]:
        """Whose those are that there are, in one query."""
        with storage():
            rows = CheckoutSession.objects.filter(pk__in=ids).values_list("pk", *_OWNERSHIP)
            return {CheckoutId(pk): Ownership(*columns) for pk, *columns in rows}

    def progress(self, checkout_id: CheckoutId) -> ProgressView | None:
        """The read model; None when there is no such checkout."""
        return self.progress_of([checkout_id]).get(checkout_id)

    def progress_of(self, ids: Iterable[CheckoutId]) -> Mapping[CheckoutId, ProgressView]:
        """The read models of those that there are, in one query."""
        with storage():
            rows = list(
                _PROGRESS.filter(pk__in=ids)
                .annotate(now=database_now())
                .values_list(*_SHOWN, "now", named=True)
            )
        return {CheckoutId(row.pk): _view(row) for row in rows}

    def summary(self, checkout_id: CheckoutId) -> Mapping[str, Any] | None:
        """The receipt of a finished checkout; None while it is not final or unknown."""
        with storage():
            found = CheckoutSummary.objects.filter(pk=checkout_id).values_list("body", flat=True)
            return found.first()

    def versions(self, ids: Sequence[CheckoutId]) -> Mapping[CheckoutId, int]:
        """The current version of each of these checkouts, in one query."""
        if connection.vendor == "postgresql":  # asked for all open pages: one value, and no model
            name = CheckoutProgress._meta.db_table
            sql = f"SELECT checkout_id, version FROM {name} WHERE checkout_id = ANY(%s)"
            (answer,) = send([Statement(sql, (list(ids),))])
            return {CheckoutId(pk): version for pk, version in answer.rows}
        with storage():
            rows = CheckoutProgress.objects.filter(pk__in=ids).values_list("pk", "version")
            return {CheckoutId(pk): version for pk, version in rows}

    def live_of_owner(self, owner_hash: str) -> Sequence[CheckoutId]:
        """Checkouts of this browser that are not final, newest first."""
        with storage():
            rows = CheckoutSession.objects.filter(owner_hash=owner_hash, finished_at__isnull=True)
            ids = rows.order_by("-created_at").values_list("id", flat=True)[:20]
            return [CheckoutId(pk) for pk in ids]

    def underway(
        self, owner_hash: str, user_id: int | None, token_hashes: Sequence[str]
    ) -> Sequence[Underway]:
        """What has not ended of this browser, this user, or these tokens; newest first, up to 20."""
        mine = Q(owner_hash=owner_hash) if owner_hash else Q()
        if user_id is not None:
            mine |= Q(user_id=user_id)
        if token_hashes:
            mine |= Q(token_hash__in=token_hashes)
        if not mine:
            return []
        with storage():
            rows = CheckoutSession.objects.filter(mine, finished_at__isnull=True)
            found = rows.order_by("-created_at").values_list("id", "created_at")[:20]
            return [Underway(CheckoutId(pk), created_at) for pk, created_at in found]

    def started_with(self, cart: str, key: str) -> CheckoutId | None:
        """The checkout that this Idempotency-Key started for this cart, whatever became of it."""
        with storage():
            rows = CheckoutSession.objects.filter(cart=cart, idempotency_key=key)
            pk = rows.order_by("created_at").values_list("id", flat=True).first() if key else None
        return CheckoutId(pk) if pk else None

    def is_known(self, cart: str, key: str) -> bool:
        """Whether a start would only lead to a checkout that this cart has, or had with this key."""
        with storage():
            rows = CheckoutSession.objects.filter(cart=cart)
            mine = Q(idempotency_key=key) if key else Q(pk__in=[])
            return rows.filter(mine | ~Q(state="aborted")).exists()

    def has_other_cart(self, key: str, cart: str, owner_hash: str, address_hash: str) -> bool:
        """Whether this client has used the key for another cart in the last 24 hours.

        A client is a browser by its owner, or without one all that comes from an address.
        """
        with storage():
            rows = CheckoutSession.objects.filter(idempotency_key=key, owner_hash=owner_hash)
            if not owner_hash:
                rows = rows.filter(address_hash=address_hash)
            recent = rows.filter(created_at__gt=database_now() - KEY_LIFETIME)
            return recent.exclude(cart=cart).exists()

    def live_from(self, address_hash: str, most: int) -> int:
        """How many checkouts of this address are not final; counted up to `most`."""
        with storage():
            rows = CheckoutSession.objects.filter(
                address_hash=address_hash, finished_at__isnull=True
            )
            return rows.exclude(address_hash="")[:most].count()

    def find_by_reference(self, reference: str) -> CheckoutId | None:
        """The checkout that a provider's payment id belongs to."""
        with storage():
            rows = CheckoutEffect.objects.filter(reference=reference).exclude(reference="")
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

    def abandoned(self, overdue: float, limit: int) -> Sequence[CheckoutId]:
        """Due for more than `overdue` seconds, and who drove it let its lease run out."""
        now = database_now()
        with storage():
            rows = CheckoutSession.objects.filter(
                due_at__lt=now - timedelta(seconds=overdue), lease_until__lt=now
            ).order_by("due_at")
            return [CheckoutId(pk) for pk in rows.values_list("id", flat=True)[:limit]]

    def sweeping(self, within: float, host: str = "") -> int:
        """How many workers' sweeps went round within so many seconds; of one host, if it is named."""
        with storage():
            since = database_now() - timedelta(seconds=within)
            beating = WorkerHeartbeat.objects.filter(at__gte=since)
            return beating.filter(worker__startswith=f"{host}:" if host else "").count()

    def beat(self, worker: str) -> None:
        """This worker's sweep has just gone round. A new worker clears away those long gone."""
        with storage():
            now = database_now()
            if WorkerHeartbeat.objects.filter(worker=worker).update(at=now):
                return
            WorkerHeartbeat.objects.filter(at__lt=now - LONG_GONE).delete()
            WorkerHeartbeat.objects.update_or_create(worker=worker, defaults={"at": now})


def _view(row: Any) -> ProgressView:
    return ProgressView(
        CheckoutId(row.pk),
        row.version,
        row.state,
        row.body,
        row.cart,
        row.created_at,
        row.updated_at,
        row.asked or "",
        max((row.now - row.updated_at).total_seconds(), 0.0),
    )
