"""Text and typed source values as the logical types of an entity: SQL that is NULL where a value is none of that type.

Text is read by strict patterns before any cast: engines take `2.5` for an integer, `0x10` for 16 and drop time offsets.
"""

from __future__ import annotations

from dataclasses import dataclass

from opscli.engine.dialect import Dialect
from opscli.sources.blanks import trimmed
from opscli.sources.formats.rows import BLANKS, matches, text_literal
from opscli.sources.moments import AMBIGUOUS, TWO_DIGIT_YEAR, moment_sql, quick_arms
from opscli.sources.numbers import MIXED, ambiguous_sql, number_sql, whole_sql

_TRUE = ("true", "t", "yes", "y", "1", "on", "是")
_FALSE = ("false", "f", "no", "n", "0", "off", "否")

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
    """How a column is written: its decimal sign (`.`, `,` or mixed), and the forms of its dates, in their order."""

    decimal: str = "."
    forms: tuple[str, ...] = ()
    blanks: str = BLANKS
    """What may stand around a value."""


def read_text(sql: str, kind: str, style: Style, dialect: Dialect) -> str:
    """SQL of a text (trimmed, never empty) as a logical type; NULL where it is none."""
    if kind == "text":
        return sql
    engine_type = dialect.type(kind)
    if kind == "integer":
        return whole_sql(sql, engine_type, style.decimal)
    if kind in ("float", "money"):
        return number_sql(sql, engine_type, style.decimal, percent=kind == "float")
    if kind == "boolean":
        return f"CASE {_truth(sql)} END"
    if kind == "json":
        return f"CASE WHEN json_valid({sql}) THEN {sql} END"
    return moment_sql(sql, kind, style.forms)


def read_raw(sql: str, kind: str, style: Style, dialect: Dialect) -> str:
    """SQL of a text as the source has it, blanks around it or not, as a logical type; NULL where it is none.

    What machines write is told by one pattern before anything else is looked at. Arms of a CASE, not a COALESCE: the
    engine evaluates what stands twice in one for every row.
    """
    if kind == "text":
        return trimmed(sql, style.blanks)
    if kind in ("integer", "float", "money"):
        return read_text(sql, kind, style, dialect)  # blanks are only looked for where there is no number without
    rest = read_text(trimmed(sql, style.blanks), kind, style, dialect)
    if kind == "boolean":
        return f"CASE {_truth(sql)} ELSE {rest} END"
    quick = quick_arms(sql, kind, style.forms) if kind in ("timestamp", "date") else ""
    return f"CASE {quick} ELSE {rest} END" if quick else rest


def _truth(sql: str) -> str:
    # Patterns, because the engine joins every row with a list of words, also those that never come to it.
    true, false = (matches(sql, f"(?i){'|'.join(words)}") for words in (_TRUE, _FALSE))
    return f"WHEN {true} THEN TRUE WHEN {false} THEN FALSE"


def read_typed(sql: str, source_type: str, kind: str, dialect: Dialect) -> str:
    """SQL of a typed value (Parquet, a calculation) as another logical type; NULL where it does not fit.

    Also one of the same logical type is cast: DECIMAL(12,2) and DECIMAL(18,4) are the same money but not the same text,
    and a row is compared by its text.
    """
    if source_type == kind == "text":
        return sql
    engine_type = dialect.type(kind)
    if kind == "integer" and source_type in ("float", "money"):
        return f"CASE WHEN {sql} = FLOOR({sql}) THEN TRY_CAST({sql} AS {engine_type}) END"
    if kind == "money" and source_type == "float":
        return f"TRY_CAST(ROUND({sql}, 4) AS {engine_type})"
    if kind == "boolean" and source_type == "integer":
        return f"CASE {sql} WHEN 1 THEN TRUE WHEN 0 THEN FALSE END"
    return f"TRY_CAST({sql} AS {engine_type})"


def reason_sql(sql: str, kind: str, style: Style) -> str:
    """SQL of the reason code of a text that is not of its type."""
    usual = text_literal("not_in_format" if style.forms else REASONS.get(kind, "not_usable"))
    if kind in ("timestamp", "date") and not style.forms:
        return (
            f"CASE WHEN {matches(sql, AMBIGUOUS)} THEN 'ambiguous_date' "
            f"WHEN {matches(sql, TWO_DIGIT_YEAR)} THEN 'two_digit_year' ELSE {usual} END"
        )
    if kind in ("integer", "float", "money") and style.decimal == MIXED:
        return f"CASE WHEN {ambiguous_sql(sql)} THEN 'ambiguous_number' ELSE {usual} END"
    return usual
