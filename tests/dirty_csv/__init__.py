"""Dirty CSV files of every kind with their truth, and how readers fare with them: `python -m tests.dirty_csv opscli`.

Each row of a file is found again, rejected with its line, or lost; a row with a wrong cell in it is shifted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.dirty_csv import around, dialects, rows, whole
from tests.dirty_csv.files import DirtyFile
from tests.dirty_csv.tables import Table, tables

_KINDS: tuple[Callable[[Table], Iterator[DirtyFile]], ...] = (
    whole.clean, rows.missing_delimiters, rows.extra_delimiters, rows.stray_quotes, rows.short_rows, rows.glued_rows,
    dialects.other_delimiters, dialects.other_quotes, dialects.other_escapes, dialects.other_ends, around.headers,
    around.header_widths, around.names, around.preambles, around.footers, around.several_tables,
    around.trailing_delimiters, whole.huge_cells, whole.carriage_returns, whole.nul_bytes, whole.ends_of_files,
    whole.encodings,
)  # fmt: skip


def files(step: int = 1, only: str = "") -> Iterator[DirtyFile]:
    """Every so-manieth file of each kind, in a fixed order, those whose group or name contains `only`."""
    number = 0
    seen: set[str] = set()
    for kind in _KINDS:
        for table in tables():
            for file in kind(table):
                number += 1
                first = file.group not in seen
                seen.add(file.group)
                if (first or number % step == 0) and only in f"{file.group}/{file.name}":
                    yield file
