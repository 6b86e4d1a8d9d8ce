"""The addresses of a site that is nothing but the provider: `manage.py provider` serves these.

The admin is not here: the provider on its own site has no staff, only merchants with an API key.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def alive(request: HttpRequest) -> HttpResponse:
    """204: the site answers."""
    return HttpResponse(status=204)


urlpatterns = [
    path("provider/", include("project.provider.urls")),
    path("healthz/live", alive),
]
