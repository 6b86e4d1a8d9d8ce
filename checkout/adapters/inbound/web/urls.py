"""Addresses of the shopper's pages."""

from __future__ import annotations

from django.urls import path, re_path

from checkout.adapters.inbound.web import resuming, styles, views

app_name = "checkout"
_ID = "checkout/<uuid:checkout_id>/"
_COMMAND = rf"^checkout/(?P<checkout_id>[0-9a-f-]{{36}})/(?P<kind>{'|'.join(views.COMMANDS)})/$"
_DIGEST = styles.bundle(styles.stylesheets()).digest

urlpatterns = [
    # The digest stands in the route: a template needs no argument to name today's sheet.
    path(f"checkout/styles.{_DIGEST}.css", styles.styles, {"digest": _DIGEST}, name="styles"),
    path("checkout/styles.<str:digest>.css", styles.styles, name="styles_of"),
    path("checkout/start/", views.start, name="start"),
    path("checkout/resume/", resuming.resume, name="resume"),
    path("checkout/resume/again/", resuming.again, name="resume_again"),
    path(_ID, views.progress, name="progress"),
    path(f"{_ID}summary/", views.summary, name="summary"),
    re_path(_COMMAND, views.command, name="command"),
]
