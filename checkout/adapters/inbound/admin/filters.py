"""What staff looks for: one class per question, answered by an index; counts where they are cheap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from checkout.adapters.inbound.admin.counting import MOST, counted, in_figures
from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutSession
from checkout.domain.value_objects.checkout_state import CheckoutState

STUCK_AFTER = timedelta(seconds=30)
LIVE = "live"
Rows = QuerySet[CheckoutSession]


class StateFilter(admin.SimpleListFilter):
    """One state, or all but the final ones. Those that have ended are too many to be counted."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices, in the order of the flow."""
        unfinished = CheckoutSession.objects.filter(finished_at__isnull=True)
        states = Counter(unfinished.values_list("state", flat=True)[: MOST + 1])
        live = states.total()
        choices = [(LIVE, f"Not at its end ({in_figures(live)})")]
        for state in CheckoutState:
            unknown = state.is_final or live > MOST
            count = "" if unknown else f" ({in_figures(states[state.value])})"
            choices.append((state.value, f"{state.value.replace('_', ' ').capitalize()}{count}"))
        return choices

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """The rows of the choice. That they have not ended is what the index knows."""
        chosen = self.value()
        if chosen == LIVE:
            return queryset.filter(finished_at__isnull=True)
        if chosen not in list(CheckoutState):
            return queryset
        if CheckoutState(chosen).is_final:
            return queryset.filter(state=chosen)
        return queryset.filter(state=chosen, finished_at__isnull=True)


class YesFilter(admin.SimpleListFilter, ABC):
    """One question with one choice, which says how many there are."""

    choice = ""

    @abstractmethod
    def rows(self, queryset: Rows) -> Rows:
        """Those of these rows for which the answer is yes."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choice."""
        many = counted(self.rows(CheckoutSession.objects.all()))
        return [("yes", f"{self.choice} ({in_figures(many)})")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """The rows of the choice."""
        return self.rows(queryset) if self.value() == "yes" else queryset


class AttentionFilter(YesFilter):
    """Those that ask for staff."""

    title, parameter_name, choice = "attention", "attention", "Needs attention"

    def rows(self, queryset: Rows) -> Rows:
        """By the reason that is written on them."""
        return queryset.exclude(needs_attention="")


class StuckFilter(YesFilter):
    """Those that have been due for more than 30 s while nobody drives them."""

    title, parameter_name, choice = "stuck", "stuck", "Overdue for more than 30 s"

    def rows(self, queryset: Rows) -> Rows:
        """Due, and without a lease."""
        now = database_now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return queryset.filter(free, due_at__lt=now - STUCK_AFTER)


class OwedFilter(YesFilter):
    """Those of which money is owed to the shopper, or a void or refund has no final answer."""

    title, parameter_name, choice = "owed money", "owed", "Owed or on its way back"

    def rows(self, queryset: Rows) -> Rows:
        """As the flow said when it stored them."""
        return queryset.filter(unsettled=True)


class HoldFilter(YesFilter):
    """Those that staff has stopped."""

    title, parameter_name, choice = "hold", "on_hold", "On hold"

    def rows(self, queryset: Rows) -> Rows:
        """Until they are resumed."""
        return queryset.filter(on_hold=True)


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
