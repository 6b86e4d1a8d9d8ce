"""The one address of a socket: `/ws/checkouts/<id>/`.

A host puts these patterns behind its session and auth middleware; origin and ownership are checked
by the consumer itself, because a client with a bearer token has neither cookies nor an origin.
"""

from __future__ import annotations

from django.urls import path

from checkout.adapters.inbound.websocket.consumer import ProgressConsumer

websocket_urlpatterns = [
    path("ws/checkouts/<str:checkout_id>/", ProgressConsumer.as_asgi()),
]
