"""Checkouts in the Django admin: seen by those who may, moved by commands through the engine only.

No state can be edited here, nothing added and nothing deleted. Each command has an address of its
own with a confirmation page, and its permission is checked at every request.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.adapters.inbound.admin import commanding, detail, orders, step_up
from checkout.adapters.inbound.admin.dashboard import page as dashboard
from checkout.adapters.inbound.admin.filters import STUCK_AFTER, AttentionFilter, StuckFilter
from checkout.adapters.inbound.admin.read_only import ReadOnlyAdmin
from checkout.adapters.inbound.admin.words import MONEY, age
from checkout.adapters.inbound.web.amounts import in_words
from checkout.adapters.outbound.persistence.database_time import database_now
from checkout.adapters.outbound.persistence.models import CheckoutEffect, CheckoutSession


@admin.register(CheckoutSession)
class CheckoutAdmin(ReadOnlyAdmin):
    """List, detail and commands of checkouts."""

    list_display = (
        "checkout",
        "state",
        "attention",
        "in_state_for",
        "amount",
        "money",
        "attempt",
        "next_due",
    )
    list_display_links = None
    list_filter = ("state", AttentionFilter, StuckFilter)
    list_select_related = ("progress",)
    search_fields = ("id",)
    search_help_text = "Id, cart, order, the provider's reference, or e-mail."
    ordering = ("-created_at", "-id")
    actions = None

    class Media:
        css = {"all": ["checkout/admin.css"]}

    # List ----------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckoutSession]:
        """With the database's time, which tells the age."""
        return super().get_queryset(request).annotate(database_now=database_now())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CheckoutSession], search_term: str
    ) -> tuple[QuerySet[CheckoutSession], bool]:
        """By the ways in which a checkout is asked for on the telephone."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(_matching(term)), False

    @admin.display(description="checkout", ordering="id")
    def checkout(self, row: CheckoutSession) -> SafeString:
        """The first characters of the id, with the way to the detail."""
        there = reverse("admin:checkout_checkoutsession_change", args=[row.pk])
        return format_html('<a href="{}" title="{}">{}</a>', there, row.pk, str(row.pk)[:8])

    @admin.display(description="in state for", ordering="-entered_at")
    def in_state_for(self, row: Any) -> str:
        """How long it has been in its state."""
        return age(row.entered_at, row.database_now)

    @admin.display(description="amount")
    def amount(self, row: CheckoutSession) -> str:
        """The frozen total."""
        cart = row.snapshot
        return in_words(cart["total"], cart["currency"]) if cart else "–"

    @admin.display(description="money")
    def money(self, row: CheckoutSession) -> str:
        """What became of the money, as the shopper is told."""
        status = row.progress.body.get("money", {}).get("status", "")
        return MONEY.get(status, status)

    @admin.display(description="next due", ordering="due_at")
    def next_due(self, row: Any) -> str:
        """When somebody looks again."""
        if row.due_at is None:
            return "–"
        if row.due_at <= row.database_now:
            late = row.database_now - row.due_at > STUCK_AFTER
            return f"overdue for {age(row.due_at, row.database_now)}" if late else "now"
        return f"in {age(row.database_now, row.due_at)}"

    @admin.display(description="attention", ordering="needs_attention")
    def attention(self, row: CheckoutSession) -> str | SafeString:
        """Why staff should look."""
        why = row.needs_attention.replace("_", " ")
        return format_html('<span class="checkout-flag">{}</span>', why) if why else "–"

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
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = get_object_or_404(CheckoutSession, pk=_uuid(object_id))
        context = {
            **self.admin_site.each_context(request),
            **detail.context(row, request.user),
            "title": f"Checkout {str(row.pk)[:8]}",
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/checkout/detail.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _matching(term: str) -> Q:
    by_effect = CheckoutEffect.objects.filter(reference=term).values("checkout_id")
    found = Q(cart=term) | Q(order_reference__iexact=term) | Q(id__in=by_effect)
    if "@" in term:
        found |= Q(snapshot__buyer__email__iexact=term)
    if set(term.lower()) <= set("0123456789abcdef-"):
        found |= Q(id__startswith=term.lower())
    return found
