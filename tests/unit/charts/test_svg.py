from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from opscli.charts.plot import Bar, Plot, Series, Step
from opscli.charts.scale import ticks
from opscli.charts.svg import draw, sparkline

HOSTILE = "<script>alert('&\"')</script>"
PLOTS = [
    Plot(kind=kind, sentence=HOSTILE, labels=("2017-11", HOSTILE, "2018-01"), target=3.0, target_label=HOSTILE,
         series=(Series(name=HOSTILE, values=(1.0, None, 4.0)),))
    for kind in ("line", "columns")
] + [
    Plot(kind=kind, sentence=HOSTILE, bars=(Bar(label=HOSTILE, value=3, note=HOSTILE), Bar(label="b", value=0)))
    for kind in ("bars", "parts")
] + [
    Plot(kind="funnel", sentence=HOSTILE, steps=(Step(label=HOSTILE, count=9), Step(label="b", count=0, of_previous=0.0)))
]  # fmt: skip


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.kind)
def test_names_out_of_data_cannot_leave_the_text(plot: Plot) -> None:
    root = ET.fromstring(draw(plot))  # noqa: S314  our own text: well-formed or the test fails

    assert root.get("aria-label") == HOSTILE
    assert not [node for node in root.iter() if node.tag == "script"]
    assert "style" not in {name for node in root.iter() for name in node.attrib}


@pytest.mark.parametrize("kind", ["line", "columns", "bars", "parts", "funnel"])
def test_a_plot_without_values_is_still_a_picture(kind: str) -> None:
    assert draw(Plot(kind=kind, sentence="")).startswith("<svg")


def test_the_same_plot_gives_the_same_bytes() -> None:
    assert [draw(plot) for plot in PLOTS] == [draw(plot) for plot in PLOTS]


def test_columns_stand_on_zero_and_the_highest_is_the_tallest() -> None:
    plot = Plot(kind="columns", sentence="", labels=("a", "b"), series=(Series(name="x", values=(50.0, 100.0)),))
    low, high = (float(node.get("height", "0")) for node in ET.fromstring(draw(plot)).iter("rect"))  # noqa: S314  as above

    assert high == pytest.approx(2 * low, rel=0.01)


def test_ticks_are_round_and_cover_the_data() -> None:
    assert ticks(0, 1000) == (0, 250, 500, 750, 1000)
    assert ticks(0.13, 0.19) == (0.12, 0.14, 0.16, 0.18, 0.2)
    assert ticks(5, 5)[0] <= 5 <= ticks(5, 5)[-1]
    assert ticks(-30, 70)[0] <= -30


def test_one_value_makes_no_sparkline() -> None:
    assert sparkline([None, 3.0], "x") == ""
    assert "<path" in sparkline([1.0, None, 3.0], "x")
