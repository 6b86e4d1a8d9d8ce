"""A checkout with fake neighbours and the real engine, repository and database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.application.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Fake neighbours around the real engine; the services are put back afterwards."""
    with World() as built:
        yield built
