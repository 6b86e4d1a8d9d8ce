"""What all of our admin pages have in common: they are looked at, and nothing in them is edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern

from checkout.adapters.inbound.admin.headers import guarded

VIEW = "checkout.view_checkoutsession"
LOOKS = ("GET", "HEAD")


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the engine and its helpers write, for those who may look at checkouts."""

    list_per_page = 50
    show_full_result_count = False

    @property
    def urls(self) -> list[URLPattern]:
        """Our addresses, all of them under the strict content security policy."""
        return [guarded(pattern) for pattern in self.get_urls()]

    def not_looking(self, request: HttpRequest) -> HttpResponse | None:
        """405 for a request that would send something; None for one that only looks.

        Raises PermissionDenied for those who may not look.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        return None if request.method in LOOKS else HttpResponseNotAllowed(LOOKS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: a checkout is started by a shopper."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: there are commands."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may be forgotten is forgotten by itself."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who have been given the permission to view, and nobody by another one."""
        return request.user.has_perm(VIEW)
