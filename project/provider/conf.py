"""What the provider reads from the settings: one dict, `PROVIDER`, read anew at every use."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

REQUIRED = ("BASE_URL", "API_KEY", "WEBHOOK_SECRET", "WEBHOOK_URL")


@dataclass(frozen=True, slots=True)
class Conf:
    """The settings by name.

    `base_url` is the public base with the path prefix (`https://pay.example/provider`, or only
    `/provider` when the page lives on the merchant's own site). `refund_seconds` is how long a
    refund stays pending before it is decided; 0 decides it in the request.
    """

    base_url: str
    api_key: str
    webhook_secret: str
    webhook_url: str
    merchant_name: str
    refund_seconds: float

    @property
    def base_path(self) -> str:
        """The path prefix alone, without a slash at its end: `/provider`."""
        return urlsplit(self.base_url).path.rstrip("/")


def conf() -> Conf:
    """Read `settings.PROVIDER`. Raises ImproperlyConfigured when a required name is missing."""
    given = getattr(settings, "PROVIDER", {})
    missing = [name for name in REQUIRED if name not in given]
    if missing:
        raise ImproperlyConfigured(f"settings.PROVIDER lacks {', '.join(missing)}.")
    return Conf(
        base_url=str(given["BASE_URL"]).rstrip("/"),
        api_key=str(given["API_KEY"]),
        webhook_secret=str(given["WEBHOOK_SECRET"]),
        webhook_url=str(given["WEBHOOK_URL"]),
        merchant_name=str(given.get("MERCHANT_NAME", "Demo shop")),
        refund_seconds=float(given.get("REFUND_SECONDS", 0)),
    )
