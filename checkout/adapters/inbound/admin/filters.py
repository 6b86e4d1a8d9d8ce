"""What staff looks for: checkouts that ask for them, and checkouts that nobody drives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutSession

STUCK_AFTER = timedelta(seconds=30)
Rows = QuerySet[CheckoutSession]


class AttentionFilter(admin.SimpleListFilter):
    """Those that ask for staff."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [("yes", "Needs attention"), ("no", "Needs none")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """The rows of the choice."""
        if self.value() == "yes":
            return queryset.exclude(needs_attention="")
        return queryset.filter(needs_attention="") if self.value() == "no" else queryset


class StuckFilter(admin.SimpleListFilter):
    """Those that have been due for more than 30 s while nobody drives them."""

    title = "stuck"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choice."""
        return [("yes", "Overdue for more than 30 s")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """The rows of the choice."""
        if self.value() != "yes":
            return queryset
        now = database_now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return queryset.filter(free, due_at__lt=now - STUCK_AFTER)


class ParkedFilter(admin.SimpleListFilter):
    """Messages that no checkout has claimed, and those that were refused."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        waiting = ("waiting", "Not applied yet")
        return [("parked", "Parked: no checkout knows it"), waiting, ("refused", "Refused")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CheckoutInbox]
    ) -> QuerySet[CheckoutInbox]:
        """The rows of the choice."""
        if self.value() == "parked":
            return queryset.filter(checkout__isnull=True)
        if self.value() == "waiting":
            return queryset.filter(checkout__isnull=False, applied_at__isnull=True)
        if self.value() == "refused":
            return queryset.filter(outcome__startswith="refused")
        return queryset
