"""Decide a CSV file's delimiter and header by consensus over many lines, not by the first one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from opscli.sources.formats.records import QUOTE, Shape, records

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 400
_LOOKS_LIKE_VALUE = re.compile(r"[-+]?[\d.,]+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\S+@\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvDialect:
    """How a CSV file is written; `header` holds the column names, made up as c1, c2 … where there is no header line."""

    delimiter: str
    header: tuple[str, ...]
    has_header: bool


def decide(path: Path, newline: str, *, delimiter: str = "auto", header: str = "auto") -> CsvDialect:
    """The dialect of a UTF-8 file; declared parts are obeyed. An empty file has no columns."""
    sample = _sample(path, newline)
    if not sample:
        return CsvDialect(delimiter=delimiter if delimiter != "auto" else ",", header=(), has_header=header != "false")
    chosen = _delimiter(sample) if delimiter == "auto" else delimiter
    first = _cells(sample, chosen, newline)
    has_header = _is_header(first) if header == "auto" else header == "true"
    names = _unique(first) if has_header else tuple(f"c{number}" for number in range(1, len(first) + 1))
    return CsvDialect(delimiter=chosen, header=names, has_header=has_header)


def _sample(path: Path, newline: str) -> list[str]:
    with path.open(encoding="utf-8", newline=newline) as file:
        return [line for line in islice(file, _SAMPLE_LINES) if line.strip("\r\n")]


def _cells(sample: Sequence[str], delimiter: str, newline: str) -> list[str]:
    """Cells of the first record, which may span lines."""
    first = next(records(iter(sample), Shape(delimiter=delimiter, width=0, newline=newline)))
    return list(first.cells) if first.cells else [first.raw.rstrip("\r\n")]


def _delimiter(sample: Sequence[str]) -> str:
    """The delimiter that gives most lines the same number of cells; more cells win a draw, then the order above."""

    def consensus(delimiter: str) -> tuple[float, int]:
        # Quoted text may hold any delimiter; what is left outside of quotes is counted.
        counts = Counter(_outside_quotes(line).count(delimiter) for line in sample)
        width, lines = max(counts.items(), key=lambda item: (item[0] > 0, item[1], item[0]))
        return (lines / len(sample) if width else 0.0, width)

    return max(_DELIMITERS, key=lambda delimiter: (consensus(delimiter), -_DELIMITERS.index(delimiter)))


def _outside_quotes(line: str) -> str:
    return re.sub(rf"{QUOTE}[^{QUOTE}]*{QUOTE}?", "", line)


def _is_header(cells: Sequence[str]) -> bool:
    """A header has distinct, filled names, none of which looks like a number, a date or an address."""
    names = [cell.strip() for cell in cells]
    filled = [name for name in names if name]
    return bool(filled) and not any(_LOOKS_LIKE_VALUE.fullmatch(name) for name in filled)


def _unique(cells: Sequence[str]) -> tuple[str, ...]:
    """Names as written, without spaces around them; an empty one becomes c<n>, a second `id` becomes id_2."""
    seen: Counter[str] = Counter()
    names = []
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"c{number}"
        seen[name.lower()] += 1
        names.append(name if seen[name.lower()] == 1 else f"{name}_{seen[name.lower()]}")
    return tuple(names)
