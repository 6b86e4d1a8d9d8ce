"""What the environment says about mails, turned into settings of Django."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


def mail_options(env: environ.Env, embedded: bool, port: int, data_dir: Path) -> dict[str, Any]:
    """Return the settings by which mails are sent: by the server of EMAIL_URL, else into files.

    Several processes without a server keep their mails until there is one. SITE_URL is where the
    links of a mail lead, SENDS_MAILS whether workers send any.
    """
    url, site = env.str("EMAIL_URL", default=""), env.str("SITE_URL", default="").rstrip("/")
    if url and not site and not embedded:
        raise ImproperlyConfigured(
            "EMAIL_URL is set and SITE_URL is not: the mails could not link to the shop. Set"
            " SITE_URL to its address, such as https://shop.example."
        )
    sender = "Harbour & Pine <hello@harbourandpine.example>"
    said = {
        "EMAIL_URL": url,
        "SITE_URL": site or f"http://127.0.0.1:{port}",
        "SENDS_MAILS": embedded or bool(url),
        "DEFAULT_FROM_EMAIL": env.str("DEFAULT_FROM_EMAIL", default=sender),
        "EMAIL_TIMEOUT": 10,  # seconds for each answer of the server
    }
    if not url:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {**said, "EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": str(data_dir / "mails")}
    found = environ.Env.email_url_config(url)
    return {**said, **{k: value for k, value in found.items() if value and k.startswith("EMAIL_")}}
