"""Hypothesis plays shoppers, staff, provider, broker, clock, crashes and stalls against the engine.

Bounded and the same in every run of the suite. Long, with new stories each time:
`pytest tests/stateful --hypothesis-profile=long`.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.mutants.catalogue import MUTANTS
from tests.stateful.conftest import BOUNDED, LONG
from tests.stateful.machine import Checkouts

pytestmark = pytest.mark.django_db

MUST_BE_FOUND = ["fresh key per try", "no intent", "newest event first"]  # among those found soon


class Local(Checkouts):
    """With all neighbours but the provider in our own database."""

    remote = False


def chosen() -> settings:
    """The long run where it was asked for, else the bounded one."""
    asked = settings.get_current_profile_name()
    return settings.get_profile(LONG if asked == LONG else BOUNDED)


@pytest.mark.parametrize("machine", [Checkouts, Local], ids=["remote", "local"])
def test_whatever_happens_in_whatever_order_no_promise_is_broken(machine: type[Checkouts]) -> None:
    run_state_machine_as_test(machine, settings=chosen())


@pytest.mark.parametrize("bug", MUST_BE_FOUND)
def test_a_bug_that_is_put_in_is_found(bug: str) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == bug)
    machine = type("Seeded", (Checkouts,), {"seed": staticmethod(mutant.seed)})
    longer = settings(settings.get_profile(BOUNDED), max_examples=60)  # it ends with the first find
    with pytest.raises(AssertionError, match=r"^[A-Z]\d+: "):
        run_state_machine_as_test(machine, settings=longer)
