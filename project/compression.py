"""Static files are sent compressed where nothing has compressed them before: in the embedded form.

An image collects its files and keeps each compressed beside it. Pages stay as they are: compressing
a page that repeats what somebody else may have put into it would tell them what else it holds.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/", "image/svg+xml", "application/json", "application/javascript")


class CompressStaticFiles(GZipMiddleware):
    """Django's own compression, for the text files below STATIC_URL alone."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a whole static file; a part of one must stay the part that was asked for."""
        whole = response.status_code == 200 and request.path.startswith(settings.STATIC_URL)
        if whole and response.get("Content-Type", "").startswith(TEXT):
            return super().process_response(request, response)
        return response
