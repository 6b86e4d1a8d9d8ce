"""The one address of a socket: `/ws/checkouts/<id>/`.

A host puts these patterns behind Channels' session middleware. Origin and ownership are checked by the
consumer itself: a client with a bearer token has neither cookies nor an origin, and who is logged in
is looked up whenever it matters, since a socket lives longer than many a session.
"""

from __future__ import annotations

from django.urls import path

from checkout.adapters.inbound.websocket.consumer import ProgressConsumer

websocket_urlpatterns = [
    path("ws/checkouts/<str:checkout_id>/", ProgressConsumer.as_asgi()),
]
