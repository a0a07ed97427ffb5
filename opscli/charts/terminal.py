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
    """One block a value, from the lowest to the highest; `·` where the value is unknown, a middle line when all are equal."""
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
    ends = f"{plot.labels[0]} … {plot.labels[-1]}  {plot.show(min(known))} – {plot.show(max(known))}"
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
    """Step, centred bar, count, share of the step before, share of the first."""
    if not plot.steps:
        return []
    first = max(step.count for step in plot.steps) or 1
    left = max(width(shorten(step.label, 18)) for step in plot.steps)
    counts = [f"{step.count:,}" for step in plot.steps]
    right = max(map(len, counts))
    room = max(min(columns - left - right - 22, 60), 6)
    found = []
    for step, count in zip(plot.steps, counts, strict=True):
        drawn = "█" * max(round(room * step.count / first), 1 if step.count else 0)
        rates = [plot.show(rate) if rate is not None else "–" for rate in (step.of_previous, step.of_first)]
        middle = pad(" " * ((room - len(drawn)) // 2) + drawn, room)
        found.append(f"{pad(shorten(step.label, 18), left)} {middle} {count:>{right}} {rates[0]:>8} {rates[1]:>8}")
    return found
