"""Rebuilding the read models from session, effects and history, on a live system.

A checkout that moves meanwhile is written by whoever moves it: what was folded from an older
version is thrown away, never stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.models import (
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
)
from checkout.adapters.outbound.persistence.repositories.doctor_queries import (
    DoctorQueries,
    Dossier,
)
from checkout.adapters.outbound.persistence.storage import one_transaction
from checkout.application.use_cases import settle_money
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.read_models.checkout_progress import project
from checkout.read_models.checkout_summary import summarise

BATCH = 200


def differences(dossier: Dossier, checkout: Checkout) -> list[str]:
    """Which read models are not what the rows say: `progress`, `summary`, the column `unsettled`."""
    found = []
    if dossier.progress != (checkout.version, checkout.state.value, project(checkout)):
        found.append("progress")
    if dossier.summary != summarise(checkout):
        found.append("summary")
    if dossier.unsettled != settle_money.unsettled(checkout):
        found.append("unsettled")
    return found


class ReadModelRebuild:
    """Batches of checkouts, and the write that puts one of them right."""

    def batches(self, ids: Sequence[CheckoutId] = ()) -> Iterator[list[Dossier]]:
        """These checkouts, or all of them, the newest first; each is read as one version."""
        queries = DoctorQueries()
        if not ids:
            yield from queries.dossiers(None, BATCH)
        for start in range(0, len(ids), BATCH):
            yield queries.of(ids[start : start + BATCH])

    def rewrite(self, checkout: Checkout) -> bool:
        """Store both read models anew; False when the checkout has moved on and nothing was done.

        The update of the row holds it, at this version, until the end.
        """
        with one_transaction():
            still = CheckoutSession.objects.filter(pk=checkout.id, version=checkout.version)
            owing = settle_money.unsettled(checkout)
            if not still.update(version=checkout.version, unsettled=owing):
                return False
            shown = {
                "version": checkout.version,
                "state": checkout.state.value,
                "body": project(checkout),
                "updated_at": read_now(),
            }
            CheckoutProgress.objects.update_or_create(pk=checkout.id, defaults=shown)
            summary = summarise(checkout)
            if summary is None:
                CheckoutSummary.objects.filter(pk=checkout.id).delete()
            else:
                CheckoutSummary.objects.update_or_create(pk=checkout.id, defaults={"body": summary})
        return True
