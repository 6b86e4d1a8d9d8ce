"""CPU time and memory of processes, from /proc (Linux). A process that is gone counts as nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TICK_MS = 1000.0 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
OWN, ENDED = (
    (11, 12),
    (13, 14),
)  # where /proc/PID/stat has the CPU of a process and of its ended children


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, …; empty when it is gone."""
    with suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]
    return [one for one in found if (stat := _stat(one)) and int(stat[1]) == pid]


def family(pid: int) -> list[int]:
    """The process and its children."""
    return [pid, *children(pid)]


def cpu_ms(pid: int) -> float:
    """CPU of a process and of the children it has, ended ones too, in milliseconds.

    A child that ends meanwhile would be missed, or counted twice: then it is read once more.
    """
    while True:
        own = _stat(pid)
        alive = [stat for child in children(pid) if (stat := _stat(child))]
        if _ended(own) == _ended(_stat(pid)):
            break
    ticks = sum(int(own[at]) for at in (*OWN, *ENDED)) if own else 0
    return (ticks + sum(int(stat[at]) for stat in alive for at in OWN)) * TICK_MS


def _ended(stat: list[str]) -> list[str]:
    return [stat[at] for at in ENDED] if stat else []


def memory_mb(pids: Iterable[int]) -> tuple[float, float]:
    """RSS and USS (what is shared with nobody) of these processes together, in MB."""
    rss = uss = 0
    for pid in pids:
        with suppress(OSError):
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in ("Rss", "Private_Clean", "Private_Dirty"):
                    size = int(rest.split()[0])
                    rss, uss = (rss + size, uss) if name == "Rss" else (rss, uss + size)
    return rss / 1024, uss / 1024
