"""The inbox in the Django admin: what providers said and what was ordered; messages are replayed here.

Nothing can be edited. A replay is handed to the desk, which finds the checkout; the engine applies it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.adapters.inbound.admin import privacy
from checkout.adapters.inbound.admin.filters import ParkedFilter
from checkout.adapters.inbound.admin.orders import OPERATE
from checkout.adapters.inbound.admin.read_only import VIEW, ReadOnlyAdmin
from checkout.adapters.inbound.admin.staff_log import note, user_id_of
from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused

MOST = 100  # messages of one replay
SHOWN = 12  # letters of a reference in the list


class ReplayForm(forms.Form):
    """Which messages, and why."""

    ids = forms.CharField(max_length=2000, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
        help_text="Why. It is kept in the log, for good.",
    )

    def clean_ids(self) -> list[int]:
        """The rows. Raises ValidationError for anything else."""
        found = rows_of(self.cleaned_data["ids"])
        if not found:
            raise forms.ValidationError("No message was chosen.")
        return found


@admin.register(CheckoutInbox)
class InboxAdmin(ReadOnlyAdmin):
    """List, detail and replay of messages."""

    # What staff comes for stands first: on a narrow screen the rest is scrolled to.
    list_display = ("received_at", "said", "whose", "again", "source", "kind", "payment")
    list_display_links = ("received_at",)
    list_filter = (ParkedFilter,)
    search_fields = ("message_id", "reference")
    search_help_text = "The provider's message id, or its payment's reference."
    ordering = ("-id",)
    actions = ("replay_chosen",)

    fields = (
        *("whose", "source", "message_id", "kind", "by", "reason", "reference"),
        *("received_at", "applied_at", "said", "body"),
    )
    readonly_fields = ("whose", "by", "reason", "said", "body")

    class Media:
        css = {"all": ["checkout/admin.css"]}

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Those who may operate checkouts: they replay messages."""
        return request.user.has_perms([VIEW, OPERATE])

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> CheckoutInbox | None:
        """The message, with what this person may read of it."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.reader = privacy.reader(request.user, row.checkout)
        return row

    @admin.display(description="actor")
    def by(self, row: Any) -> str:
        """Who sent it."""
        said: str = row.reader.text(row.actor)
        return said

    @admin.display(description="reason")
    def reason(self, row: Any) -> str:
        """Why, where somebody said so."""
        said: str = row.reader.text(str(row.payload.get("reason", "")))
        return said or "–"

    @admin.display(description="payload")
    def body(self, row: Any) -> str | SafeString:
        """What was written, for those who may read it."""
        paper = row.reader.paper(row.payload)
        if paper:
            return format_html('<pre class="checkout-payload">{}</pre>', paper)
        return "–" if row.reader.whole or not row.payload else privacy.NEEDED

    @admin.display(description="checkout")
    def whose(self, row: CheckoutInbox) -> str | SafeString:
        """The way to its checkout."""
        if row.checkout_id is None:
            return "parked"
        there = reverse("admin:checkout_checkoutsession_change", args=[row.checkout_id])
        return format_html('<a href="{}">{}</a>', there, str(row.checkout_id)[:8])

    @admin.display(description="reference", ordering="reference")
    def payment(self, row: CheckoutInbox) -> str | SafeString:
        """The beginning of the provider's reference; all of it is a click away, and in the title."""
        if len(row.reference) <= SHOWN:
            return row.reference
        return format_html('<span title="{}">{}…</span>', row.reference, row.reference[:SHOWN])

    @admin.display(description="outcome")
    def said(self, row: CheckoutInbox) -> str:
        """What became of it."""
        return row.outcome or "not applied yet"

    @admin.display(description="")
    def again(self, row: CheckoutInbox) -> str | SafeString:
        """The way to its replay."""
        if not row.source.startswith("provider:"):
            return ""
        there = reverse("admin:checkout_checkoutinbox_replay")
        return format_html('<a href="{}?ids={}">Replay</a>', there, row.pk)

    @admin.action(description="Replay the chosen messages", permissions=["operate"])
    def replay_chosen(
        self, request: HttpRequest, queryset: QuerySet[CheckoutInbox]
    ) -> HttpResponseRedirect:
        """Lead to the page that asks why."""
        ids = queryset.order_by("pk").values_list("pk", flat=True)[:MOST]
        there = reverse("admin:checkout_checkoutinbox_replay")
        return HttpResponseRedirect(f"{there}?ids={','.join(map(str, ids))}")

    def get_urls(self) -> list[URLPattern]:
        """The replay, before the addresses that Django gives a model."""
        replay = self.admin_site.admin_view(self.replay)
        return [path("replay/", replay, name="checkout_checkoutinbox_replay"), *super().get_urls()]

    def replay(self, request: HttpRequest) -> HttpResponse:
        """GET: what is replayed, and why? POST: hand each to the desk and say what came of it."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = ReplayForm(request.POST if posted else None, initial={"ids": request.GET.get("ids")})
        if posted and form.is_valid():
            _replay(request, form.cleaned_data["ids"], form.cleaned_data["reason"])
            return HttpResponseRedirect(reverse("admin:checkout_checkoutinbox_changelist"))
        asked = str((request.POST if posted else request.GET).get("ids", ""))
        context = {
            **self.admin_site.each_context(request),
            "title": "Replay messages",
            "opts": self.opts,
            "form": form,
            "rows": CheckoutInbox.objects.filter(pk__in=rows_of(asked)).order_by("pk"),
        }
        status = 400 if posted else 200
        return TemplateResponse(request, "admin/checkout/replay.html", context, status=status)


def rows_of(text: str) -> list[int]:
    """Row numbers from `1,2,3`; what is none is left out."""
    found = (part.strip() for part in text.split(","))
    return [int(part) for part in found if part.isascii() and part.isdigit() and len(part) < 19][
        :MOST
    ]


def _replay(request: HttpRequest, rows: list[int], reason: str) -> None:
    actor = f"user:{user_id_of(request)}"
    done = 0
    for row in rows:
        try:
            with transaction.atomic():  # there is never one without the other
                checkout_id = services().desk.replay(row, actor, reason)
                named = f"message {row} of checkout {checkout_id}"
                note(request, CheckoutInbox, row, f"Replay. Reason: {reason}", named)
        except Refused as no:
            messages.warning(request, f"Message {row}: {no.message}")
            continue
        done += 1
    if done:
        messages.success(request, f"{done} replayed. The engine asks the provider for the facts.")
