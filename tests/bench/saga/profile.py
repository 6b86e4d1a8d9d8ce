"""Where a checkout of ours spends its time: statements with their code, WAL, and Python's share.

    python -m tests.bench profile [--short] [--json]

1. One checkout in this process: every statement in order, with the code that issues it.
2. Checkouts through the workers: PostgreSQL's own sums of calls, time, buffers and WAL.
3. The same under load, sampled by py-spy whenever Python runs: which functions are on the stack.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.measuring.figures import report, table
from tests.bench.measuring.servers import servers, statements
from tests.bench.saga import peers
from tests.bench.saga.contender import ROOT
from tests.bench.saga.ours import Ours
from tests.bench.saga.turns import WARM_UP, one_alone, warm_up

WORDS = re.compile(r'(UPDATE|INSERT INTO|FROM) "(\w+)"')
OURS = ("checkout/", "project/")
FRAMES = 3  # of our code, innermost last
MOST = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--checkouts", type=int, default=0, help="how many are sampled under load")


def run(said: argparse.Namespace) -> int:
    """Measure and print."""
    load = said.checkouts or (60 if said.short else 600)
    with servers() as where:
        ours = Ours(where)
        try:
            ours.prepare()
            traced = trace(ours)
            summed = lone(ours, 20)
            sampled = sample(ours, load)
        finally:
            ours.close()
    figures = {"statements": traced, "postgres": summed, "python": sampled}
    report(figures, text(figures), said.json)
    return 0


def trace(ours: Ours) -> list[dict[str, Any]]:
    """The statements of one checkout by their code, the most frequent first."""
    from django.db import connection

    from checkout.adapters.inbound.tasks import look_at

    found: Counter[tuple[str, str]] = Counter()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found[named(sql), code_path(traceback.extract_stack())] += 1
        return execute(sql, params, many, context)

    for one in ours.load(WARM_UP + 1):
        ours._due([one], "now()")
        found.clear()
        with connection.execute_wrapper(note):
            look_at(one, "system:worker")
    connection.close()
    rows = [{"times": n, "statement": sql, "code": code} for (sql, code), n in found.most_common()]
    return [{"times": sum(found.values()), "statement": "all", "code": ""}, *rows]


def named(sql: str) -> str:
    """A statement's kind and first table."""
    match = WORDS.search(sql)
    kind = sql.split(maxsplit=1)[0]
    return f"{kind} {match[2]}" if match and kind != "RELEASE" else " ".join(sql.split()[:1])


def code_path(stack: traceback.StackSummary) -> str:
    """The innermost functions of ours on this stack."""
    names = []
    for frame in stack:
        path = Path(frame.filename)
        inside = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
        if inside.startswith(OURS) and frame.name not in ("storage", "one_transaction"):
            names.append(f"{path.stem}.{frame.name}")
    return " → ".join(names[-FRAMES:])


def lone(ours: Ours, count: int) -> list[dict[str, Any]]:
    """PostgreSQL's sums for checkouts that come one at a time, for one of them."""
    ids = ours.load(WARM_UP + count)
    ours.start()
    try:
        warm_up(ours, ids[:WARM_UP])
        ours.connection.execute("SELECT pg_stat_statements_reset()")
        for one in ids[WARM_UP:]:
            one_alone(ours, one)
        ours.settle()
        rows = statements(ours.connection, 200)
    finally:
        ours.stop()
    per = [
        {
            "calls": row["calls"] / count,
            "ms": row["ms"] / count,
            "buffers": row["buffers"] / count,
            "WAL": row["wal"] / count,
            "text": " ".join(row["text"].split())[:110],
        }
        for row in rows
        if "due_at = now()" not in row["text"] and "count(*)" not in row["text"]
    ]
    sums = {name: sum(row[name] for row in per) for name in ("calls", "ms", "buffers", "WAL")}
    return [{**sums, "text": "all"}, *sorted(per, key=lambda row: -row["WAL"])[:MOST]]


def sample(ours: Ours, count: int) -> list[dict[str, Any]]:
    """One worker under load: shares of the samples in which it ran Python."""
    ids = ours.load(WARM_UP + count)
    ours.start()
    try:
        warm_up(ours, ids[:WARM_UP])
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "stacks"
            spy = _spy(ours.workers[0].pid, out)
            ours.submit(ids[WARM_UP:])
            ours.wait(ids, 0.2)
            spy.send_signal(2)
            spy.wait(30)
            return shares(out.read_text())
    finally:
        ours.stop()


def _spy(pid: int, out: Path) -> subprocess.Popen[bytes]:
    words = ["record", "-p", str(pid), "--gil", "-r", "400", "-f", "raw", "-o", str(out)]
    return subprocess.Popen(
        [str(peers.environment() / "py-spy"), *words, "-d", "600"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def shares(stacks: str) -> list[dict[str, Any]]:
    """From collapsed stacks: in how many of the samples each function was, in percent."""
    total = 0
    inside: Counter[str] = Counter()
    last: Counter[str] = Counter()
    for line in stacks.splitlines():
        frames, _, number = line.rpartition(" ")
        names = [frame.rpartition(":")[0] or frame for frame in frames.split(";")]
        total += int(number)
        inside.update(dict.fromkeys(names, int(number)))
        last[names[-1]] += int(number)
    top = [name for name, _ in inside.most_common(90)]
    return [
        {
            "function": name,
            "with callees %": 100 * inside[name] / max(total, 1),
            "itself %": 100 * last[name] / max(total, 1),
        }
        for name in top
    ]


def text(figures: dict[str, Any]) -> str:
    """The three tables."""
    parts = [
        ("Statements of one checkout, by the code that issues them:", figures["statements"]),
        ("PostgreSQL's sums for one lone checkout, most WAL first:", figures["postgres"]),
        ("Python under load:", figures["python"]),
    ]
    return "\n\n".join(f"{title}\n\n{table(rows, list(rows[0]))}" for title, rows in parts)
