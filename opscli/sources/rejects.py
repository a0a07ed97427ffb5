"""What was not loaded: staged while a source is read, kept in the table `rejects` and in a CSV file for people."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.errors import CannotCreate
from opscli.phrases import clauses, named, say
from opscli.sources.batches import FILE, Batch
from opscli.sources.formats.rows import LINE, RAW, REJECT_COLUMNS, REJECTS, REPAIR_COLUMNS, REPAIRS, text_literal
from opscli.sources.judge import PROBLEM, REASON, Judged
from opscli.stage import Context

FOLDER = "rejects"
HEADER = ("source", "file", "line", "column", "reason", "raw")
LAYOUT = ".layout.json"
Layouts = Mapping[str, Sequence[tuple[int, Mapping[str, Any]]]]
"""Input file → from which line on its raw texts are written how."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BATCH_ROWS = 10_000


def prepare(session: Session) -> None:
    """Empty staging tables."""
    session.create(REJECTS, REJECT_COLUMNS)
    session.create(REPAIRS, REPAIR_COLUMNS)


def stage_judged(session: Session, source: str, batch: Batch, judged: Judged, staged: str) -> None:
    """Copy the staged rows that have a problem, all of this batch, to the rejects, with the text of their line."""
    quote = session.dialect.quote
    wrong = f"s.{quote(PROBLEM)} IS NOT NULL"
    arms = " ".join(f"WHEN {number} THEN {text_literal(name)}" for number, name in enumerate(judged.columns))
    column = f"CASE s.{quote(PROBLEM)} {arms} END" if arms else "''"
    found = session.rows(f"SELECT DISTINCT s.{quote(FILE)} FROM {staged} AS s WHERE {wrong}")
    # Named as literals, so that the engine reads these files again and no others.
    numbers = sorted(int(row[0]) for row in found)
    labels = " ".join(f"WHEN {number} THEN {text_literal(batch.labels[number])}" for number in numbers)
    file, line = quote(FILE), quote(LINE)
    # Two rows may stand on one line: each is rejected once, with the text of the line.
    session.execute(
        f"INSERT INTO {REJECTS} WITH wrong AS (SELECT * FROM {staged} AS s WHERE {wrong}), "
        f"raws AS (SELECT r.{file}, r.{line}, count(*) AS parts, string_agg(r.{quote(RAW)}, chr(10)) AS raw "
        f"FROM {batch.rows.relation} AS r WHERE r.{file} IN ({', '.join(map(str, numbers))}) "
        f"AND (r.{file}, r.{line}) IN (SELECT ({file}, {line}) FROM wrong) GROUP BY r.{file}, r.{line}), "
        f"mended AS (SELECT file, line_no, count(*) AS parts, string_agg(raw, chr(10)) AS raw FROM {REPAIRS} "
        "WHERE read_as <> '' AND repair NOT LIKE '%_encoding' GROUP BY file, line_no) "
        f"SELECT ?, CASE s.{file} {labels} END, s.{line}, {column}, s.{quote(REASON)}, "
        "CASE WHEN m.parts = r.parts THEN m.raw ELSE r.raw END "
        f"FROM wrong AS s JOIN raws AS r ON r.{file} = s.{file} AND r.{line} = s.{line} "
        f"LEFT JOIN mended AS m ON m.file = CASE s.{file} {labels} END AND m.line_no = s.{line}",
        (source,),
    )


def sample(session: Session, source: str, limit: int = 3) -> list[dict[str, object]]:
    """The first rejects of a source, `meaning` being the reason in words.

    Their text stays out: it may hold personal data.
    """
    query = f"SELECT file, line_no, column_name, reason FROM {REJECTS} WHERE source = ? ORDER BY file, line_no"
    rows = session.dicts(f"{query} LIMIT {int(limit)}", (source,))
    return [{**row, "meaning": named(str(row["reason"]), room="rejects")} for row in rows]


def reasons(session: Session, source: str, limit: int = 3) -> str:
    """The commonest reasons of a source's rejects in words, each behind its number of rows."""
    query = (
        f"SELECT column_name, reason, count(*) FROM {REJECTS} WHERE source = ? "
        f"GROUP BY column_name, reason ORDER BY count(*) DESC, column_name, reason LIMIT {int(limit)}"
    )
    return clauses(_told(*row) for row in session.rows(query, (source,)))


def _told(column: str, reason: str, rows: int) -> str:
    words = named(reason, room="rejects")
    told = say("sources.reject_of_column", column=column, words=words) if column else words
    return say("sources.reject_count", told=told, rows=rows)


def store(session: Session, source: str, entity: str, ctx: Context, load_seq: int) -> None:
    """Move a source's rejects to the warehouse; those of an earlier attempt of the same run are replaced."""
    session.execute("DELETE FROM rejects WHERE run_id = ? AND source = ?", (ctx.run_id, source))
    session.execute(
        "INSERT INTO rejects (run_id, source, entity, file, line_no, column_name, reason, raw, rejected_at, load_seq) "
        f"SELECT ?, source, ?, file, line_no, column_name, reason, raw, {literal(ctx.known_at)}, {int(load_seq)} "
        f"FROM {REJECTS} WHERE source = ?",
        (ctx.run_id, entity, source),
    )


def layout_of(path: Path) -> Path:
    """The file beside a reject file that tells how its raw texts are written."""
    return path.with_name(path.stem + LAYOUT)


def write_rejects(session: Session, source: str, layouts: Layouts, ctx: Context) -> Path:
    """Write rejects/<run>/<source>.csv: every row that was not loaded.

    Beside it goes how the raw texts are written, so that `import --retry` can read them.
    """
    query = f"SELECT * FROM {REJECTS} WHERE source = ? ORDER BY file, line_no, column_name"
    path = _write(session, query, source, ctx, _Sheet(f"{source}.csv", HEADER))
    with _writing(layout_of(path)):
        _write_layouts(session, source, layouts, layout_of(path))
    return path


def write_repairs(session: Session, source: str, ctx: Context) -> Path:
    """Write rejects/<run>/<source>.repairs.csv: every record that was mended, and lines that were left out."""
    query = f"SELECT * FROM {REPAIRS} WHERE source = ? ORDER BY file, line_no"
    sheet = _Sheet(f"{source}.repairs.csv", ("source", "file", "line", "repair", "raw", "read_as"))
    return _write(session, query, source, ctx, sheet)


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    header: tuple[str, ...]


def _write(session: Session, query: str, source: str, ctx: Context, sheet: _Sheet) -> Path:
    """A CSV file in rejects/<run>/; cells that a spreadsheet would run as formulas get an apostrophe."""
    path = ctx.project.root / FOLDER / ctx.run_id / sheet.name
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(".part")
        with temporary.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(sheet.header)
            for batch in session.batches(query, (source,), size=_BATCH_ROWS):
                writer.writerows([_harmless(value) for value in row.values()] for row in batch.to_pylist())
        os.replace(temporary, path)  # noqa: PTH105  atomic, also over an older file
    return path


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotCreate(
            say("sources.not_written", path=path, error=error.strerror), remedy=say("sources.not_written_how")
        ) from error


def _write_layouts(session: Session, source: str, layouts: Layouts, path: Path) -> None:
    rows = session.rows(f"SELECT DISTINCT file FROM {REJECTS} WHERE source = ? ORDER BY file", (source,))
    stretches = {name: layouts[name] for (name,) in rows if name in layouts}
    files = {name: [{"from_line": line, **layout} for line, layout in found] for name, found in stretches.items()}
    path.write_text(json.dumps({"files": files}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _harmless(value: object) -> object:
    """A text that would be run as a formula, also one that looks like the result of this, behind an apostrophe."""
    risky = isinstance(value, str) and value.lstrip("'").startswith(_FORMULA_STARTS)
    return f"'{value}" if risky else value


def unharmed(value: str) -> str:
    """The text that `_harmless` was given."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(_FORMULA_STARTS) else value
