"""Make docs/screens.md, its pictures and those of docs/staff.md anew.

    python -m tests.gallery            everything
    python -m tests.gallery staff      the pictures of docs/staff.md alone

Takes a database of its own, and Chromium. Commit what it wrote.
"""

from __future__ import annotations

import os
import sys


def main(words: list[str]) -> None:
    """Collect the pages of shoppers and of staff, then write."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from tests.gallery import staff
    from tests.gallery.collecting import assets, collect
    from tests.gallery.document import DOCUMENT, PICTURES, document
    from tests.gallery.pictures import take

    setup_test_environment(debug=False)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        screens = [] if words == ["staff"] else collect()
        of_staff = staff.collect()
        needed = assets(screens + of_staff)
    finally:
        teardown_databases(databases, verbosity=0)
    take(of_staff, needed, staff.PICTURES, staff.HIGHEST)
    if screens:
        DOCUMENT.write_text(document(screens))
        take(screens, needed, PICTURES)
    taken = [*PICTURES.iterdir(), *staff.PICTURES.iterdir()]
    size = sum(picture.stat().st_size for picture in taken)
    print(f"{len(screens + of_staff)} screens made, {size / 1e6:.1f} MB of pictures in all")


if __name__ == "__main__":
    main(sys.argv[1:])
