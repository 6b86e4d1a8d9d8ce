"""Medians, percentiles and ratios of rounds, and how they are shown."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share of the values lies (0 when there is none)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def median(values: Iterable[float]) -> float:
    """The middle value (0 when there is none)."""
    known = list(values)
    return statistics.median(known) if known else 0.0


def ratio(rounds: Sequence[Mapping[str, float]], name: str, base: str) -> float:
    """The median over the rounds of a contender's value divided by the base's of the same round.

    A round in which one of both is missing, or the base is 0, does not count.
    """
    pairs = [(one[name], one[base]) for one in rounds if one.get(base) and name in one]
    return median(value / against for value, against in pairs)


def rotated(order: Sequence[T], by: int) -> list[T]:
    """The same order beginning at another place, so that nobody is always the first."""
    start = by % len(order) if order else 0
    return [*order[start:], *order[:start]]


def difference(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """What was added to each counter."""
    return {name: value - before.get(name, 0) for name, value in after.items()}


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By how much the second value grows for each unit of the first: least squares (0 if unknown)."""
    if len({at for at, _ in points}) < 2:
        return 0.0
    return statistics.linear_regression([at for at, _ in points], [value for _, value in points])[0]


def shown(value: Any) -> str:
    """A figure with as many digits as it deserves."""
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as a Markdown table."""
    lines = [columns, ["---"] * len(columns)]
    lines += [[shown(row.get(column, "")) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(figures: Mapping[str, Any], text: str, as_json: bool) -> None:
    """Print the text, and with `--json` the figures as the last line."""
    print(text, flush=True)
    if as_json:
        print(json.dumps(figures), flush=True)
