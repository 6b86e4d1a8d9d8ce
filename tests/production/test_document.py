"""docs/production.md says of every check and every number what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from checkout.adapters.inbound import limits
from checkout.adapters.inbound.checks.rules import RULES
from checkout.adapters.inbound.health import MOST_SECONDS
from checkout.adapters.inbound.sweep import THREADS
from checkout.adapters.inbound.websocket.resync import EVERY_SECONDS
from checkout.adapters.outbound.persistence.repositories.attempt_counters import NOTE_DAYS
from checkout.management.commands.checkout_worker_health import SECONDS
from project import server

MARK = "<!-- settings: "
CHECKED_HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def document(repository: Path) -> str:
    """The whole page."""
    return (repository / "docs" / "production.md").read_text()


def table() -> str:
    """What the page has to say about the checks."""
    rows = [f"| `checkout.{number}` | {rule.why} | {rule.hint} |" for number, rule in RULES.items()]
    return "\n".join(["| id | why | what to do |", "| --- | --- | --- |", *rows]) + "\n"


def test_every_check_is_explained(document: str) -> None:
    below = document[document.index(MARK) :].split("-->\n", 1)[1]
    assert below == table()


def test_every_limit_is_explained(document: str) -> None:
    below = document[document.index("<!-- limits: ") :]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", below, re.MULTILINE)
    assert {name: int(value) for name, value in rows} == limits.DEFAULTS
    assert f"for {NOTE_DAYS} days" in document


@pytest.mark.parametrize("number", RULES)
def test_every_check_is_tested(number: str) -> None:
    """A rule that no test breaks might never speak."""
    tests = "".join(path.read_text() for path in CHECKED_HERE.glob("test_*.py"))
    assert f'"{number}"' in tests or f"checkout.{number}" in tests


def test_every_rule_is_used(repository: Path) -> None:
    folder = repository / "checkout" / "adapters" / "inbound" / "checks"
    code = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "rules.py")
    assert [number for number in RULES if f'"{number}"' not in code] == []


@pytest.mark.parametrize(
    "sentence",
    [
        f"overdue for {MOST_SECONDS} s",
        f"in the last {SECONDS:g} s",
        f"for at most {server.DRAIN_SECONDS:g} s",
        f"notice + {server.DRAIN_SECONDS:g} s + {2 * server.GOODBYE_SECONDS:g} s",
        f"closes sockets with {server.SERVICE_RESTART}",
        f"within {EVERY_SECONDS:g} s; no request waits",
        f"{THREADS} overdue".replace("4", "four"),
    ],
)
def test_a_number_is_what_the_code_says(sentence: str, document: str) -> None:
    assert sentence in " ".join(document.split())


def test_every_command_and_file_is_there(document: str, repository: Path) -> None:
    for name in re.findall(r"manage\.py (\w+)", document):
        assert name in get_commands(), name
    for link in re.findall(r"\]\(([^)#:]+)\)", document):
        assert (repository / "docs" / link).exists(), link
