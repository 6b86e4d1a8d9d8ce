"""The whole comparison: a counted turn for each contender, then rounds in rotated order.

    python -m tests.bench saga [--short] [--only raw,ours] [--json]

Ratios are taken within a round and their median over the rounds is given. At the end all must have
left the same behind.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from tests.bench.measuring.figures import median, percentile, ratio, report, rotated, table
from tests.bench.measuring.servers import servers
from tests.bench.saga.contender import Contender
from tests.bench.saga.contenders import Dbos, Naive, Raw
from tests.bench.saga.ours import Ours
from tests.bench.saga.turns import Turn, counted, counted_by_hand, turn

KINDS: tuple[type[Contender], ...] = (Raw, Ours, Naive, Dbos)
BASE = Raw.name
COUNTS = {
    "login_round_trips": "login round trips",
    "round_trips": "round trips",
    "statements": "statements",
    "transactions": "transactions",
    "connections": "connections",
    "wal_bytes": "WAL bytes",
    "redis_commands": "Redis commands",
}
SHORT = {"rounds": 1, "backlog": 40, "lone": 8, "counted": 8}
LONG = {"rounds": 5, "backlog": 300, "lone": 40, "counted": 50}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--only", default="", help="names of contenders, with commas between")


def run(said: argparse.Namespace) -> int:
    """Measure and print; 1 when the contenders did not leave the same behind."""
    size = SHORT if said.short else LONG
    wanted = said.only.split(",") if said.only else [kind.name for kind in KINDS]
    with servers() as where:
        contenders = [kind(where) for kind in KINDS if kind.name in wanted]
        try:
            for one in contenders:
                one.prepare()
            counts = {one.name: counted(one, size["counted"]) for one in contenders}
            for one in contenders:
                if isinstance(one, Ours):
                    counts["ours, no worker"] = counted_by_hand(one, size["counted"])
            rounds = [
                {
                    one.name: turn(one, size["backlog"], size["lone"])
                    for one in rotated(contenders, n)
                }
                for n in range(size["rounds"])
            ]
            ends = {one.name: per_checkout(one) for one in contenders}
        finally:
            for one in contenders:
                one.close()
    figures = {
        "counts": counts,
        "contenders": [summed(name, rounds) for name in sorted(rounds[0], key=wanted.index)],
        "rounds": [{name: one._asdict() for name, one in turns.items()} for turns in rounds],
        "same_end": same(list(ends.values())),
        "ends": ends,
    }
    report(figures, text(figures), said.json)
    return 0 if figures["same_end"] else 1


def per_checkout(contender: Contender) -> dict[str, float]:
    """The end of all checkouts of this contender, for each one of them."""
    facts = contender.facts()
    facts["lost"] = contender.loaded - facts["completed"]
    return {name: round(n / contender.loaded, 6) for name, n in facts.items()}


def same(ends: Sequence[dict[str, float]]) -> bool:
    """Whether all did the same work, and nothing was lost on the way."""
    return all(end == ends[0] and not end["lost"] for end in ends)


def summed(name: str, rounds: Sequence[dict[str, Turn]]) -> dict[str, Any]:
    """A contender over all rounds, and against the raw loop within each."""
    turns = [one[name] for one in rounds]
    lone = [ms for one in turns for ms in one.lone_ms]
    each = {
        "speed": [{k: t.per_second for k, t in one.items()} for one in rounds],
        "cpu": [{k: t.cpu["all"] for k, t in one.items()} for one in rounds],
        "lone": [{k: median(t.lone_ms) for k, t in one.items()} for one in rounds],
    }
    return {
        "name": name,
        "per second": median(one.per_second for one in turns),
        "speed ×": ratio(each["speed"], name, BASE),
        "CPU ms": median(one.cpu["all"] for one in turns),
        "CPU ×": ratio(each["cpu"], name, BASE),
        "workers": median(one.cpu["workers"] for one in turns),
        "postgres": median(one.cpu["postgres"] for one in turns),
        "redis": median(one.cpu["redis"] for one in turns),
        "lone p50 ms": median(lone),
        "lone ×": ratio(each["lone"], name, BASE),
        "lone p99 ms": percentile(lone, 0.99),
        "RSS MB": median(one.rss_mb for one in turns),
        "USS MB": median(one.uss_mb for one in turns),
    }


def text(figures: dict[str, Any]) -> str:
    """Both tables, and whether the ends are the same."""
    counts = [
        {"name": name, **{word: one["each"].get(key, 0.0) for key, word in COUNTS.items()}}
        for name, one in figures["counts"].items()
    ]
    contenders = figures["contenders"]
    end = "the same" if figures["same_end"] else f"NOT the same: {figures['ends']}"
    return "\n\n".join(
        [
            "Per lone checkout:",
            table(counts, ["name", *COUNTS.values()]),
            "Under load, and alone; × is the median of the rounds' ratios to raw:",
            table(contenders, list(contenders[0])),
            f"What they left behind is {end}.",
        ]
    )
