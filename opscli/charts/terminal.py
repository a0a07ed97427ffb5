"""Charts as text: sparkline, bars, funnel. Plain strings of a known width; the reporter adds colour."""

from __future__ import annotations

from collections.abc import Sequence

from opscli.charts.plot import Plot
from opscli.charts.scale import bounds
from opscli.charts.width import pad, shorten, width

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_GAP = "·"


def spark(values: Sequence[float | None]) -> str:
    """One block a value, from the lowest to the highest; `·` where it is unknown, a middle line when all are equal."""
    low, high = bounds(values, from_zero=False)
    if low == high:
        return "".join(_GAP if value is None else _LEVELS[3] for value in values)
    top = len(_LEVELS) - 1
    return "".join(_GAP if v is None else _LEVELS[round((v - low) / (high - low) * top)] for v in values)


def bar(share: float, columns: int) -> str:
    """A bar of `share` (0..1) of `columns`, in eighths of a character; anything above zero shows."""
    eighths = round(min(max(share, 0.0), 1.0) * columns * 8)
    if share > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def lines(plot: Plot, columns: int = 80) -> list[str]:
    """A plot as lines of at most `columns`; line and column charts become one labelled sparkline a series."""
    if plot.kind == "funnel":
        return _funnel(plot, columns)
    if plot.kind in ("bars", "parts"):
        return _bars(plot, columns)
    return [line for line in (_series(plot, index, columns) for index in range(len(plot.series))) if line]


def _series(plot: Plot, index: int, columns: int) -> str:
    values = plot.series[index].values
    known = [value for value in values if value is not None]
    if not known:
        return ""
    name = f"{plot.series[index].name} " if len(plot.series) > 1 else ""
    ends = f"{plot.labels[0]} … {plot.labels[-1]}  {plot.show(min(known))} … {plot.show(max(known))}"
    room = max(columns - width(name) - width(ends) - 2, 8)
    return shorten(f"{name}{spark(values[-room:])}  {ends}", columns)


def _bars(plot: Plot, columns: int) -> list[str]:
    if not plot.bars:
        return []
    names = [shorten(item.label, 24) for item in plot.bars]
    total = sum(item.value for item in plot.bars) or 1.0
    if plot.kind == "parts":
        tails = [f"{plot.show(item.value)}  {item.value / total:.1%}" for item in plot.bars]
    else:
        tails = [f"{plot.show(item.value)}  {item.note}".rstrip() for item in plot.bars]
    left, right = max(map(width, names)), max(map(width, tails))
    room = max(min(columns - left - right - 3, 60), 4)
    high = max(item.value for item in plot.bars) or 1.0
    rows = zip(names, plot.bars, tails, strict=True)
    return [f"{pad(name, left)} {pad(bar(item.value / high, room), room)} {tail}" for name, item, tail in rows]


def _funnel(plot: Plot, columns: int) -> list[str]:
    """Step, centred bar, count, and both rates under their names."""
    if not plot.steps:
        return []
    first = max(step.count for step in plot.steps) or 1
    names = [shorten(step.label, 18) for step in plot.steps]
    counts = [f"{step.count:,}" for step in plot.steps]
    rates = [(_rate(plot, step.of_previous), _rate(plot, step.of_first)) for step in plot.steps]
    sides = [max(width(plot.rates[side]), *(width(pair[side]) for pair in rates)) for side in (0, 1)]
    left, right = max(map(width, names)), max(map(width, counts))
    room = max(min(columns - left - right - sum(sides) - 6, 60), 6)
    head = pad("", left + room + right + 2)
    found = [f"{head}  {pad(plot.rates[0], sides[0], right=True)}  {pad(plot.rates[1], sides[1], right=True)}"]
    for name, step, count, pair in zip(names, plot.steps, counts, rates, strict=True):
        drawn = "█" * max(round(room * step.count / first), 1 if step.count else 0)
        middle = pad(" " * ((room - len(drawn)) // 2) + drawn, room)
        line = f"{pad(name, left)} {middle} {pad(count, right, right=True)}"
        found.append(f"{line}  {pad(pair[0], sides[0], right=True)}  {pad(pair[1], sides[1], right=True)}")
    return found


def _rate(plot: Plot, rate: float | None) -> str:
    return "" if rate is None else plot.show(rate)
