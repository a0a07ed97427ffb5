"""Rules that SQL cannot judge, on staged rows: through `jsonschema`, in Arrow batches of the columns concerned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from opscli.engine import records
from opscli.engine.checks import concerned, leftover
from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.engine.warehouse import Session
from opscli.sources.batches import FILE
from opscli.sources.judge import PROBLEM, REASON

_VERDICTS = "scratch.import_verdicts"
_BATCH_ROWS = 20_000
_CACHED_ROWS = 50_000
"""Verdicts that are remembered: most columns with such rules repeat their values."""


@dataclass(frozen=True, slots=True)
class Found:
    """Bad rows of one batch: the staged row, the column's place in the entity, reason code."""

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def judges(entity: Entity, dialect: Dialect) -> bool:
    """Whether an entity has rules that SQL cannot judge."""
    return bool(leftover(entity, dialect))


def judge_rows(session: Session, entity: Entity, staged: str, files: tuple[int, ...], first_problem: int) -> int:
    """Mark the staged rows of these files that break a leftover rule; how many.

    A row that has a problem already keeps it. Problem numbers begin at `first_problem`, one a column, in their order.
    """
    schema = leftover(entity, session.dialect)
    if not schema:
        return 0
    names = concerned(entity, schema)
    found = _bad_rows(session, entity, schema, _query(session, staged, names, files, whole=_over_columns(schema)))
    if found.rows:
        _mark(session, staged, found, first_problem)
    return len(found.rows)


def _over_columns(schema: Mapping[str, Any]) -> bool:
    return bool(set(schema) - {"$defs", "properties"})


def _query(session: Session, staged: str, names: tuple[str, ...], files: tuple[int, ...], *, whole: bool) -> str:
    """Sound rows; those that state none of the columns have nothing to judge unless a rule spans several."""
    quote = session.dialect.quote
    picked = ", ".join(("rowid", *map(quote, names)))
    stated = "" if whole else f" AND coalesce({', '.join(f'CAST({quote(n)} AS VARCHAR)' for n in names)}) IS NOT NULL"
    numbers = ", ".join(map(str, files))
    return f"SELECT {picked} FROM {staged} WHERE {quote(PROBLEM)} IS NULL AND {quote(FILE)} IN ({numbers}){stated}"


def _bad_rows(session: Session, entity: Entity, schema: Mapping[str, Any], query: str) -> Found:
    judge = records.validator(schema)
    columns = [column.name for column in entity.columns]
    kinds = {column.name: column.type for column in entity.columns}
    places = {name: number for number, name in enumerate(columns)}
    names = concerned(entity, schema)

    @lru_cache(maxsize=_CACHED_ROWS)
    def verdict(cells: tuple[Any, ...]) -> tuple[int, str] | None:
        record = records.record_of(dict(zip(names, cells, strict=True)), kinds)
        flaw = next(iter(records.flaws(judge, record, columns)), None)
        return (places.get(flaw.column, len(places)), flaw.reason) if flaw else None

    found = Found()
    for row, cells in _rows(session, query, names):
        if (bad := verdict(cells)) is not None:
            found.rows.append(row)
            found.columns.append(bad[0])
            found.reasons.append(bad[1])
    return found


def _rows(session: Session, query: str, names: tuple[str, ...]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for batch in session.batches(query, size=_BATCH_ROWS):
        values = [batch.column(number).to_pylist() for number in range(len(names) + 1)]
        for row, *cells in zip(*values, strict=True):
            yield row, tuple(cells)


def _mark(session: Session, staged: str, found: Found, first_problem: int) -> None:
    import pyarrow as pa

    numbers = [first_problem + column for column in found.columns]
    # By the row itself: two rows may stand on one line of a file.
    verdicts = {"row_no": found.rows, "problem": numbers, "reason": found.reasons}
    session.create(_VERDICTS, {"row_no": "integer", "problem": "integer", "reason": "text"})
    session.insert_arrow(_VERDICTS, pa.table(verdicts))
    quote = session.dialect.quote
    session.execute(
        f"UPDATE {staged} AS s SET {quote(PROBLEM)} = v.problem, {quote(REASON)} = v.reason FROM {_VERDICTS} AS v "
        "WHERE s.rowid = v.row_no"
    )
    session.execute(f"DROP TABLE {_VERDICTS}")
