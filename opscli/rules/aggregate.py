"""`{sum: orders.amount, where: "…", within: 90d, offset: 30d}`: the one way to write an aggregate inside a definition.

`read` takes the mapping, `check` types it against the entity's columns, `render` prints it as a conditional aggregate,
so that many share one pass over the entity. The window is half-open: [as_of - offset - within, as_of - offset).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opscli.clock import parse_duration
from opscli.config.validate import did_you_mean
from opscli.engine.dialect import Dialect
from opscli.engine.versions import literal as timestamp_literal
from opscli.phrases import listed, say
from opscli.rules.language import condition
from opscli.rules.scope import of_rows
from opscli.rules.sql import render as render_expression
from opscli.rules.sugar import Written
from opscli.rules.target import Target
from opscli.rules.tree import Expression, RuleInvalid, family

KINDS = ("count", "sum", "avg", "min", "max", "count_distinct")
WINDOW_KEYS = ("where", "within", "offset")

_EXACT = "DECIMAL(38, 8)"
"""Floats are summed in fixed point: a float sum depends on the order of rows, and so on the number of threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """An aggregate as written. `column` is None only for `count`; `where` is the condition."""

    kind: str
    entity: str
    column: str | None = None
    where: Written | None = None
    within: timedelta | None = None
    offset: timedelta = timedelta()

    def window(self, as_of: datetime) -> tuple[datetime | None, datetime]:
        """(start or None, end) of the half-open window at `as_of`."""
        end = as_of - self.offset
        return (end - self.within if self.within is not None else None), end


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An aggregate whose names and types are right; `type` is the rule type of its result."""

    aggregate: Aggregate
    where: Expression | None
    type: str
    column_type: str = ""


class AggregateInvalid(RuleInvalid):
    """A RuleInvalid that also names the key of the mapping where the trouble is."""

    def __init__(self, key: str, error: RuleInvalid) -> None:
        super().__init__(error.what, why=error.why, how=error.how, offset=error.offset if key == "where" else 0)
        self.key = key
        self.path = error.path


def read(mapping: Mapping[str, Any]) -> Aggregate:
    """The aggregate of a mapping with exactly one kind. Raises AggregateInvalid."""
    found = [kind for kind in KINDS if kind in mapping]
    if len(found) != 1:
        what = say("rules.two_kinds", kinds=listed(found)) if found else say("rules.no_kind")
        error = RuleInvalid(what, how=say("rules.one_of", names=", ".join(KINDS)))
        raise AggregateInvalid(found[-1] if found else "", error)
    kind = found[0]
    entity, _, column = str(mapping[kind]).partition(".")
    if not column and kind != "count":
        how = say("rules.write", example=f"{{{kind}: {entity}.amount}}")
        error = RuleInvalid(say("rules.needs_column", kind=kind), how=how)
        raise AggregateInvalid(kind, error)
    return Aggregate(
        kind=kind,
        entity=entity,
        column=column or None,
        where=mapping.get("where"),
        within=_duration(mapping, "within"),
        offset=_duration(mapping, "offset") or timedelta(),
    )


def check(aggregate: Aggregate, columns: Mapping[str, str], *, zone: str = "UTC") -> Checked:
    """Names and types against the entity's `columns` (name → rule type). Raises AggregateInvalid."""
    type_ = ""
    if aggregate.column is not None:
        type_ = columns.get(aggregate.column, "")
        if not type_:
            what = say("rules.no_column", entity=aggregate.entity, column=aggregate.column)
            known = say("rules.columns", names=", ".join(columns))
            error = RuleInvalid(what, how=did_you_mean(aggregate.column, columns, otherwise=known))
            raise AggregateInvalid(aggregate.kind, error)
        if aggregate.kind in {"sum", "avg"} and family(type_) != "number":
            error = RuleInvalid(
                say("rules.kind_of_type", kind=aggregate.kind, type=type_),
                why=say("rules.no_number", column=aggregate.column),
                how=say("rules.other_column"),
            )
            raise AggregateInvalid(aggregate.kind, error)
    try:
        where = condition(aggregate.where, of_rows(columns, zone)) if aggregate.where is not None else None
    except RuleInvalid as error:
        raise AggregateInvalid("where", error) from error
    result = {"count": "integer", "count_distinct": "integer", "avg": "float"}.get(aggregate.kind, type_)
    return Checked(aggregate=aggregate, where=where, type=result, column_type=type_)


def guard(checked: Checked, target: Target, time: str) -> str:
    """SQL that says whether a row counts: its window over the `time` SQL and its condition; "" when every row does.

    The end of a window without offset is as_of itself, which the entity's cut has already applied.
    """
    start, end = checked.aggregate.window(target.as_of)
    parts = [] if start is None else [f"{time} >= {timestamp_literal(start)}"]
    if end != target.as_of:
        parts.append(f"{time} < {timestamp_literal(end)}")
    if checked.where is not None:
        parts.append(render_expression(checked.where, target))
    return " AND ".join(parts)


def render(checked: Checked, target: Target, time: str) -> str:
    """SQL of the aggregate over the rows of a group that its guard lets through."""
    kind, condition_sql = checked.aggregate.kind, guard(checked, target, time)
    if checked.aggregate.column is None:
        return f"COUNT(CASE WHEN {condition_sql} THEN 1 END)" if condition_sql else "COUNT(*)"
    column = target.column(checked.aggregate.column)
    value = f"CASE WHEN {condition_sql} THEN {column} END" if condition_sql else column
    if kind == "count":
        return f"COUNT({value})"
    if kind == "count_distinct":
        return f"COUNT(DISTINCT {value})"
    if kind in {"min", "max"}:
        return f"{kind.upper()}({value})"
    return _total(kind, value, checked, target.dialect)


def _total(kind: str, value: str, checked: Checked, dialect: Dialect) -> str:
    exact = f"CAST({value} AS {_EXACT})" if checked.column_type == "float" else value
    if kind == "sum":
        return f"CAST(SUM({exact}) AS {dialect.type(checked.column_type)})"
    return f"(CAST(SUM({exact}) AS {dialect.type('float')}) / NULLIF(COUNT({value}), 0))"


def _duration(mapping: Mapping[str, Any], key: str) -> timedelta | None:
    if key not in mapping:
        return None
    try:
        return parse_duration(str(mapping[key]))
    except ValueError as error:
        raise AggregateInvalid(key, RuleInvalid(str(error), how=say("rules.write", example=f"{key}: 90d"))) from error
