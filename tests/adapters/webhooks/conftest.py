"""Webhooks and health in front of the real engine and database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checkout.testing.proof.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Fake neighbours around the real engine."""
    with World() as built:
        yield built
