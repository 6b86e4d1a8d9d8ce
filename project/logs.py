"""What the project writes to its log: one line each, to stderr."""

from __future__ import annotations

from typing import Any


def to_stderr(level: str) -> dict[str, Any]:
    """`LOGGING` with this level for all that names none of its own."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "format": "{asctime} {levelname:<7} {name}: {message}",
                "datefmt": "%H:%M:%S",
                "style": "{",
            }
        },
        "filters": {
            "quiet": {"()": "checkout.adapters.outbound.messaging.quiet_logs.QuietOutages"},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["quiet"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            # With a handler of its own: run_huey would add another one, without our filter.
            "huey": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "httpx2": {"level": "WARNING"},
        },
    }
