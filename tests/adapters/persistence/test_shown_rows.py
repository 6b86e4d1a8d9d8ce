"""The row that travels with a hint is what a reader gets in that moment, or there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from checkout import bootstrap
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow, ProgressView
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.proof.world import World


class Comparing:
    """ProgressPort that reads at once what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[ProgressRow | None, ProgressView]] = []

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        """Read it."""
        view = bootstrap.services().queries.progress(checkout_id)
        assert view is not None
        assert view.version == version
        self.told.append((row, view))

    @property
    def states(self) -> list[str]:
        """What was told without a reading, each compared with the reading."""
        found = []
        for row, view in self.told:
            if row is not None:
                assert row.with_cart(view.cart) == replace(view, waited=0.0)
                found.append(row.state)
        return found


@pytest.fixture
def told() -> Comparing:
    """What was pushed, with what a reader got."""
    return Comparing()


@pytest.fixture(params=[False, True], ids=["local", "remote"])
def world(
    request: pytest.FixtureRequest, transactional_db: None, told: Comparing
) -> Iterator[World]:
    """A world whose pushes are compared."""
    with World(remote=request.param) as built:
        given = (built.policy, built.scheduler, told, built.published, built.fault)
        built.services = bootstrap.build(built.ports, *given)
        bootstrap.use(built.services)
        yield built


def test_all_that_is_shown_on_the_way_is_what_a_reader_gets(world: World, told: Comparing) -> None:
    world.start()
    world.tick()
    world.payments.pay()
    world.order("confirm")
    world.tick()
    assert told.states[-1] == "completed"
    assert "awaiting_payment" in told.states
    assert all(row for row, _ in told.told), "nothing came in between"


def test_the_way_back_too(world: World, told: Comparing) -> None:
    world.start()
    world.tick()
    world.order("abort")
    world.run_until_quiet()
    assert told.states[-1] == "aborted"


def test_a_command_that_waits_still_is_part_of_it(world: World, told: Comparing) -> None:
    """The first is applied and shown, and the second is what the shopper asked for."""
    world.start()
    world.tick()
    world.order("abort")
    world.services.repository.receive(
        world.known, InboxMessage("command", "2", "extend", "shopper", {})
    )
    world.tick()
    assert "extend" in [row.asked for row, _ in told.told if row]
    assert told.states[-1] == "aborted"


def test_what_came_meanwhile_has_to_be_read(world: World, told: Comparing) -> None:
    """Nobody here knows of the message yet; a reader is told that it was asked for."""
    world.start()
    sent: list[bool] = []

    def meanwhile(number: int, point: str) -> None:
        if point == "payments.initiate:after" and not sent:
            sent.append(True)
            message = InboxMessage("command", "1", "abort", "shopper", {})
            world.services.repository.receive(world.known, message)

    world.at_point = meanwhile
    world.tick()
    unread = [view for row, view in told.told if row is None]
    assert "abort" in [view.asked for view in unread]
    assert told.states, "before it came"
