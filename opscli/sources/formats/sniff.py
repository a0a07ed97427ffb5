"""What a CSV file looks like, from a sample of its lines: dialect, where the table stands, what its columns hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats.dialect import DELIMITERS, Verdict, decide
from opscli.sources.formats.layout import HeaderUnclear, Layout, find
from opscli.sources.formats.lines import Lines, body
from opscli.sources.formats.place import Line
from opscli.sources.formats.records import NONE, Shape, split
from opscli.sources.formats.rows import FileFormat
from opscli.sources.formats.spans import taken_by_cell

_SAMPLE_LINES = 1000
_LONGEST = 1 << 16
_MOST_OPEN_LINES = 50
_SEVERAL = 20
_COMMON = 4
"""So many of the delimiters, the usual ones."""


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The dialect with its evidence, the layout, and the sampled lines."""

    verdict: Verdict
    layout: Layout
    sample: tuple[str, ...]


def sniff(path: Path, newline: str, stated: FileFormat, label: str, wanted: Sequence[str] = ()) -> Sniffed:
    """Look at a UTF-8 file. Raises DataUnusable when its header cannot be told apart from its rows."""
    with path.open(encoding="utf-8", newline=newline) as file:
        sample = _sampled(Lines(file, 1))
    verdict = decide(list(sample.values()), stated, wanted)
    lines = list(_records(sample, verdict.shape))
    try:
        layout = find(lines, verdict.shape, stated, wanted)
    except HeaderUnclear as unclear:
        raise DataUnusable(
            say("sources.header_unclear", file=label, line=unclear.line, names=unclear.cells, columns=unclear.width),
            remedy=say("sources.header_unclear_how"),
        ) from None
    return Sniffed(verdict, layout, tuple(sample.values()))


def _sampled(lines: Lines) -> dict[int, str]:
    """The first lines by their numbers, without ends; of a cell over very many lines, the first and the last."""
    found: dict[int, str] = {}
    before = ""
    while len(found) < _SAMPLE_LINES and (line := lines.next()) is not None:
        number, text = lines.number, line.rstrip("\r\n")
        if text.count('"') % 2 and not any('"' in later for later in lines.ahead(_MOST_OPEN_LINES)):
            last = _end_of_cell(lines, line, before)
            text = f"{text}\n{last}" if last else text
        found[number] = text[:_LONGEST]
        before = text or before
    return found


def _end_of_cell(lines: Lines, opening: str, before: str) -> str:
    """The last line of the record that begins so, as wide as the line before it, and passes over it; else nothing."""
    for mark in DELIMITERS[:_COMMON]:
        shape = Shape(delimiter=mark, width=len(split(before, Shape(delimiter=mark))[0]))
        if shape.width > 1:
            taken, _ = taken_by_cell(lines, opening, shape, partial(_is_record, shape))
            if taken:
                return body(taken[-1])
    return ""


def _is_record(shape: Shape, text: str) -> bool:
    return bool(shape.clean.fullmatch(text))


def _records(sample: Mapping[int, str], shape: Shape) -> Iterator[Line]:
    """The sample's records; a quote that stays open for long, or to the end, is taken for a stray one."""
    texts, numbers = list(sample.values()), [*sample, max(sample, default=0) + 1]
    place = 0
    found = Counter(len(cells) for cells, problem in (split(text, shape) for text in texts) if not problem)
    widths = {shape.width, *(width for width, count in found.items() if width > 1 and count >= _SEVERAL)}
    while place < len(texts):
        cells, problem = split(texts[place], shape)
        after = place + 1
        if problem == "unclosed_quote":
            for end in range(place + 2, min(place + _MOST_OPEN_LINES, len(texts)) + 1):
                more, still = split("\n".join(texts[place:end]), shape)
                if not still and len(more) in widths:
                    cells, problem, after = more, still, end
                if still != "unclosed_quote":
                    break
        if problem in ("unclosed_quote", "bad_quotes"):
            cells = split(texts[place], shape.but(quote=NONE))[0]
        if texts[place].strip():
            yield Line(numbers[place], numbers[after], tuple(cells), sound=not problem)
        place = after
