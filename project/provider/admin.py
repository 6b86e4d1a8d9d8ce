"""Read-only lists for a look behind the counter of the provider."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from project.provider.models import Delivery, Event, Payment


class ReadOnlyAdmin(admin.ModelAdmin):
    """May be seen by staff with the view permission, and changed by nobody."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the API creates."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only the API and the hosted page change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A provider forgets nothing."""
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments with their facts, in minor units."""

    list_display = ("id", "status", "amount", "currency", "authorised", "captured", "returned")
    list_filter = ("stage", "closed")
    search_fields = ("id", "reference")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What was reported to the merchant."""

    list_display = ("id", "type", "payment", "created_at")
    list_filter = ("type",)
    search_fields = ("id", "payment__id", "payment__reference")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Whether it arrived."""

    list_display = ("event", "tries", "last_answer", "due_at", "delivered_at", "given_up")
    list_filter = ("given_up",)
