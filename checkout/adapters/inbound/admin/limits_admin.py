"""Limits of attempts in the Django admin: a note for staff of who was told to wait. Read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from checkout.adapters.inbound import limits
from checkout.adapters.inbound.admin.read_only import ReadOnlyAdmin
from checkout.adapters.outbound.persistence.models import AttemptCounter

Rows = QuerySet[AttemptCounter]


class RefusedFilter(admin.SimpleListFilter):
    """Those that were told to wait."""

    title = "told to wait"
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [("yes", "Told to wait"), ("no", "Never")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """The rows of the choice."""
        if self.value() == "yes":
            return queryset.filter(refused__gt=0)
        return queryset.filter(refused=0) if self.value() == "no" else queryset


@admin.register(AttemptCounter)
class AttemptCounterAdmin(ReadOnlyAdmin):
    """Sessions and addresses with their attempts; the address is named where a limit was reached."""

    list_display = ("of", "who", "count", "most", "last_at", "refused", "refused_at")
    list_display_links = None
    list_filter = (RefusedFilter,)
    search_fields = ("who",)
    ordering = ("-last_at", "key")
    actions = None

    @admin.display(description="of one")
    def of(self, row: AttemptCounter) -> str:
        """Session or address."""
        return row.key.partition(":")[0]

    @admin.display(description="most")
    def most(self, row: AttemptCounter) -> int:
        """How many are allowed in the window."""
        number: int = limits.said(f"ATTEMPTS_PER_{self.of(row).upper()}")
        return number
