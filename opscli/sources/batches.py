"""Files of a source that are written alike are judged by one query: planning one costs as much as many rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from opscli.engine.dialect import Dialect
from opscli.sources.formats.rows import Rows
from opscli.sources.gathering import Found

FILE = "#file"
"""Column with a row's file, as its place among the files of this load."""
_MAX_FILES = 32
_MAX_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of files with the same columns; their relation has "#file" too. `labels` names the files."""

    rows: Rows
    labels: Mapping[int, str]


def portions(files: Sequence[Found]) -> Iterator[list[tuple[int, Found]]]:
    """Numbered files in their order, so many at a time that the scratch holds the text of a few only."""
    taken: list[tuple[int, Found]] = []
    size = 0
    for number, file in enumerate(files):
        if taken and (len(taken) == _MAX_FILES or size + file.size > _MAX_BYTES):
            yield taken
            taken, size = [], 0
        taken.append((number, file))
        size += file.size
    if taken:
        yield taken


def together(found: Sequence[tuple[int, Rows]], dialect: Dialect) -> Iterator[Batch]:
    """Batches of neighbouring files that agree in every column and in how their values are written."""
    for _, group in groupby(found, key=lambda pair: _shape(pair[1])):
        members = list(group)
        first = members[0][1]
        branches = (f"SELECT {number} AS {dialect.quote(FILE)}, * FROM {rows.relation}" for number, rows in members)
        yield Batch(
            rows=replace(
                first,
                relation=f"({' UNION ALL '.join(branches)})",
                read=sum(rows.read for _, rows in members),
                rejected=sum(rows.rejected for _, rows in members),
                repairs=sum((Counter(rows.repairs) for _, rows in members), Counter()),
                spans=_around([rows.spans for _, rows in members]),
            ),
            labels={number: rows.label for number, rows in members},
        )


def _shape(rows: Rows) -> tuple[object, ...]:
    return (
        tuple(rows.columns.items()),
        rows.types,
        rows.blanks,
        rows.decimal,
        tuple(rows.decimals.items()),
        rows.open_columns,
        rows.unstaged,
    )


def _around(
    spans: Sequence[Mapping[str, tuple[datetime, datetime]]],
) -> dict[str, tuple[datetime, datetime]]:
    """Spans around those of every file; a column that one file does not know is left out."""
    known = set.intersection(*(set(span) for span in spans))
    return {
        name: (min(span[name][0] for span in spans), max(span[name][1] for span in spans)) for name in sorted(known)
    }
