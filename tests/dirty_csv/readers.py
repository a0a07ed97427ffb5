"""Readers of CSV files that are told nothing about them: opscli's, and its peers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Cells = list[str]
_LOOKED_AT = 1 << 16


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a reader made of a file: names, rows, and the lines with text that it rejected."""

    names: Cells
    rows: list[Cells]
    rejects: list[tuple[int, str]] = field(default_factory=list)


Reader = Callable[[Path], Loaded]


@contextmanager
def opscli(folder: Path) -> Iterator[Reader]:
    """Our reader, as an import calls it; `folder` is for what it writes."""
    from opscli.engine.duckdb import DuckDBWarehouse
    from opscli.sources import rejects
    from opscli.sources.formats import csv
    from opscli.sources.formats.rows import REJECTS, ReadRequest

    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", folder / "scratch")
    workbench = folder / "workbench"
    workbench.mkdir(exist_ok=True)

    def read(path: Path) -> Loaded:
        request = ReadRequest(path=path, label=path.name, source="s", table="scratch.t", workbench=workbench)
        rejects.prepare(session)
        rows = csv.read(request, session)
        names = ", ".join(session.dialect.quote(name) for name in rows.columns)
        found = session.rows(f'SELECT {names} FROM {rows.relation} ORDER BY "#line"') if names else []
        bad = session.rows(f"SELECT line_no, raw FROM {REJECTS} ORDER BY line_no")
        if rows.read != len(found) + len(bad):
            raise AssertionError(path.name, rows.read, len(found), len(bad))
        return Loaded(list(rows.columns), _texts(found), [(int(line), str(raw)) for line, raw in bad])

    with warehouse.read() as session:
        yield read
    warehouse.close()


def duckdb(path: Path) -> Loaded:
    """DuckDB's own detection."""
    return _duckdb(path, "")


def duckdb_lenient(path: Path) -> Loaded:
    """DuckDB's own detection, told to be lenient."""
    return _duckdb(path, ", ignore_errors = true, null_padding = true, strict_mode = false")


def _duckdb(path: Path, options: str) -> Loaded:
    import duckdb as engine

    with engine.connect() as connection:
        found = connection.execute(f"SELECT * FROM read_csv('{path}', all_varchar = true{options})")
        return Loaded([str(column[0]) for column in found.description or ()], _texts(found.fetchall()))


def pandas(path: Path) -> Loaded:
    """pandas with its sniffing engine; lines that it cannot read are skipped."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False, on_bad_lines="skip")
    return Loaded([str(name) for name in frame.columns], _texts(frame.reset_index(drop=True).to_numpy().tolist()))


def clevercsv(path: Path) -> Loaded:
    """CleverCSV; its first row is the header."""
    import clevercsv as clever

    # Its search for a dialect takes minutes on a cell of 1 MiB.
    rows = _texts(list(clever.stream_table(str(path), num_chars=_LOOKED_AT)))
    return Loaded(rows[0] if rows else [], rows[1:])


PEERS: dict[str, Reader] = {
    "DuckDB": duckdb, "DuckDB lenient": duckdb_lenient, "pandas": pandas, "CleverCSV": clevercsv,
}  # fmt: skip


def _texts(rows: Sequence[Sequence[object]]) -> list[Cells]:
    return [["" if cell is None else str(cell) for cell in row] for row in rows]
