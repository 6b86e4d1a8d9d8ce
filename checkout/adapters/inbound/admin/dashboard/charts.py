"""Small charts as SVG, made of numbers. No style in them: classes that the style sheet knows.

Each is 400 units wide, so that its letters can be read on a telephone, says in `title` and `desc`
what it shows, and tells nothing by colour alone: one series is filled, one hatched, one a line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 400, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 392, 28, 176
GAP = 0.2  # of the width of a column
NAMES = 136  # where the axis of durations begins: beside it stand the names of the rows
ROW = 22  # units from one range to the next
TICKS = ((0.01, "10 ms"), (0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"))
SHORTEST, LONGEST = 0.005, 1800.0  # seconds at the two ends of the axis of durations
FILLED, HATCHED, LINE = "filled", "hatched", "line"


@dataclass(frozen=True)
class Series:
    """One value for each column. `look` is filled, hatched or line; columns stack, a line does not."""

    name: str
    look: str
    values: Sequence[float]


@dataclass(frozen=True)
class Range:
    """From one duration to another, in seconds; nothing is drawn where there is none."""

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class About:
    """`key` is a word that no other chart of the page has."""

    key: str
    title: str
    sentence: str


def columns(
    about: About,
    labels: Sequence[str],
    series: Sequence[Series],
    tell: Callable[[float], str] = "{:,.0f}".format,
    least: float = 4,
) -> SafeString:
    """A column for each label. An empty label is not written; `tell` writes a value of the axis.

    The axis ends at `least`, or as far above it as the values need.
    """
    step = (RIGHT - LEFT) / max(len(labels), 1)
    below = [0.0] * len(labels)
    piles: list[tuple[Series, list[float]]] = []
    for one in series:
        piles.append((one, below))
        if one.look != LINE:
            below = [low + value for low, value in zip(below, one.values, strict=True)]
    top = nice(max([least, *below, *(v for one in series if one.look == LINE for v in one.values)]))
    drawn = [
        _steps(one.values, step, top) if one.look == LINE else _bars(about, one, low, step, top)
        for one, low in piles
    ]
    under = ((LEFT + step * (number + 0.5), label) for number, label in enumerate(labels) if label)
    return _svg(
        about, [_grid(top, tell), *drawn, _under(under, BOTTOM + 16), _legend(about, series)]
    )


def ranges(about: About, rows: Sequence[Range]) -> SafeString:
    """A line from the low to the high duration of each row, on an axis that grows tenfold."""
    bottom = TOP - 12 + ROW * len(rows)
    lines = format_html_join(
        "",
        '<line class="checkout-grid" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>',
        ((_number(_across(seconds)), TOP - 16, bottom) for seconds, _ in TICKS),
    )
    drawn = [_range(row, TOP - 2 + ROW * number) for number, row in enumerate(rows)]
    ticks = _under(((_across(seconds), label) for seconds, label in TICKS), bottom + 15)
    return _svg(about, [lines, *drawn, ticks], bottom + 22)


def nice(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 and 10 times a power of ten, so that half of it can be written."""
    power = float(10 ** math.floor(math.log10(value)))
    return next(n * power for n in (1, 2, 4, 6, 8, 10) if value <= n * power * (1 + 1e-9))


def _svg(about: About, drawn: Iterable[SafeString], height: float = HEIGHT) -> SafeString:
    return format_html(
        '<svg class="checkout-chart" role="img" viewBox="0 0 {0} {1}"'
        ' aria-labelledby="{2}-title {2}-desc">'
        '<title id="{2}-title">{3}</title><desc id="{2}-desc">{4}</desc>'
        '<defs><pattern id="{2}-hatch" width="4" height="4" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="checkout-hatch" width="2" height="4"/>'
        "</pattern></defs>{5}</svg>",
        *(WIDTH, height, about.key, about.title, about.sentence),
        format_html_join("", "{}", ((part,) for part in drawn)),
    )


def _grid(top: float, tell: Callable[[float], str]) -> SafeString:
    levels = [(value, _height(value, top)) for value in (0.0, top / 2, top)]
    return format_html_join(
        "",
        '<line class="checkout-grid" x1="{0}" y1="{2}" x2="{1}" y2="{2}"/>'
        '<text class="checkout-axis" x="{3}" y="{4}" text-anchor="end">{5}</text>',
        ((LEFT, RIGHT, _number(y), LEFT - 6, _number(y + 4), tell(value)) for value, y in levels),
    )


def _bars(
    about: About, series: Series, below: Sequence[float], step: float, top: float
) -> SafeString:
    """The class fills a filled one; a hatched one is left to the pattern."""
    return format_html_join(
        "",
        '<rect class="checkout-bar checkout-bar--{}" fill="url(#{}-hatch)"'
        ' x="{}" y="{}" width="{}" height="{}"/>',
        (
            (
                *(series.look, about.key, _number(LEFT + step * (number + GAP / 2))),
                *(_number(_height(low + value, top)), _number(step * (1 - GAP))),
                _number(_height(low, top) - _height(low + value, top)),
            )
            for number, (low, value) in enumerate(zip(below, series.values, strict=True))
            if value
        ),
    )


def _steps(values: Sequence[float], step: float, top: float) -> SafeString:
    """A line that stands level over each column."""
    corners = (
        f"{_number(LEFT + step * (number + side))},{_number(_height(value, top))}"
        for number, value in enumerate(values)
        for side in (0, 1)
    )
    return format_html('<polyline class="checkout-line" points="{}"/>', " ".join(corners))


def _under(labels: Iterable[tuple[float, str]], y: float) -> SafeString:
    return format_html_join(
        "",
        '<text class="checkout-axis" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((_number(x), _number(y), label) for x, label in labels),
    )


def _legend(about: About, series: Sequence[Series]) -> SafeString:
    def entry(one: Series, x: int) -> SafeString:
        if one.look == LINE:
            return format_html('<polyline class="checkout-line" points="{},9 {},9"/>', x, x + 14)
        return format_html(
            '<rect class="checkout-bar checkout-bar--{}" fill="url(#{}-hatch)"'
            ' x="{}" y="4" width="14" height="10"/>',
            *(one.look, about.key, x),
        )

    return format_html_join(
        "",
        '{}<text class="checkout-axis" x="{}" y="13">{}</text>',
        (
            (entry(one, LEFT + 110 * number), LEFT + 110 * number + 20, one.name)
            for number, one in enumerate(series)
        ),
    )


def _range(row: Range, y: float) -> SafeString:
    name = format_html('<text class="checkout-axis" x="0" y="{}">{}</text>', y + 4, row.name)
    if row.low is None or row.high is None:
        return name
    low, high = _across(row.low), _across(row.high)
    return format_html(
        '{0}<line class="checkout-span" x1="{1}" y1="{3}" x2="{2}" y2="{3}"/>'
        '<circle class="checkout-dot" cx="{1}" cy="{3}" r="4"/>'
        '<rect class="checkout-dot" x="{4}" y="{5}" width="4" height="14"/>',
        *(name, _number(low), _number(high), y, _number(high - 2), y - 7),
    )


def _height(value: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _across(seconds: float) -> float:
    within = min(max(seconds, SHORTEST), LONGEST)
    share = math.log(within / SHORTEST) / math.log(LONGEST / SHORTEST)
    return NAMES + (RIGHT - 8 - NAMES) * share


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
