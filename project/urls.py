"""Every address of the reference project."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.i18n import set_language

admin.site.site_header = admin.site.site_title = "Shop"
admin.site.index_title = "What needs attention"
handler500 = "checkout.adapters.inbound.web.outage.server_error"


def favicon(request: HttpRequest) -> HttpResponse:
    """Answer browsers that ask for an icon before they have read the page that names one."""
    return HttpResponse(status=204)


urlpatterns = [
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon),
    path("language/", set_language, name="set_language"),
    path("provider/", include("project.provider.urls")),
    path("", include("checkout.urls")),
    path("", include("project.shop.urls")),
]
