#!/usr/bin/env python
"""Django's command line for the reference project."""

import os
import sys


def main() -> None:
    """Run the command that was asked for with the project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as missing:
        raise SystemExit(
            f"{missing}. Install the requirements first: see the run command in README.md."
        ) from missing
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
