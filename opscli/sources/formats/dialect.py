"""Decide how a CSV file is written, by consensus over many lines and by how well the columns hold together.

One bad line among many changes nothing here: it is read by `repair` afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from opscli.sources.formats.names import tidy
from opscli.sources.formats.records import NONE, Shape, split
from opscli.sources.formats.rows import AUTO, FileFormat
from opscli.sources.formats.shape import profiles, typing

_WIDE = (", ", "; ", " , ", " ; ", " | ", "||", "::", ";;", "|;|")
DELIMITERS = (",", ";", "\t", "|", *_WIDE, "^", "~", "§", "¦", "\x1f", "\x01", ":", " ")
"""In the order that decides a draw."""
_RARE = frozenset((":", " "))
"""Taken only where nothing else divides the lines: they stand in ordinary texts and times."""
_SAMPLE = 300
_HEADER_WITHIN = 40
_HINT = re.compile(r"sep=(.{1,4})", re.IGNORECASE)
"""What Excel writes and reads as the first line."""
QUOTES = ('"', "'", "`")
_FEW_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A dialect with the evidence for it: the share of sampled lines that agree on `shape.width`, and how telling

    the columns are then (both 0..1); the same of the best other delimiter.
    """

    shape: Shape
    agreement: float = 1.0
    typing: float = 1.0
    runner_up: str = ""
    runner_up_score: float = 0.0

    @property
    def score(self) -> float:
        """What delimiters are compared by."""
        return _score(self.agreement, self.typing)


def decide(lines: Sequence[str], stated: FileFormat, wanted: Sequence[str] = ()) -> Verdict:
    """The dialect of a file from its first lines (without line ends); what is stated is obeyed.

    A delimiter that divides a line into cells with all `wanted` names is preferred to any other.
    """
    sample = [line for line in lines if line.strip()][:_SAMPLE]
    hint = _HINT.fullmatch(sample[0].strip("\ufeff")) if sample else None
    if hint and stated.delimiter == AUTO:
        stated_delimiter, sample = hint[1], sample[1:]
    else:
        stated_delimiter = stated.delimiter
    quote = stated.quote if stated.quote != AUTO else ""
    candidates = [stated_delimiter] if stated_delimiter != AUTO else _occurring(sample)
    judged = []
    for delimiter in candidates:
        mark = _stated_mark(quote) if quote else _quote_of(sample, delimiter)
        escape = _escape_of(sample, delimiter, mark, stated.escape)
        judged.append(_judge(sample, Shape(delimiter=delimiter, quote=mark, escape=escape)))
    judged = [verdict for verdict in judged if wanted and _names_all(sample, verdict.shape, wanted)] or judged
    if not judged:
        mark = _stated_mark(quote) if quote else '"'
        return Verdict(
            shape=Shape(delimiter=",", width=1, quote=mark, escape=_escape_of(sample, ",", mark, stated.escape))
        )
    ranked = sorted(
        judged,
        key=lambda verdict: (
            -_rank(verdict),
            DELIMITERS.index(verdict.shape.delimiter) if verdict.shape.delimiter in DELIMITERS else 0,
        ),
    )
    best = ranked[0]
    if len(ranked) == 1:
        return best
    second = ranked[1]
    return Verdict(
        shape=best.shape,
        agreement=best.agreement,
        typing=best.typing,
        runner_up=second.shape.delimiter,
        runner_up_score=second.score if second.shape.width > 1 else 0.0,
    )


def _names_all(sample: Sequence[str], shape: Shape, wanted: Sequence[str]) -> bool:
    return any(set(wanted) <= {tidy(cell) for cell in split(line, shape)[0]} for line in sample[:_HEADER_WITHIN])


def _occurring(sample: Sequence[str]) -> list[str]:
    """Delimiters that stand in most lines; a few lines are enough where there are only a few."""
    needed = max(1, len(sample) // 4)
    found = [mark for mark in DELIMITERS if sum(mark in line for line in sample) >= needed]
    # Where nearly every comma is followed by a space, the space belongs to it.
    spaced = [mark for mark in found if mark != mark.strip() and mark.strip()]
    return [mark for mark in found if mark not in spaced or _always(sample, mark)]


def _always(sample: Sequence[str], spaced: str) -> bool:
    outside = [_outside_quotes(line) for line in sample]
    together = sum(line.count(spaced) for line in outside)
    return 20 * together >= 19 * sum(line.count(spaced.strip()) for line in outside)


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"?', "", line)


def _rank(verdict: Verdict) -> float:
    """Rare delimiters win only clearly; one column is better than lines that do not agree."""
    if verdict.shape.width == 1:
        return 0.0
    return verdict.score * (0.7 if verdict.shape.delimiter in _RARE else 1.0)


def _score(agreement: float, telling: float) -> float:
    return agreement * (0.4 + 0.6 * telling)


def _judge(sample: Sequence[str], shape: Shape) -> Verdict:
    rows = [cells for cells, problem in (split(line, shape) for line in sample) if not problem]
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    if not widths:
        return Verdict(shape=shape.but(width=1), agreement=0.0, typing=0.0)
    width = max(widths, key=lambda value: (widths[value] * (2 if widths[value] >= _FEW_LINES else 1), value))
    body = [cells for cells in rows if len(cells) == width]
    # The first row is a header more often than not, and must not blur the columns.
    columns = profiles(body[1:] or body)
    return Verdict(shape=shape.but(width=width), agreement=len(body) / len(sample), typing=typing(columns))


def _stated_mark(quote: str) -> str:
    return NONE if quote == "none" else quote


def _quote_of(sample: Sequence[str], delimiter: str) -> str:
    """The mark that stands around more cells: apostrophes inside of words do not."""
    around = {mark: sum(_quoted_cells(line, delimiter, mark) for line in sample) for mark in QUOTES}
    return max(QUOTES, key=lambda mark: around[mark])


def _quoted_cells(line: str, delimiter: str, mark: str) -> int:
    """Cells of a line that begin and end with a mark, as far as that can be told without reading them."""
    edge = re.escape(delimiter)
    text = re.escape(mark)
    return len(re.findall(rf"(?:^|{edge} ?){text}(?:(?!{text} ?{edge}).)*{text}(?= ?{edge}|$)", line))


def _escape_of(sample: Sequence[str], delimiter: str, quote: str, stated: str) -> str:
    """Doubled quotes, unless backslashes stand before more quotes (or delimiters) than quotes do."""
    if stated != AUTO:
        return {"quote": quote, "none": NONE}.get(stated, stated)
    edge, mark = re.escape(delimiter), re.escape(quote or '"')
    backslashes = doubled = 0
    for line in sample:
        if "\\" in line:
            backslashes += len(re.findall(rf"(?<!\\)\\{mark}(?!{edge}|$|{mark})", line))
            backslashes += len(re.findall(rf"(?<!\\)(?:\\\\)*\\{edge}", line)) if quote and quote not in line else 0
        doubled += len(re.findall(rf"(?<!{edge}){mark}{mark}(?!{edge}|$)|{mark}{mark}{mark}", line)) if quote else 0
    return "\\" if backslashes > doubled else quote
