"""The list of checkouts for a table of any size: pages by keyset, newest first, and no exact counts.

A page is asked for by the row that it begins after, never by its number: the thousandth costs what
the first costs, and no row is seen twice because a new one has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from checkout.adapters.inbound.admin import searching
from checkout.adapters.inbound.admin.counting import MOST, counted, estimate, in_figures, rounded
from checkout.adapters.outbound.persistence.models import CheckoutSession

OLDER, NEWER = "before", "after"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Rows = QuerySet[CheckoutSession]


@dataclass(frozen=True)
class Place:
    """Where a row stands in the list; written as its microseconds since 1970, a dash and its id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.id.hex}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """What `str` wrote; None for anything else."""
        moment, _, pk = text.partition("-")
        try:
            return cls(EPOCH + timedelta(microseconds=int(moment)), UUID(pk))
        except (OverflowError, ValueError):
            return None

    def older(self, rows: Rows) -> Rows:
        """Those after it in the list. The first condition is for the index, the second is exact."""
        further = Q(created_at__lt=self.at) | Q(id__lt=self.id)
        return rows.filter(further, created_at__lte=self.at)

    def newer(self, rows: Rows) -> Rows:
        """Those before it in the list, the nearest first."""
        further = Q(created_at__gt=self.at) | Q(id__gt=self.id)
        return rows.filter(further, created_at__gte=self.at).order_by("created_at", "id")


class CheckoutList(ChangeList):
    """One page. `older` and `newer` lead to its neighbours, `counted` says how many there are.

    A parameter that means nothing here is passed over: only what has an index can be asked for.
    """

    counted: str
    older: str = ""
    newer: str = ""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.title = "Checkouts"

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Those of our own filters, so that no other lookup comes from an address."""
        asked: Mapping[str, Any] = super().get_filters_params(params)
        known = {getattr(own, "parameter_name", "") for own in self.list_filter}
        return {name: value for name, value in asked.items() if name in known}

    def get_ordering(self, request: HttpRequest, queryset: Rows) -> list[str | Combinable]:
        """Newest first, always: nothing else has an index to page by."""
        return ["-created_at", "-id"]

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Whatever is changed about the list, it begins at the top again."""
        return super().get_query_string(new_params, [*(remove or ()), OLDER, NEWER])

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The filters, which a search keeps."""
        chosen = self.get_filters_params(self.params)
        return [(name, value) for name, value in chosen.items() if name != SEARCH_VAR]

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and one row more that tells whether there is another."""
        rows, above, below = self._page(request.GET)
        if below:
            self.older = self.get_query_string({OLDER: _place(rows[-1])})
        if above:
            self.newer = self.get_query_string({NEWER: _place(rows[0])})
        self._count(None if above or below else len(rows))
        self.result_list = rows
        self.can_show_all = self.multi_page = self.show_full_result_count = False
        self.full_result_count, self.show_admin_actions = None, True
        self.paginator = None

    def _page(self, asked: Mapping[str, str]) -> tuple[list[CheckoutSession], bool, bool]:
        """The rows, and whether there are any above and below. The top for a place that is none."""
        size = self.list_per_page
        place = Place.read(asked.get(NEWER, ""))
        if place:
            rows = list(place.newer(self.queryset)[: size + 1])
            if len(rows) > size:  # else it is the top, which is shown full
                return rows[size - 1 :: -1], True, True
        place = Place.read(asked.get(OLDER, "")) if not place else None
        if place:
            rows = list(place.older(self.queryset)[: size + 1])
            if rows:
                return rows[:size], True, len(rows) > size
        rows = list(self.queryset[: size + 1])
        return rows[:size], False, len(rows) > size

    def _count(self, known: int | None) -> None:
        """`result_count` is exact up to `MOST`; everything there is gets estimated."""
        self.result_count = counted(self.queryset) if known is None else known
        self.counted = in_figures(self.result_count)
        if self.result_count > MOST and not (self.query or self.has_active_filters):
            about = estimate()
            self.counted = rounded(about) if about and about > MOST else self.counted

    @property
    def limited(self) -> int:
        """How many a search shows at most, when it has reached that."""
        return searching.MOST if self.query and self.result_count >= searching.MOST else 0


def _place(row: CheckoutSession) -> str:
    return str(Place(row.created_at, row.pk))
