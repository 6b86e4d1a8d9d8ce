"""Charts made of numbers: what is drawn is what was given, and it can be read without seeing it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from checkout.adapters.inbound.admin.dashboard import charts
from checkout.adapters.inbound.admin.dashboard.charts import About, Range, Series

ABOUT = About("one", "Title", "Three & <four>.")


def drawn(svg: str) -> ElementTree.Element:
    """The chart as XML; nothing in it may need a style or a script."""
    assert not re.search(r"style|script|\son\w+=", svg)
    return ElementTree.fromstring(svg)


def bars(chart: ElementTree.Element, look: str) -> list[tuple[float, float]]:
    """(top, height) of the columns of this look, without the swatch of the legend."""
    found = [
        b for b in chart.iter("rect") if b.get("class") == f"checkout-bar checkout-bar--{look}"
    ]
    return [(float(b.get("y", "")), float(b.get("height", ""))) for b in found if b.get("y") != "4"]


def words(chart: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in chart.iter("text")]


def test_columns_stand_on_each_other_and_reach_their_height() -> None:
    series = [
        Series("Low", charts.FILLED, [10, 0, 5]),
        Series("High", charts.HATCHED, [10, 20, 0]),
        Series("Line", charts.LINE, [20, 20, 5]),
    ]
    chart = drawn(charts.columns(ABOUT, ["a", "", "c"], series))
    full = charts.BOTTOM - charts.TOP
    assert bars(chart, "filled") == [(charts.BOTTOM - full / 2, full / 2), (139, full / 4)]
    assert bars(chart, "hatched") == [(charts.TOP, full / 2), (charts.TOP, full)]
    line = next(p for p in chart.iter("polyline") if len(p.get("points", "").split()) == 6)
    heights = [float(point.split(",")[1]) for point in line.get("points", "").split()]
    assert heights == [charts.TOP] * 4 + [139] * 2
    assert words(chart) == ["0", "10", "20", "a", "c", "Low", "High", "Line"]


def test_it_says_what_it_shows() -> None:
    chart = drawn(charts.columns(ABOUT, ["a"], [Series("x", charts.FILLED, [1])]))
    assert chart.get("role") == "img"
    named = dict(
        zip(chart.get("aria-labelledby", "").split(), ["Title", "Three & <four>."], strict=True)
    )
    assert named == {e.get("id"): e.text for tag in ("title", "desc") for e in chart.iter(tag)}


@pytest.mark.parametrize("values", [[], [0, 0], [0.4], [123_456_789]])
def test_any_numbers_make_a_chart(values: list[float]) -> None:
    labels = [str(number) for number in range(len(values))]
    chart = drawn(charts.columns(ABOUT, labels, [Series("x", charts.FILLED, values)]))
    for top, height in bars(chart, "filled"):
        assert charts.TOP <= top <= top + height <= charts.BOTTOM + 0.1


def test_a_range_goes_from_the_low_to_the_high_one_and_stays_on_the_axis() -> None:
    rows = [Range("a<b", 0.1, 1), Range("never", None, None), Range("out", 1e-9, 1e9)]
    chart = drawn(charts.ranges(ABOUT, rows))
    spans = [e for e in chart.iter("line") if e.get("class") == "checkout-span"]
    (low, high), (least, most) = ((float(e.get("x1", "")), float(e.get("x2", ""))) for e in spans)
    assert charts.NAMES == least < low < high < most < charts.WIDTH
    assert words(chart)[:3] == ["a<b", "never", "out"]


@pytest.mark.parametrize(
    ("value", "wanted"), [(1, 1), (1.1, 2), (0.04, 0.04), (5, 6), (24, 40), (100, 100), (101, 200)]
)
def test_an_axis_ends_at_a_round_number(value: float, wanted: float) -> None:
    assert charts.nice(value) == pytest.approx(wanted)
