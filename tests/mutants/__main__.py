"""`python -m tests.mutants [--json]`: how many of the seeded bugs the proof notices."""

from __future__ import annotations

import argparse
import json
import logging
import os
import time


def main() -> int:
    """Hunt them all; 0 when every one was caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="One line of JSON at the end.")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from checkout.testing.proof.prove import own_database
    from tests.mutants.catalogue import MUTANTS, caught

    logging.disable(logging.CRITICAL)
    began, found = time.monotonic(), {}
    with own_database():
        for mutant in MUTANTS:
            found[mutant.name] = caught(mutant)
            if not options.json:
                print(f"{mutant.name}: {found[mutant.name] or 'NOT CAUGHT'}", flush=True)
    missed = [name for name, how in found.items() if not how]
    report = {"mutants": len(found), "caught": len(found) - len(missed), "missed": missed}
    print(json.dumps({**report, "seconds": round(time.monotonic() - began, 1)}))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
