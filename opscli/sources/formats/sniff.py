"""What a CSV file looks like, from a sample of its lines: dialect, where the table stands, what its columns hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats.dialect import Verdict, decide
from opscli.sources.formats.layout import HeaderUnclear, Layout, find
from opscli.sources.formats.place import Line
from opscli.sources.formats.records import NONE, Shape, split
from opscli.sources.formats.rows import FileFormat

_SAMPLE_LINES = 1000
_LONGEST = 1 << 16
_MOST_OPEN_LINES = 50
_SEVERAL = 20


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The dialect with its evidence, the layout, and the sampled lines (with their ends)."""

    verdict: Verdict
    layout: Layout
    sample: tuple[str, ...]


def sniff(path: Path, newline: str, stated: FileFormat, label: str, wanted: Sequence[str] = ()) -> Sniffed:
    """Look at a UTF-8 file. Raises DataUnusable when its header cannot be told apart from its rows."""
    with path.open(encoding="utf-8", newline=newline) as file:
        sample = tuple(islice(iter(lambda: file.readline(_LONGEST), ""), _SAMPLE_LINES))
    texts = [line.rstrip("\r\n") for line in sample]
    verdict = decide(texts, stated, wanted)
    lines = list(_records(texts, verdict.shape))
    try:
        layout = find(lines, verdict.shape, stated, wanted)
    except HeaderUnclear as unclear:
        raise DataUnusable(
            say("sources.header_unclear", file=label, line=unclear.line, names=unclear.cells, columns=unclear.width),
            remedy=say("sources.header_unclear_how"),
        ) from None
    return Sniffed(verdict, layout, sample)


def _records(texts: list[str], shape: Shape) -> Iterator[Line]:
    """The sample's records; a quote that stays open for long, or to the end, is taken for a stray one."""
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
            yield Line(place + 1, after + 1, tuple(cells), sound=not problem)
        place = after
