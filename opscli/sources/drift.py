"""Drift: which columns of a source are new, missing or hold other values than at the last load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.formats.rows import LINE, RAW, Rows
from opscli.sources.gathering import Mark
from opscli.sources.source import SourceSpec
from opscli.sources.values import Style, read_text

COLUMNS = "#columns"
"""Name of the mark with the columns of the last load; it outlives a change of the configuration."""
_SAMPLE_LINES = 1000
_UNKNOWN, _TEXT = "", "text"
_CLASSES = {"number": "float", "time": "timestamp"}
"""What a column of texts may hold throughout → the logical type as which each of its values can be read."""


@dataclass(slots=True, kw_only=True)
class Columns:
    """Columns and what they hold: a logical type where the format states one, else the class of the first values.

    `open` = the format has no fixed set of columns: only the keys of the first records are known.
    """

    held: dict[str, str] = field(default_factory=dict)
    open: bool = False

    def note(self, session: Session, rows: Rows) -> None:
        """Add what these rows hold."""
        self.open = self.open or (rows.open_columns and rows.read > 0)
        found = _keys(session, rows) if rows.open_columns else _classes(session, rows)
        for name, kind in found.items():
            self.held[name] = _either(self.held.get(name, _UNKNOWN), kind)


def _sample(session: Session, rows: Rows) -> str:
    """The first records of a batch; by line, so that they are the same ones every time."""
    if rows.unstaged:
        return f"(SELECT * FROM {rows.relation} AS all_rows LIMIT {_SAMPLE_LINES}) AS sample"
    line = session.dialect.quote(LINE)
    first = f"(SELECT min({line}) FROM {rows.relation} AS all_rows)"
    return f"{rows.relation} AS sample WHERE {line} < {first} + {_SAMPLE_LINES}"


def _keys(session: Session, rows: Rows) -> dict[str, str]:
    raw = session.dialect.quote(RAW)
    query = f"SELECT CASE WHEN json_valid({raw}) THEN {raw} END AS record FROM {_sample(session, rows)}"
    found = session.rows(f"SELECT DISTINCT unnest(json_keys(record)) AS name FROM ({query}) AS records ORDER BY name")
    return {str(name): _UNKNOWN for (name,) in found}


def _classes(session: Session, rows: Rows) -> dict[str, str]:
    """Types as they are stated; of texts, the class that all the first values belong to."""
    texts = [name for name, kind in rows.columns.items() if kind == _TEXT]
    found = {name: _UNKNOWN if kind == _TEXT else kind for name, kind in rows.columns.items()}
    if not texts:
        return found
    style = Style(decimal=rows.decimal)
    # All columns one below the other: to plan what reads a value takes longer than to read the sample.
    cells = ", ".join(f"NULLIF(trim({session.dialect.quote(name)}), '')" for name in texts)
    below = f"SELECT unnest([{cells}]) AS cell, unnest(range({len(texts)})) AS place FROM {_sample(session, rows)}"
    counts = ", ".join(f"count({read_text('cell', kind, style, session.dialect)})" for kind in _CLASSES.values())
    for place, stated, *fit in session.rows(f"SELECT place, count(cell), {counts} FROM ({below}) AS cells GROUP BY 1"):
        name = texts[place]
        classes = (kind for kind, number in zip(_CLASSES, fit, strict=True) if number == stated)
        found[name] = next(classes, _TEXT) if stated else _UNKNOWN
    return found


def _either(before: str, now: str) -> str:
    """What holds values of both kinds."""
    if _UNKNOWN in (before, now) or before == now:
        return before or now
    return _TEXT if {before, now} <= {_TEXT, *_CLASSES} else now


def check(spec: SourceSpec, last: Mark | None, seen: Columns, wanted: Iterable[str]) -> tuple[list[str], Mark | None]:
    """Sentences about what drifted, and the mark to keep. Raises DataUnusable under `drift: fail`."""
    if not seen.held:
        return [], last
    before: Mapping[str, str] = last["columns"] if last else {}
    loose = seen.open or bool(last and last["open"])
    missing = [name for name in before if name not in seen.held]
    if loose:  # a key that no early record states is missing only where the mapping needs it
        needed = {name.partition(".")[0] for name in wanted}
        missing = [name for name in missing if name in needed]
    told = list(_sentences(before, seen.held, missing)) if last and spec.drift != "ignore" else []
    if told and spec.drift == "fail":
        raise DataUnusable(
            say("sources.drifted", source=spec.name),
            remedy=say("sources.drifted_how", file=spec.document.file),
            details=told,
        )
    kept = {name: kind for name, kind in before.items() if loose and name not in missing}
    columns = kept | {name: _either(before.get(name, _UNKNOWN), kind) for name, kind in seen.held.items()}
    return told, _mark(columns, loose=loose)


def _mark(columns: Mapping[str, str], *, loose: bool) -> dict[str, Any]:
    return {"columns": dict(columns), "open": loose}


def _sentences(before: Mapping[str, str], now: Mapping[str, str], missing: list[str]) -> Iterator[str]:
    new = [name for name in now if name not in before]
    if new:
        yield say("sources.columns_new", count=len(new), names=listed(new))
    if missing:
        yield say("sources.columns_missing", count=len(missing), names=listed(missing))
    for name, kind in now.items():
        stood = before.get(name, _UNKNOWN)
        if kind not in (_UNKNOWN, stood) and stood not in (_UNKNOWN, _TEXT):
            yield say("sources.column_retyped", name=name, before=stood, now=kind)
