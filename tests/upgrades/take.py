"""python -m tests.upgrades.take RELEASE: keep this release, for all releases that come after it.

Drives today's engine to every position, on a database of its own, and writes what is then stored to
`tests/upgrades/RELEASE/`. Done once per release, when its migrations are final; see CONTRIBUTING.md.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any


def take(name: str) -> str:
    """Take the release; a sentence about it."""
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.utils.module_loading import autodiscover_modules

    from checkout.sagas.checkout_saga import DEFINITION_VERSION
    from checkout.testing.fake_payments import FakePayments
    from tests.upgrades.release import APPS, keep
    from tests.upgrades.shop_world import stock_the_shop

    autodiscover_modules("tasks")
    connection.creation.create_test_db(verbosity=0)
    try:
        stock_the_shop()
        provider = FakePayments()
        positions, messages = _driven(provider)
        leaves = dict(MigrationLoader(connection).graph.leaf_nodes())
        said: dict[str, Any] = {
            "taken_at": datetime.now(UTC).isoformat(),
            "definition_version": DEFINITION_VERSION,
            "migrations": {app: leaves[app] for app in APPS},
            "secret_key": settings.SECRET_KEY,
            "positions": positions,
        }
        folder = keep(name, said, provider, messages)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
    return f"{len(positions)} checkouts are kept in {folder.name}."


def _driven(provider: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Every position with its checkout's id, and one waiting message for each."""
    from huey.contrib.djhuey import HUEY

    from checkout.adapters.outbound.scheduling.huey_scheduler import HueyScheduler
    from tests.upgrades.positions import POSITIONS, driven

    HUEY.flush()
    positions, messages = {}, []
    for place in POSITIONS:
        world = driven(place, provider, HueyScheduler())
        if world.checkout.state != place.state:
            raise SystemExit(f"{place.name}: it is {world.checkout.state}, not {place.state}.")
        positions[place.name] = {"id": str(world.id), "state": place.state, "ends": place.ends}
        while HUEY.pending_count() > 1:
            HUEY.storage.dequeue()
        messages.append(HUEY.storage.dequeue())
    return positions, messages


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    sys.stdout.write(take(sys.argv[1]) + "\n")
