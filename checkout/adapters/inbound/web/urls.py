"""Addresses of the shopper's pages."""

from __future__ import annotations

from django.urls import path, re_path

from checkout.adapters.inbound.web import views

app_name = "checkout"
_ID = "checkout/<uuid:checkout_id>/"
_COMMAND = rf"^checkout/(?P<checkout_id>[0-9a-f-]{{36}})/(?P<kind>{'|'.join(views.COMMANDS)})/$"

urlpatterns = [
    path("checkout/start/", views.start, name="start"),
    path(_ID, views.progress, name="progress"),
    path(f"{_ID}summary/", views.summary, name="summary"),
    re_path(_COMMAND, views.command, name="command"),
]
