"""Rows that a load leaves out before they are judged: beyond `--limit`, before `--since`, below the cursor's mark."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.formats.rows import LINE, REJECTS, Rows, text_literal
from opscli.sources.gathering import Mark
from opscli.sources.source import SourceSpec
from opscli.sources.values import Style, read_text

CURSOR = "#cursor"
"""Name of the mark with the highest value of a file source's cursor column."""
_INSTANTS = ("timestamp", "instant", "date")
_NUMBERS = ("integer", "float", "money")
KINDS = ("instant", "number", "text")
"""What a cursor column holds, from the narrowest: a column is of the first kind that fits all its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """What a load wants of the rows that it reads; nothing is left out where nothing is stated."""

    limit: int | None = None
    since: datetime | None = None
    """Rows that happened before are left out."""
    cursor: ColumnCursor | None = None

    @property
    def takes_all(self) -> bool:
        """Nothing is left out."""
        return self.limit is None and self.since is None and self.cursor is None

    def happened(self, entity: Entity, dialect: Dialect) -> str:
        """SQL over judged rows: not before `since`, or at a time that cannot be told (then the row is rejected)."""
        if self.since is None or entity.time is None:
            return "TRUE"
        return f"NOT coalesce({dialect.quote(entity.time)} < {literal(self.since)}, FALSE)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCursor:
    """The column of a file source that only grows: rows below the last mark are known already."""

    spec: SourceSpec
    last: Mark = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    """What each batch of this load held: values stated, and for each kind how many fit and the highest."""

    def sift(self, session: Session, rows: Rows) -> Rows:
        """Note the batch's highest values, and leave out what is below the last mark."""
        name = self.spec.cursor.column
        if name not in rows.columns:
            if rows.open_columns:
                return rows
            columns = say("sources.its_columns", columns=listed(rows.columns))
            raise DataUnusable(say("sources.no_column", file=rows.label, name=name), remedy=columns)
        values = {kind: self._value(kind, rows, session.dialect) for kind in KINDS}
        ends = ", ".join(f"count({sql}) AS {kind}_fit, max({sql}) AS {kind}_high" for kind, sql in values.items())
        self.seen.extend(session.dicts(f"SELECT {ends} FROM {rows.relation} AS seen"))
        kind = self.last.get("kind")
        if kind is None:
            return rows
        below = f"coalesce({values[str(kind)]} < {self._bound()}, FALSE)"
        return replace(rows, relation=f"(SELECT * FROM {rows.relation} AS sifted WHERE NOT {below})")

    def mark(self) -> Mark | None:
        """The highest value of this load or an earlier one; None while there is none."""
        stated = sum(batch["text_fit"] for batch in self.seen)
        if not stated:
            return self.last or None
        kind = next(kind for kind in KINDS if sum(batch[f"{kind}_fit"] for batch in self.seen) == stated)
        found = [batch[f"{kind}_high"] for batch in self.seen if batch[f"{kind}_high"] is not None]
        if self.last.get("kind") == kind:
            found.append(_read(kind, str(self.last["value"])))
        highest = max(found)
        return {"kind": kind, "value": highest.isoformat() if isinstance(highest, datetime) else str(highest)}

    def _value(self, kind: str, rows: Rows, dialect: Dialect) -> str:
        quoted, column = dialect.quote(self.spec.cursor.column), rows.columns[self.spec.cursor.column]
        text = f"NULLIF(trim(CAST({quoted} AS VARCHAR)), '')"
        if kind == "text":
            return text
        if column == "text":
            style = Style(decimal=rows.decimal, forms=self._forms())
            return read_text(text, "timestamp" if kind == "instant" else "float", style, dialect)
        fits = column in (_INSTANTS if kind == "instant" else _NUMBERS)
        return f"CAST({quoted if fits else 'NULL'} AS {'TIMESTAMP' if kind == 'instant' else 'DOUBLE'})"

    def _forms(self) -> tuple[str, ...]:
        """How the mapping says that the column's times are written."""
        mapped = (self.spec.map or {}).values()
        return next((item.format for item in mapped if item.column == self.spec.cursor.column), ())

    def _bound(self) -> str:
        value = _read(str(self.last["kind"]), str(self.last["value"]))
        if isinstance(value, datetime):
            return literal(value - timedelta(seconds=self.spec.cursor.lookback))
        return text_literal(value) if isinstance(value, str) else repr(value)


def _read(kind: str, value: str) -> Any:
    if kind == "instant":
        return datetime.fromisoformat(value)
    return float(value) if kind == "number" else value


def first_rows(session: Session, rows: Rows, source: str, limit: int) -> Rows:
    """The first records of a file by line, those that could not be read among them."""
    if rows.read <= limit:
        return rows
    line = session.dialect.quote(LINE)
    mine = "source = ? AND file = ?"
    who = (source, rows.label)
    last = session.value(
        f"SELECT max(line_no) FROM (SELECT line_no FROM (SELECT {line} AS line_no FROM {rows.relation} AS good "
        f"UNION ALL SELECT line_no FROM {REJECTS} WHERE {mine}) AS lines ORDER BY line_no LIMIT {int(limit)}) AS first",
        who,
    )
    session.execute(f"DELETE FROM {REJECTS} WHERE {mine} AND line_no > ?", (*who, last))
    rejected = int(session.value(f"SELECT count(*) FROM {REJECTS} WHERE {mine}", who))
    relation = f"(SELECT * FROM {rows.relation} AS first_rows WHERE {line} <= {int(last)})"
    kept = int(session.value(f"SELECT count(*) FROM {relation} AS kept"))
    return replace(rows, relation=relation, read=kept + rejected, rejected=rejected)
