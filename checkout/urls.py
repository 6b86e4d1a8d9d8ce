"""All addresses of checkout: a shop adds one line. Pages, REST, webhooks and health."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("checkout.adapters.inbound.web.urls")),
    path("api/v1/", include("checkout.adapters.inbound.rest.urls")),
    path("webhooks/", include("checkout.adapters.inbound.webhooks.urls")),
    path("healthz/", include("checkout.adapters.inbound.health.urls")),
]
