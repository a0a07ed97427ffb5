"""Text and typed source values as the logical types of an entity: SQL that is NULL where a value is none of that type.

Text is read by strict patterns before any cast: engines take `2.5` for an integer, `0x10` for 16 and drop time offsets.
"""

from __future__ import annotations

from dataclasses import dataclass

from opscli.engine.dialect import Dialect
from opscli.sources.formats.rows import text_literal

_INTEGER = r"[+-]?[0-9]{1,19}"
_WHOLE = r"[+-]?[0-9]{1,19}[.]0+"
"""JSON takes 3.0 for an integer, and tools that know no empty integers write it."""
_NUMBER = r"[+-]?([0-9]+D?[0-9]*|D[0-9]+)([eE][+-]?[0-9]{1,3})?"
_GROUPED = r"[+-]?[0-9]{1,3}(G[0-9]{3})+(D[0-9]+)?"
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_INSTANT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,9}})?)?\s?{_OFFSET}?)?"
_AMBIGUOUS = r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})([ T].*)?"
_TRUE = ("true", "t", "yes", "y", "1", "on")
_FALSE = ("false", "f", "no", "n", "0", "off")

REASONS = {
    "integer": "not_an_integer",
    "float": "not_a_number",
    "money": "not_a_number",
    "boolean": "not_a_boolean",
    "timestamp": "not_a_time",
    "date": "not_a_date",
    "json": "not_json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a source writes: decimal sign, and the form of this column's dates."""

    decimal: str = "."
    format: str = ""


def read_text(sql: str, kind: str, style: Style, dialect: Dialect) -> str:
    """SQL of a text (trimmed, never empty) as a logical type; NULL where it is none."""
    if kind == "text":
        return sql
    engine_type = dialect.type(kind)
    if kind == "integer":
        pointed = sql if style.decimal == "." else f"replace({sql}, ',', '.')"
        return (
            f"CASE WHEN {_matches(sql, _INTEGER)} THEN TRY_CAST({sql} AS {engine_type}) "
            f"WHEN {_matches(pointed, _WHOLE)} THEN TRY_CAST(split_part({pointed}, '.', 1) AS {engine_type}) END"
        )
    if kind in ("float", "money"):
        return _number(sql, engine_type, style)
    if kind == "boolean":
        true, false = (", ".join(map(text_literal, words)) for words in (_TRUE, _FALSE))
        return f"CASE WHEN lower({sql}) IN ({true}) THEN TRUE WHEN lower({sql}) IN ({false}) THEN FALSE END"
    if kind == "json":
        return f"CASE WHEN json_valid({sql}) THEN {sql} END"
    return _moment(sql, kind, style)


def trimmed(sql: str) -> str:
    """SQL of a text without blanks around it, NULL when there is nothing else; most have none and pass as they are."""
    return f"CASE WHEN {sql} < '!' OR ends_with({sql}, ' ') THEN NULLIF(trim({sql}), '') ELSE {sql} END"


def read_raw(sql: str, kind: str, style: Style, dialect: Dialect) -> str:
    """SQL of a text as the source has it, blanks around it or not, as a logical type; NULL where it is none."""
    if kind == "text":
        return trimmed(sql)
    bare = f"NULLIF(trim({sql}), '')"
    # The second reading is evaluated for rows only on which the first one fails.
    return f"coalesce({read_text(sql, kind, style, dialect)}, {read_text(bare, kind, style, dialect)})"


def read_typed(sql: str, source_type: str, kind: str, dialect: Dialect) -> str:
    """SQL of a typed value (Parquet, a calculation) as another logical type; NULL where it does not fit."""
    if source_type == kind:
        return sql
    engine_type = dialect.type(kind)
    if kind == "integer" and source_type in ("float", "money"):
        return f"CASE WHEN {sql} = FLOOR({sql}) THEN TRY_CAST({sql} AS {engine_type}) END"
    if kind == "money" and source_type == "float":
        return f"TRY_CAST(ROUND({sql}, 4) AS {engine_type})"
    if kind == "boolean" and source_type == "integer":
        return f"CASE {sql} WHEN 1 THEN TRUE WHEN 0 THEN FALSE END"
    return f"TRY_CAST({sql} AS {engine_type})"


def has_offset(sql: str) -> str:
    """SQL: the text states its offset from UTC."""
    return f"regexp_matches({sql}, {text_literal('[0-9]' + chr(92) + 's?' + _OFFSET + '$')}) AND {sql} LIKE '%:%'"


def reason_sql(sql: str, kind: str, style: Style) -> str:
    """SQL of the reason code of a text that is not of its type."""
    usual = text_literal("not_in_format" if style.format else REASONS.get(kind, "not_usable"))
    if kind in ("timestamp", "date") and not style.format:
        return f"CASE WHEN {_matches(sql, _AMBIGUOUS)} THEN 'ambiguous_date' ELSE {usual} END"
    return usual


def _matches(sql: str, pattern: str) -> str:
    return f"regexp_full_match({sql}, {text_literal(pattern)})"


def _number(sql: str, engine_type: str, style: Style) -> str:
    decimal = "[.]" if style.decimal == "." else ","
    group = "," if style.decimal == "." else "."
    plain = _NUMBER.replace("D", decimal)
    grouped = _GROUPED.replace("D", decimal).replace("G", f"[{group}]")
    pointed = sql if style.decimal == "." else f"replace({sql}, ',', '.')"
    ungrouped = f"replace({sql}, {text_literal(group)}, '')"
    if style.decimal == ",":
        ungrouped = f"replace({ungrouped}, ',', '.')"
    return (
        f"CASE WHEN {_matches(sql, plain)} THEN TRY_CAST({pointed} AS {engine_type}) "
        f"WHEN {_matches(sql, grouped)} THEN TRY_CAST({ungrouped} AS {engine_type}) END"
    )


def _moment(sql: str, kind: str, style: Style) -> str:
    target = "DATE" if kind == "date" else "TIMESTAMP"
    if style.format:
        return f"CAST(try_strptime({sql}, {text_literal(style.format)}) AS {target})"
    # The usual form first: a cast to an instant with a zone takes ten times as long.
    usual = " OR ".join(f"{sql} LIKE '____-__-__{mark}__:__:__'" for mark in (" ", "T"))
    # The session's zone is UTC: a text without offset is UTC here, and made local to its zone in a later step.
    quick = f"WHEN {usual} THEN TRY_CAST({sql} AS {target})"
    return f"CASE {quick} WHEN {_matches(sql, _INSTANT)} THEN CAST(TRY_CAST({sql} AS TIMESTAMPTZ) AS {target}) END"
