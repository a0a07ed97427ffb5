"""Inline SVG by hand: no script, no style attribute (the page's CSP forbids both), colours by class.

Every number is printed with one decimal, so the same plot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from opscli.charts.plot import Bar, Plot, Series, Step
from opscli.charts.scale import Scale, bounds, ticks
from opscli.charts.width import shorten, width

_WIDTH = 560.0
_HEIGHT = 230.0
_TOP, _BOTTOM, _RIGHT = 16.0, 28.0, 20.0
_CHARACTER = 6.4
"""Mean advance of a digit at the charts' 11 px, for margins."""
_ROW = 30.0
_LABEL_GAP = 16.0
_ZERO_BELOW = 0.5
"""A line whose lowest value is under this share of the highest starts its axis at 0."""
_CAP_WIDTH = 34.0


def draw(plot: Plot) -> str:
    """The `<svg>` of a plot. Raises KeyError for an unknown kind."""
    return _KINDS[plot.kind](plot)


def sparkline(values: Sequence[float | None], sentence: str) -> str:
    """A small line without axes, its last point marked; empty text when fewer than two values are known."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:  # noqa: PLR2004  one point is no line
        return ""
    low, high = bounds(values, from_zero=False)
    across, down = Scale(0, len(values) - 1, 3, 215), Scale(low, high, 31, 5)
    points = [(across.at(index), down.at(value)) for index, value in known]
    body = [
        _tag("path", {"class": "area", "d": f"{_path(points)} L{points[-1][0]:.1f} 36 L{points[0][0]:.1f} 36 Z"}),
        _tag("path", {"class": "line", "d": _path(points)}),
        _tag("circle", {"class": "dot", "cx": points[-1][0], "cy": points[-1][1], "r": 2.8}),
    ]
    return _svg(220, 36, body, sentence, extra="spark")


def _tag(name: str, attributes: dict[str, str | float], text: str | None = None) -> str:
    inside = " ".join(f'{key}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name} {inside}/>" if text is None else f"<{name} {inside}>{text}</{name}>"


def _attribute(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}"


def _text(x: float, y: float, text: str, style: str = "label", anchor: str = "start") -> str:
    return _tag("text", {"class": style, "x": x, "y": y, "text-anchor": anchor}, escape(text))


def _titled(shape: str, title: str) -> str:
    """A shape with a native tooltip: `<rect …/>` becomes `<g><title>…</title><rect …/></g>`."""
    return f"<g><title>{escape(title)}</title>{shape}</g>"


def _svg(width_px: float, height: float, body: Sequence[str], sentence: str, extra: str = "chart") -> str:
    head = f'<svg class="{extra}" viewBox="0 0 {width_px:.0f} {height:.0f}" role="img" aria-label="{escape(sentence)}">'
    return head + "".join(body) + "</svg>"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _frame(plot: Plot, *, columns: bool) -> tuple[Scale, Scale, list[str]]:
    """Both scales of a time chart, and its grid: horizontal lines with their values, labels along the bottom."""
    values = [value for series in plot.series for value in series.values]
    low, high = bounds([*values, plot.target], from_zero=columns)
    if 0 < low < high * _ZERO_BELOW:
        low = 0.0
    marks = ticks(low, high)
    left = 14 + _CHARACTER * max(width(plot.tick(mark)) for mark in marks)
    down = Scale(marks[0], marks[-1], _HEIGHT - _BOTTOM, _TOP)
    edge = 0.5 if columns else 0.0
    across = Scale(-edge, max(len(plot.labels) - 1, 0) + edge, left + 6, _WIDTH - _RIGHT)
    body = []
    for mark in marks:
        y = down.at(mark)
        body.append(_tag("line", {"class": "grid", "x1": left, "x2": _WIDTH - _RIGHT + 8, "y1": y, "y2": y}))
        body.append(_text(left - 8, y + 3.5, plot.tick(mark), anchor="end"))
    body += _along(plot, across, centred=columns)
    return across, down, body


def _along(plot: Plot, across: Scale, *, centred: bool) -> list[str]:
    """Labels along the bottom, as many as fit, counted from the newest."""
    if not plot.labels:
        return []
    room = (across.end - across.start) / (_CHARACTER * max(map(width, plot.labels)) + _LABEL_GAP)
    every = max(1, -(-len(plot.labels) // max(int(room), 1)))
    last = len(plot.labels) - 1
    body = []
    for index, label in enumerate(plot.labels):
        if (last - index) % every == 0:
            at_end = index == last and not centred
            place = (_WIDTH - _RIGHT + 8, "end") if at_end else (across.at(index), "middle")
            body.append(_text(place[0], _HEIGHT - 8, label, anchor=place[1]))
    return body


def _goal(plot: Plot, across: Scale, down: Scale) -> list[str]:
    """The dashed line of a target, named at its left end."""
    if plot.target is None:
        return []
    y = down.at(plot.target)
    line = _tag("line", {"class": "goal", "x1": across.start, "x2": _WIDTH - _RIGHT + 8, "y1": y, "y2": y})
    return [line, _text(across.start, y - 5, plot.target_label, style="goal-label")]


def _line(plot: Plot) -> str:
    across, down, body = _frame(plot, columns=False)
    for order, series in enumerate(plot.series):
        points = [(across.at(i), down.at(v)) for i, v in enumerate(series.values) if v is not None]
        if order == 0 and len(points) > 1 and down.low == 0:  # an area that does not stand on 0 would lie
            under = f"{_path(points)} L{points[-1][0]:.1f} {down.start:.1f} L{points[0][0]:.1f} {down.start:.1f} Z"
            body.append(_tag("path", {"class": "area", "d": under}))
        if len(points) > 1:
            body.append(_tag("path", {"class": f"line s{order}", "d": _path(points)}))
        body += _dots(plot, series, order, points)
    return _svg(_WIDTH, _HEIGHT, body + _goal(plot, across, down), plot.sentence)


def _dots(plot: Plot, series: Series, order: int, points: Sequence[tuple[float, float]]) -> list[str]:
    """A dot a value, with its tooltip; the last one is printed when the line stands alone."""
    known = [(plot.labels[i], v) for i, v in enumerate(series.values) if v is not None]
    body = []
    for (label, value), (x, y) in zip(known, points, strict=True):
        last = (label, value) == known[-1]
        dot = _tag("circle", {"class": f"dot s{order}", "cx": x, "cy": y, "r": 4.0 if last else 2.6})
        body.append(_titled(dot, f"{series.name} {label}: {plot.show(value)}"))
    if points and len(plot.series) == 1:
        x, y = points[-1]
        falls = len(points) > 1 and points[-2][1] < y < _HEIGHT - _BOTTOM - 20
        body.append(_text(x + 8, y + 18 if falls else max(y - 10, 11), plot.show(known[-1][1]), "value", "end"))
    return body


def _columns(plot: Plot) -> str:
    across, down, body = _frame(plot, columns=True)
    zero = down.at(0)
    slot = across.at(1) - across.at(0) if len(plot.labels) > 1 else _CAP_WIDTH
    wide = min(slot * 0.72, _CAP_WIDTH)
    values = plot.series[0].values if plot.series else ()
    for index, value in enumerate(values):
        if value is None:
            continue
        x, y = across.at(index) - wide / 2, down.at(value)
        last = " last" if index == len(values) - 1 else ""
        box = {"x": x, "y": min(y, zero), "width": wide, "height": max(abs(zero - y), 0.5), "rx": 2.5}
        shape = _tag("rect", {"class": f"column{last}", **box})
        body.append(_titled(shape, f"{plot.labels[index]}: {plot.show(value)}"))
        if last:
            body.append(_text(across.at(index), min(y, zero) - 6, plot.show(value), style="value", anchor="middle"))
    return _svg(_WIDTH, _HEIGHT, body + _goal(plot, across, down), plot.sentence)


def _bars(plot: Plot) -> str:
    left = min(150.0, 16 + _CHARACTER * max((width(bar.label) for bar in plot.bars), default=0))
    tails = [" · ".join(filter(None, (plot.show(bar.value), bar.note))) for bar in plot.bars]
    room = 18 + _CHARACTER * max((width(tail) for tail in tails), default=0)
    _, high = bounds([bar.value for bar in plot.bars], from_zero=True)
    across = Scale(0, high or 1.0, left, _WIDTH - room)
    body = []
    for index, (bar, tail) in enumerate(zip(plot.bars, tails, strict=True)):
        y = 6 + index * _ROW
        long = max(across.at(max(bar.value, 0)) - left, 1.5)
        box = {"x": left, "y": y, "width": long, "height": _ROW - 11, "rx": 3.0}
        shape = _tag("rect", {"class": f"bar {bar.tone}", **box})
        body.append(_text(left - 10, y + 13.5, shorten(bar.label, 20), anchor="end"))
        body.append(_titled(shape, f"{bar.label}: {tail}"))
        body.append(_text(left + long + 8, y + 13.5, tail, style="value"))
    return _svg(_WIDTH, max(len(plot.bars), 1) * _ROW + 6, body, plot.sentence)


def _funnel(plot: Plot) -> str:
    """Centred bars, one a step; between two steps the share that went on, at the right the share of the first."""
    first = max((step.count for step in plot.steps), default=0) or 1
    middle, half, row = 280.0, 150.0, 46.0
    body = [
        _text(middle, 12, f"▾ {plot.rates[0]}", anchor="middle"),
        _text(_WIDTH - 10, 12, plot.rates[1], anchor="end"),
    ]
    for index, step in enumerate(plot.steps):
        y = 22 + index * row
        wide = max(half * step.count / first, 1.5)
        box = {"x": middle - wide, "y": y, "width": 2 * wide, "height": row - 18, "rx": 3.0}
        shape = _tag("rect", {"class": f"bar accent f{min(index, 5)}", **box})
        body.append(_titled(shape, f"{step.label}: {step.count:,}"))
        body.append(_text(104, y + 17.5, shorten(step.label, 16), anchor="end"))
        inside = 2 * wide > _CHARACTER * (len(f"{step.count:,}") + 3)
        place = (middle, "middle", "inside") if inside else (middle + wide + 8, "start", "value")
        body.append(_text(place[0], y + 17.5, f"{step.count:,}", style=place[2], anchor=place[1]))
        body += _rates(plot, step, y)
    return _svg(_WIDTH, len(plot.steps) * row + 8, body, plot.sentence)


def _rates(plot: Plot, step: Step, y: float) -> list[str]:
    body = []
    if step.of_previous is not None:
        body.append(_text(280, y - 6, f"▾ {plot.show(step.of_previous)}", style="rate", anchor="middle"))
    if step.of_first is not None:
        body.append(_text(_WIDTH - 10, y + 17.5, plot.show(step.of_first), style="value", anchor="end"))
    return body


def _parts(plot: Plot) -> str:
    """One bar of 100 % cut into parts, with a legend below: the share of each."""
    total = sum(bar.value for bar in plot.bars) or 1.0
    body, x = [], 4.0
    for order, bar in enumerate(plot.bars):
        wide = (_WIDTH - 8) * bar.value / total
        shape = _tag("rect", {"class": _part_class(bar, order), "x": x, "y": 6.0, "width": wide, "height": 34.0})
        body.append(_titled(shape, f"{bar.label}: {plot.show(bar.value)} ({bar.value / total:.1%})"))
        if wide > _CHARACTER * 7:
            body.append(_text(x + wide / 2, 27.5, f"{bar.value / total:.0%}", style="inside", anchor="middle"))
        x += wide
    for order, bar in enumerate(plot.bars):
        column, line = order % 2, order // 2
        left, y = 4 + column * _WIDTH / 2, 56.0 + line * 22
        body.append(_tag("rect", {"class": _part_class(bar, order), "x": left, "y": y, "width": 11.0, "height": 11.0}))
        text = f"{shorten(bar.label, 18)} {plot.show(bar.value)} · {bar.value / total:.1%}"
        body.append(_text(left + 18, y + 9.8, text, style="value"))
    return _svg(_WIDTH, 60 + 22 * (-(-len(plot.bars) // 2)), body, plot.sentence)


def _part_class(bar: Bar, order: int) -> str:
    return f"bar {bar.tone}" if bar.tone != "accent" else f"bar part p{order % 6}"


_KINDS: dict[str, Callable[[Plot], str]] = {
    "line": _line,
    "columns": _columns,
    "bars": _bars,
    "funnel": _funnel,
    "parts": _parts,
}
