"""What both commands have in common: their arguments, and how they tell what came of a run."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
from types import FrameType

from tests.chaos.campaign import Outcome, Plan


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def arguments(name: str, text: str) -> argparse.ArgumentParser:
    """The arguments that every run has."""
    parser = argparse.ArgumentParser(
        prog=name, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="at least so long")
    parser.add_argument("--checkouts", type=int, default=0, help="and until so many were begun")
    parser.add_argument("--kills", type=int, default=0, help="and until so many were killed")
    parser.add_argument("--shoppers", type=int, default=16, help="at the same time")
    parser.add_argument("--window", type=int, default=40, help="seconds to pay")
    parser.add_argument("--seed", type=int, help="which faults and purchases (else a random one)")
    parser.add_argument("--json", action="store_true", help="the figures as JSON, last line")
    return parser


def end_well() -> None:
    """Let SIGTERM end the run as Ctrl-C does: with everything stopped and removed."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def plan_of(said: argparse.Namespace) -> Plan:
    """The plan that the arguments describe."""
    seed = secrets.randbelow(1_000_000) if said.seed is None else said.seed
    return Plan(said.minutes, seed, said.checkouts, said.kills, said.shoppers, said.window)


def tell(outcome: Outcome, as_json: bool) -> int:
    """What came of it: people read the sentences, programs the last line. Returns the exit code."""
    for kind, ends in outcome.by_kind.items():
        say(f"{kind:22}" + ", ".join(f"{n} {end}" for end, n in sorted(ends.items())))
    for note in outcome.notes:
        say(f"NOTE {note}.")
    for violation in outcome.violations:
        say(f"VIOLATED {violation}")
    if outcome.logs:
        say(f"The logs are in {outcome.logs}.")
    if as_json:
        say(json.dumps(outcome.figures))
    else:
        for name, value in outcome.figures.items():
            say(f"{name:22}{value}")
    return 1 if outcome.violations else 0
