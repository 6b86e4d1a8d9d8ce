"""The addresses of a site that is nothing but the provider: `manage.py provider` serves these.

The admin is not here: the provider on its own site has no staff, only merchants with an API key.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def alive(request: HttpRequest) -> HttpResponse:
    """204: the site answers."""
    return HttpResponse(status=204)


def unknown(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 in plain words: the pages of the shop need the shop's addresses."""
    return HttpResponse("There is nothing here.\n", status=404, content_type="text/plain")


def broken(request: HttpRequest) -> HttpResponse:
    """500 in plain words. What was asked for may be asked for again."""
    text = "Something went wrong on our side. Ask again with the same key.\n"
    return HttpResponse(text, status=500, content_type="text/plain")


handler404, handler500 = unknown, broken
urlpatterns = [
    path("provider/", include("project.provider.urls")),
    path("healthz/live", alive),
]
