"""The ledger after random days: a bounded share that is the same in every run of the suite.

`python -m tests.ledger` tells 2,000 checkouts and more; its figures are in docs/money.md.
"""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from tests.ledger.days import Account, told
from tests.mutants.catalogue import MUTANTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silence")]
ON_SQLITE = "sqlite" in settings.DATABASES["default"]["ENGINE"]
DAYS = 8
MOST_DAYS = 80  # until all that must be seen was seen; the rarest of it is seen on one day in four
MUST_HAPPEN = ("crashes", "refund", "act_as_staff", "take_late_money")
DAYS_WITH_A_BUG = 40  # it ends with the first find
# Seeded bugs, and what the audit says of each.
MUST_BE_FOUND = {
    "money not given back": r"ledger: \d+ - \d+ kept, 0 due",
    "deadline without closing": r"ledger: approved in time, and ",
}


def test_captured_less_refunded_is_what_is_due_whatever_happened() -> None:
    account = Account()
    for day in range(MOST_DAYS):
        account.add(told(f"1:{day}"))
        if day + 1 >= DAYS and not _unseen(account):
            break
    assert account.wrong == []
    assert account.kept == account.captured - account.returned
    assert not _unseen(account), f"in {MOST_DAYS} days there was never: {_unseen(account)}"


def _unseen(account: Account) -> list[str]:
    """What must have happened before the audit says anything, and has not yet.

    What happens on a day depends a little on the time that the database takes.
    """
    seen = {
        "more completed than excused": account.completed > account.excused,
        "one that was excused": account.excused > 0,
        "money that was kept": account.kept > 0,
        "money that was returned": account.returned > 0,
        **{deed: account.happened[deed] > 0 for deed in MUST_HAPPEN},
    }
    return [what for what, happened in seen.items() if not happened]


# What the audit sees does not depend on the database: there the one that is found soon is enough.
@pytest.mark.parametrize("bug", [*MUST_BE_FOUND] if ON_SQLITE else ["money not given back"])
def test_a_bug_that_is_put_in_is_found(bug: str) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == bug)
    found: list[str] = []
    for day in range(DAYS_WITH_A_BUG):  # a bug may show itself in another way too, and before
        found += told(f"1:{day}", mutant.seed).wrong
        if any(re.search(MUST_BE_FOUND[bug], text) for text in found):
            return
    raise AssertionError(f"the bug was not found, only: {found}")
