"""All addresses of checkout: a shop adds one line. Pages, REST, webhooks and health."""

from __future__ import annotations

from django.urls import include, path

from checkout.adapters.inbound import health, webhooks

urlpatterns = [
    path("", include("checkout.adapters.inbound.web.urls")),
    path("api/v1/", include("checkout.adapters.inbound.rest.urls")),
    path("webhooks/payments/<str:provider>/", webhooks.payments, name="checkout_webhook"),
    path("healthz/live", health.live, name="checkout_live"),
    path("healthz/ready", health.ready, name="checkout_ready"),
]
