from __future__ import annotations

import pytest

from opscli.charts.plot import Bar, Plot, Series, Step
from opscli.charts.terminal import bar, lines, spark
from opscli.charts.width import pad, shorten, width


def test_a_sparkline_runs_from_the_lowest_to_the_highest_block() -> None:
    assert spark([1, 2, None, 3]) == "▁▅·█"
    assert spark([5, 5]) == "▄▄"
    assert spark([]) == ""


def test_a_bar_shows_anything_above_zero_and_never_more_than_its_room() -> None:
    assert bar(0.0, 10) == ""
    assert bar(0.0001, 10) == "▏"
    assert bar(2.0, 10) == "█" * 10
    assert bar(0.55, 10) == "█████▌"


def test_chinese_takes_two_columns() -> None:
    assert width("净推荐值 NPS") == 12
    assert pad("中", 4) == "中  "
    assert shorten("净推荐值", 5) == "净推…"


FUNNEL = Plot(
    kind="funnel",
    sentence="",
    steps=(Step(label="线索", count=200), Step(label="won", count=50, of_previous=0.25, of_first=0.25)),
    show=lambda value: f"{value:.0%}",
)
BARS = Plot(kind="bars", sentence="", bars=(Bar(label="北方", value=10, note="n = 4"), Bar(label="South", value=5)))
LINE = Plot(
    kind="line", sentence="", labels=tuple(map(str, range(90))),
    series=(Series(name="x", values=tuple(float(n) for n in range(90))),),
)  # fmt: skip


@pytest.mark.parametrize("plot", [FUNNEL, BARS, LINE], ids=lambda plot: plot.kind)
@pytest.mark.parametrize("columns", [80, 140])
def test_no_line_is_wider_than_the_terminal(plot: Plot, columns: int) -> None:
    drawn = lines(plot, columns)

    assert drawn
    assert all(width(line) <= columns for line in drawn)


def test_columns_stay_aligned_beside_chinese_labels() -> None:
    first, second = lines(BARS, 60)

    assert width(first.split("█")[0]) == width(second.split("█")[0])


def test_a_funnel_names_both_of_its_rates() -> None:
    head, lead, won = lines(FUNNEL, 100)

    assert "of step before" in head
    assert "of first step" in head
    assert won.count("25%") == 2
    assert "%" not in lead
