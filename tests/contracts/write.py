"""Write the API's contract anew, after a change of the API that is meant.

python -m tests.contracts.write
"""

from __future__ import annotations

import os

import django


def main() -> None:
    """Replace the committed document by the one that the code makes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from checkout.adapters.inbound.rest.openapi import as_yaml
    from tests.contracts.documents import API

    API.write_text(as_yaml())


if __name__ == "__main__":
    main()
