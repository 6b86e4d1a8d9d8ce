"""Make docs/screens.md and its pictures anew.

    python -m tests.gallery

Takes a database of its own, and Chromium. Commit what it wrote.
"""

from __future__ import annotations

import os


def main() -> None:
    """Collect the pages, then write both."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from tests.gallery.collecting import assets, collect
    from tests.gallery.document import DOCUMENT, PICTURES, document
    from tests.gallery.pictures import take

    setup_test_environment(debug=False)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        screens = collect()
        needed = assets(screens)
    finally:
        teardown_databases(databases, verbosity=0)
    DOCUMENT.write_text(document(screens))
    take(screens, needed, PICTURES)
    size = sum(picture.stat().st_size for picture in PICTURES.iterdir())
    print(f"{len(screens)} screens, {size / 1e6:.1f} MB of pictures")


if __name__ == "__main__":
    main()
