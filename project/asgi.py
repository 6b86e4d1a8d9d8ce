"""The ASGI application: HTTP goes to Django, sockets go to the checkout's consumers.

A consumer checks the origin itself, since a client with a bearer token may have none.
"""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
_http = get_asgi_application()  # before any consumer is imported: it loads the apps

from channels.auth import AuthMiddleware
from checkout.adapters.inbound.websocket.routing import websocket_urlpatterns

_websocket = SessionMiddlewareStack(AuthMiddleware(URLRouter(websocket_urlpatterns)))
application = ProtocolTypeRouter({"http": _http, "websocket": _websocket})
