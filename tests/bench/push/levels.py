"""Pushes at 1 to 10,000 open sockets: our server on daphne against a bare one, in turns.

python -m tests.bench push [--short] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench.measuring.figures import median, percentile, report, rotated, table
from tests.bench.measuring.processes import cpu_ms, memory_mb
from tests.bench.measuring.servers import servers
from tests.bench.push.client import Pages
from tests.bench.push.estate import environment, open_pages, server
from tests.bench.saga.contender import ROOT, python
from tests.bench.saga.ours import Ours

FORMS = ("ours", "bare")  # in the first round, so that the size of a frame is known
SHORT = {"levels": [1, 200], "rounds": 1, "paced": 40, "burst": 300}
LONG = {"levels": [1, 500, 2000, 10_000], "rounds": 3, "paced": 150, "burst": 2000}
RATE = 20  # paced pushes per second: nobody queues
AT_ONCE = 32  # sockets that are being opened at a time
WARM_UP = 10
IDLE_SECONDS = 4.0
FEW = 100  # with fewer sockets, memory for each and speed say nothing
PATIENCE_SECONDS = 60.0


class Worker:
    """The pushing process, and what it has pushed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout

    def frame_came(self) -> None:
        """It may push once more."""
        self._in.write(b"+\n")

    async def push(self, **job: Any) -> list[tuple[str, int, float]]:
        """Have it done; checkout, version and time of the commit of each push."""
        self._in.write(f"{json.dumps(job)}\n".encode())
        pushed = []
        while (line := (await self._out.readline()).decode().split()) != ["done"]:
            pushed.append((line[0], int(line[1]), float(line[2])))
        return pushed

    async def cost(self, checkout: str) -> dict[str, float]:
        """What one push costs in there."""
        self._in.write(f"{json.dumps({'form': 'cost', 'ids': [checkout]})}\n".encode())
        found: dict[str, float] = json.loads(await self._out.readline())
        return found


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--levels", default="", help="numbers of sockets, with commas between")


def run(said: argparse.Namespace) -> int:
    """Measure and print."""
    size: dict[str, Any] = SHORT if said.short else LONG
    levels = [int(level) for level in said.levels.split(",")] if said.levels else size["levels"]
    with servers() as where:
        ours = Ours(where)
        try:
            ours.prepare()
            tokens = open_pages(ours, max(levels))
            figures = asyncio.run(measure(ours, tokens, {**size, "levels": levels}))
        finally:
            ours.close()
    report(figures, text(figures), said.json)
    return 0


async def measure(ours: Ours, tokens: dict[str, str], size: dict[str, Any]) -> dict[str, Any]:
    """Every level in turns, and the cost of a push in the worker."""
    process = await asyncio.create_subprocess_exec(
        *python("-m", "tests.bench.push.pusher"),
        cwd=ROOT,
        env=environment(ours),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    worker = Worker(process)
    try:
        cost = await worker.cost(next(iter(tokens)))
        found: list[dict[str, Any]] = []
        frame = 600
        for level in size["levels"]:
            some = dict(islice(tokens.items(), level))
            for number in range(size["rounds"]):
                for form in rotated(FORMS, number):
                    one = await one_level(form, ours, worker, some, {**size, "frame": frame})
                    frame = int(one["frame bytes"]) if form == "ours" else frame
                    found.append({"sockets": level, "form": form, **one})
    finally:
        process.terminate()
        await process.wait()
    return {"cost": cost, "rounds": found, "levels": summed(found)}


async def one_level(
    form: str, ours: Ours, worker: Worker, tokens: dict[str, str], size: dict[str, Any]
) -> dict[str, Any]:
    """One server with so many sockets: opening them, idling, paced pushes, and as fast as it goes."""
    pages = Pages(worker.frame_came)
    with tempfile.TemporaryDirectory() as folder, server(form, ours, Path(folder) / "log") as at:
        pid, port = at
        await _warm_up(port, tokens, worker, {"form": form, "size": size["frame"]})
        rss, cpu, began = memory_mb([pid])[0], cpu_ms(pid), time.monotonic()
        await pages.open(port, tokens, AT_ONCE)
        opened = {"seconds": time.monotonic() - began, "cpu": cpu_ms(pid) - cpu}
        if form == "ours":  # which shows each page what is true now: only then is it idle
            await pages.until([(checkout, 0) for checkout in tokens], PATIENCE_SECONDS)
        await asyncio.sleep(1.0)
        grown, idle = memory_mb([pid])[0] - rss, cpu_ms(pid)
        await asyncio.sleep(IDLE_SECONDS)
        idle = (cpu_ms(pid) - idle) / IDLE_SECONDS / 10
        pages.frames.clear()
        job = {"form": form, "ids": list(tokens), "size": size["frame"]}
        paced = await worker.push(**job, count=size["paced"], rate=RATE)
        lost = await pages.until([one[:2] for one in paced], PATIENCE_SECONDS)
        spans = [(came - at) * 1000 for c, v, at in paced if (came := pages.came(c, v))]
        sizes = [frame.size for frames in pages.frames.values() for frame in frames]
        fast = {"frames/s": 0.0, "CPU ms/frame": 0.0}
        if len(tokens) >= FEW:
            fast = await _burst(pid, pages, worker, {**job, "count": size["burst"]})
        pages.close()
    return {
        "p50 ms": median(spans),
        "p99 ms": percentile(spans, 0.99),
        "lost": lost,
        **fast,
        "connects/s": len(tokens) / opened["seconds"],
        "CPU ms/connect": opened["cpu"] / len(tokens),
        "RSS MB/1,000": grown * 1000 / len(tokens) if len(tokens) >= FEW else 0.0,
        "base MB": rss,
        "idle CPU %": idle,
        "frame bytes": median(sizes),
    }


async def _warm_up(port: int, tokens: dict[str, str], worker: Worker, job: dict[str, Any]) -> None:
    """Some pages that are opened, told something, and closed: what is loaded once is loaded."""
    some = dict(islice(tokens.items(), WARM_UP))
    pages = Pages(worker.frame_came)
    await pages.open(port, some, AT_ONCE)
    pushed = await worker.push(**job, ids=list(some), count=len(some), rate=RATE)
    await pages.until([one[:2] for one in pushed], PATIENCE_SECONDS)
    pages.close()
    await asyncio.sleep(0.5)


async def _burst(pid: int, pages: Pages, worker: Worker, job: dict[str, Any]) -> dict[str, float]:
    """As fast as frames come back: frames per second, and the server's CPU for each."""
    pages.frames.clear()
    cpu = cpu_ms(pid)
    pushed = await worker.push(**job, rate=0)
    await pages.until([one[:2] for one in pushed], PATIENCE_SECONDS)
    spent = cpu_ms(pid) - cpu
    frames = [frame.at for frames in pages.frames.values() for frame in frames]
    seconds = max(frames, default=0.0) - pushed[0][2]
    return {
        "frames/s": len(frames) / seconds if frames else 0.0,
        "CPU ms/frame": spent / max(len(frames), 1),
    }


def summed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The medians over the rounds, and ours against the bare one of the same round."""
    names = [name for name in found[0] if name not in ("sockets", "form")]
    rows = []
    for level in dict.fromkeys(one["sockets"] for one in found):
        forms = {
            form: [one for one in found if (one["sockets"], one["form"]) == (level, form)]
            for form in FORMS
        }
        for form, rounds in forms.items():
            each = {name: median(one[name] for one in rounds) for name in names}
            rows.append({"sockets": level, "form": form, **each})
        pairs = list(zip(forms["ours"], forms["bare"], strict=True))
        against = {
            name: median(ours[name] / bare[name] for ours, bare in pairs if bare[name])
            for name in names
        }
        rows.append({"sockets": level, "form": "ours ×", **against})
    return rows


def text(figures: dict[str, Any]) -> str:
    """Both tables."""
    names = ("ours", "group_send", "publish")
    cost = [
        {"call": name, **{kind: figures["cost"][f"{name}_{kind}"] for kind in ("cpu_ms", "ms")}}
        for name in names
    ]
    rows = figures["levels"]
    return "\n\n".join(
        [
            "One push in the worker:",
            table(cost, ["call", "cpu_ms", "ms"]),
            "From the commit to the frame:",
            table(rows, list(rows[0])),
        ]
    )
