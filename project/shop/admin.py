"""The shop in the admin. Money and holds of running checkouts can be seen there, never edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from project.shop.arithmetic import in_words
from project.shop.discounts import times_used
from project.shop.models import (
    Coupon,
    CouponClaim,
    CouponUse,
    Mail,
    Order,
    OrderLine,
    Product,
    Reservation,
    ReservationLine,
    StockItem,
)
from project.shop.models.catalog import currency
from project.shop.stock import available, held


class ReadOnly(admin.ModelAdmin):
    """Rows that only the shop itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyLines(admin.TabularInline):
    """Lines that belong to a row that only the shop itself writes."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StockForm(forms.ModelForm):
    """Stock is changed by the difference, so that a sale in the meantime is not undone."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = StockItem
        fields = ("on_hand",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.instance.on_hand

    def save(self, commit: bool = True) -> StockItem:
        """Add what was typed minus what was shown; never below zero."""
        if self.instance._state.adding:
            return super().save(commit)
        typed, seen = self.cleaned_data["on_hand"], self.cleaned_data["seen"]
        change = typed - (typed if seen is None else seen)
        rows = StockItem.objects.filter(pk=self.instance.pk)
        if not rows.filter(on_hand__gte=-change).update(on_hand=F("on_hand") + change):
            rows.update(on_hand=0)
        self.instance.refresh_from_db()
        return self.instance


class StockInline(admin.StackedInline):
    """How many there are, on the product's page."""

    model = StockItem
    form = StockForm
    can_delete = False
    readonly_fields = ("held_now", "available_now")

    @admin.display(description="held for checkouts")
    def held_now(self, stock: StockItem) -> int:
        """Units that running checkouts hold."""
        return held([stock.product_id]).get(stock.product_id, 0) if stock.pk else 0

    @admin.display(description="can be sold")
    def available_now(self, stock: StockItem) -> int:
        """Units that the next shopper can have."""
        return available([stock.product_id])[stock.product_id] if stock.pk else 0


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """Prices and stock. A running checkout keeps the price that it has frozen."""

    list_display = ("name", "sku", "price_shown", "on_hand", "available_now", "active")
    list_filter = ("active",)
    search_fields = ("name", "sku")
    inlines = (StockInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).select_related("stock")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        # Holds, orders and carts know a product by its sku.
        return ["sku"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A product that is no longer sold is made inactive: orders and holds still name it.
        return False

    @admin.display(description="price", ordering="price")
    def price_shown(self, product: Product) -> str:
        """The price as shoppers see it."""
        return in_words(product.price, currency())

    @admin.display(ordering="stock__on_hand")
    def on_hand(self, product: Product) -> int:
        """Units in the house."""
        return product.stock.on_hand if hasattr(product, "stock") else 0

    @admin.display(description="can be sold")
    def available_now(self, product: Product) -> int:
        """Units that the next shopper can have."""
        return available([product.sku])[product.sku]


@admin.register(Coupon)
class CouponAdmin(admin.ModelAdmin):
    """Codes. What a running checkout has claimed stays claimed."""

    list_display = ("code", "label", "kind", "value", "uses", "used", "ends_at", "active")
    list_filter = ("kind", "active")
    search_fields = ("code", "label")

    def get_readonly_fields(self, request: HttpRequest, obj: Coupon | None = None) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A code that should no longer work is made inactive: claims still count against it.
        return False

    @admin.display(description="used or claimed")
    def used(self, coupon: Coupon) -> int:
        """How many orders and running checkouts use it."""
        return times_used(coupon)


class OrderLines(ReadOnlyLines):
    """What was bought."""

    model = OrderLine
    fields = ("sku", "name", "quantity", "unit_price", "total")


@admin.register(Order)
class OrderAdmin(ReadOnly):
    """Orders exactly as they were placed."""

    list_display = ("number", "placed_at", "status", "email", "total_shown", "owner")
    list_filter = ("status", "placed_at")
    search_fields = ("number", "email", "owner", "payment")
    inlines = (OrderLines,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        # Without a number it is a tombstone: no order ever was there.
        return super().get_queryset(request).exclude(number=None)

    @admin.display(description="total", ordering="total")
    def total_shown(self, order: Order) -> str:
        """The total as the shopper saw it."""
        return in_words(order.total, order.currency)


class ReservationLines(ReadOnlyLines):
    """What is held."""

    model = ReservationLine
    fields = ("sku", "quantity")


@admin.register(Reservation)
class ReservationAdmin(ReadOnly):
    """Who holds what, and until when."""

    list_display = ("key", "status", "expires_at", "owner", "created_at")
    list_filter = ("status",)
    search_fields = ("key", "owner", "lines__sku")
    inlines = (ReservationLines,)


class CouponUses(ReadOnlyLines):
    """Which codes."""

    model = CouponUse
    fields = ("coupon",)


@admin.register(CouponClaim)
class CouponClaimAdmin(ReadOnly):
    """Who uses which code."""

    list_display = ("key", "status", "owner", "created_at")
    list_filter = ("status",)
    search_fields = ("key", "owner", "uses__coupon__code")
    inlines = (CouponUses,)


@admin.register(Mail)
class MailAdmin(ReadOnly):
    """What was mailed, and what waits for the mail server. Addresses are with the order."""

    list_display = ("id", "kind", "checkout", "outcome", "tries", "due_at", "ended_at", "error")
    list_filter = ("kind", "outcome")
    search_fields = ("checkout", "event")
