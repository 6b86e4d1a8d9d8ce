"""Checkouts in the Django admin: seen by those who may, moved by commands through the engine only.

No state can be edited here, nothing added and nothing deleted. Each command has an address of its
own with a confirmation page, and its permission is checked at every request.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.adapters.inbound.admin import commanding, detail, orders, searching, step_up
from checkout.adapters.inbound.admin.bulk.selection import query_of
from checkout.adapters.inbound.admin.dashboard import page as dashboard
from checkout.adapters.inbound.admin.filters import (
    STUCK_AFTER,
    AttentionFilter,
    HoldFilter,
    OwedFilter,
    StateFilter,
    StuckFilter,
)
from checkout.adapters.inbound.admin.listing import CheckoutList
from checkout.adapters.inbound.admin.read_only import VIEW, ReadOnlyAdmin
from checkout.adapters.inbound.admin.words import MONEY, age
from checkout.adapters.inbound.web.amounts import in_words
from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutSession


@admin.register(CheckoutSession)
class CheckoutAdmin(ReadOnlyAdmin):
    """List, detail and commands of checkouts."""

    list_display = ("checkout", "where", "next_due", "money", "attention")
    list_display_links = None
    list_filter = (StateFilter, AttentionFilter, StuckFilter, OwedFilter, HoldFilter)
    search_fields = ("id",)
    search_help_text = searching.HELP
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = ("recover",)

    class Media:
        css = {"all": ["checkout/admin.css", "checkout/list.css"]}

    # List ----------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckoutSession]:
        """With the database's time, which tells the age; what is shown is read for a page alone."""
        rows = super().get_queryset(request).annotate(database_now=database_now())
        return rows.prefetch_related("progress")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CheckoutList]:
        """The list that pages by keyset."""
        return CheckoutList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CheckoutSession], search_term: str
    ) -> tuple[QuerySet[CheckoutSession], bool]:
        """By the ways in which a checkout is asked for on the telephone."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return searching.matching(queryset, term), False

    @admin.display(description="checkout")
    def checkout(self, row: CheckoutSession) -> SafeString:
        """The beginning of the id, which payment it is at, and tries of the step without an answer."""
        there = reverse("admin:checkout_checkoutsession_change", args=[row.pk])
        silent = f", {row.attempt} silent" if row.attempt else ""
        below = _under(f"attempt {row.generation}{silent}")
        return format_html(
            '<a href="{}" title="{}">{}</a> {}', there, row.pk, str(row.pk)[:8], below
        )

    @admin.display(description="state")
    def where(self, row: Any) -> SafeString:
        """The state, for how long, and whether staff has stopped it there."""
        return format_html(
            '<span class="checkout-state checkout-state--{}">{}</span> {}',
            row.state,
            row.get_state_display(),
            _under(f"for {age(row.entered_at, row.database_now)}", "on hold" * row.on_hold),
        )

    @admin.display(description="money")
    def money(self, row: CheckoutSession) -> SafeString:
        """The frozen total, what became of it as the shopper is told, and whether some is owed."""
        shown = getattr(row, "progress", None)
        status = shown.body.get("money", {}).get("status", "") if shown else "not known"
        said = _under(MONEY.get(status, status), "owed" * row.unsettled)
        return format_html("{} {}", _total(row), said)

    @admin.display(description="next due")
    def next_due(self, row: Any) -> str | SafeString:
        """When somebody looks again."""
        if row.due_at is None:
            return "–"
        if row.due_at > row.database_now:
            return f"in {age(row.database_now, row.due_at)}"
        if row.database_now - row.due_at <= STUCK_AFTER:
            return "now"
        return format_html("overdue {}", _under(f"for {age(row.due_at, row.database_now)}"))

    @admin.display(description="attention")
    def attention(self, row: CheckoutSession) -> str | SafeString:
        """Why staff should look."""
        why = row.needs_attention.replace("_", " ")
        return format_html('<span class="checkout-flag">{}</span>', why) if why else "–"

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Those who may give commands."""
        return request.user.has_perms([VIEW, orders.OPERATE])

    @admin.action(description="Recover in bulk", permissions=["operate"])
    def recover(self, request: HttpRequest, queryset: QuerySet[CheckoutSession]) -> HttpResponse:
        """Lead to the page that asks how: with those that are ticked, or with the filters."""
        chosen = request.GET.urlencode()
        if request.POST.get("select_across") != "1":
            chosen = query_of(list(queryset.values_list("pk", flat=True)))
        return HttpResponseRedirect(f"{reverse('admin:checkout_bulkrecovery_choose')}?{chosen}")

    # Detail and commands -------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """An address for each command, before the addresses that Django gives a model."""
        own = [
            path(
                f"<uuid:checkout_id>/{order.kind}/",
                self.admin_site.admin_view(partial(commanding.respond, self, order)),
                name=f"checkout_checkoutsession_{order.kind}",
            )
            for order in orders.ORDERS.values()
        ]
        asked = self.admin_site.admin_view(step_up.respond)
        board = self.admin_site.admin_view(partial(dashboard.respond, self))
        return [
            path("dashboard/", board, name=dashboard.NAME),
            path("is-it-you/", asked, name=step_up.NAME),
            *own,
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The detail: facts, timeline, explanation, commands. Nothing can be sent to it."""
        if other := self.not_looking(request):
            return other
        row = get_object_or_404(CheckoutSession, pk=_uuid(object_id))
        context = {
            **self.admin_site.each_context(request),
            **detail.context(row, request.user),
            "title": f"Checkout {str(row.pk)[:8]}",
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/checkout/detail.html", context)


def _total(row: CheckoutSession) -> str:
    cart = row.snapshot
    try:
        return in_words(cart["total"], cart["currency"]) if cart else "–"
    except (LookupError, TypeError, ValueError):
        return "unreadable"  # one bad row hides no other


def _under(text: str, flag: str = "") -> SafeString:
    """A quiet line below what a cell says, with a flag where there is one."""
    marked = format_html(' <span class="checkout-kind">{}</span>', flag) if flag else ""
    return format_html('<span class="checkout-under">{}{}</span>', text, marked)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
