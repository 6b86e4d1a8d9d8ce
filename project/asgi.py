"""The ASGI application: HTTP goes to Django, sockets go to the checkout's consumers.

A consumer checks the origin itself, since a client with a bearer token may have none.
"""

import os
from collections.abc import Awaitable
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django import setup
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, parse_cookie
from django.http.response import HttpResponseBase
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
setup(set_prefix=False)  # before any consumer is imported: it loads the apps

from checkout.adapters.inbound.websocket.routing import websocket_urlpatterns


class OneTripHandler(ASGIHandler):
    """Django's handler for a site whose views and middleware are all synchronous.

    Django would cross between event loop and thread for every middleware. Here the whole chain runs
    in one trip, in the thread of the request, which halves the time of a small request.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the synchronous chain."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


class NoSuchSocket(AsyncWebsocketConsumer):
    """Any other address: the handshake is denied, quietly."""

    async def connect(self) -> None:
        """Deny."""
        await self.close()


_routes = URLRouter([*websocket_urlpatterns, re_path("", NoSuchSocket.as_asgi())])


def with_session(scope: dict[str, Any], receive: Any, send: Any) -> Awaitable[None]:
    """The routes, behind the session that a cookie names; nothing of it is read yet.

    Channels' middleware looks at the session before each message that is sent, in case an answer to a
    request has to save it, and keeps two more copies of the scope for each socket.
    """
    sent = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    cookies = parse_cookie(sent.decode("latin-1"))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    session = store(cookies.get(settings.SESSION_COOKIE_NAME))
    routed: Awaitable[None] = _routes(
        {**scope, "cookies": cookies, "session": session}, receive, send
    )
    return routed


application = ProtocolTypeRouter({"http": OneTripHandler(), "websocket": with_session})
