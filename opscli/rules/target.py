"""For which engine, columns and instant a condition is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from opscli.engine.dialect import Dialect
from opscli.engine.versions import literal as timestamp_literal
from opscli.rules.tree import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the names of a condition live. Every field but the first three is a hook with a usual default.

    `columns` maps a name to SQL (a mapping or a function); `has_tag` gives a boolean SQL that is never NULL, where tags
    do not come from the history at as_of; `identity` is SQL of the customer's id; `params` are the values of the
    condition's parameters (`parameters.bind`); `read` reads an untyped (text) column's SQL as a type, where names may
    be untyped (sources over raw text hand in TRY_CAST). `doubles` and `calculates` are set while
    numbers are printed that must be DOUBLE, and that are parts of a calculation in DOUBLE.
    """

    dialect: Dialect
    as_of: datetime
    columns: Mapping[str, str] | Callable[[str], str]
    has_tag: Callable[[str], str] | None = None
    identity: str = "customer_id"
    read: Callable[[str, str], str] | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    doubles: bool = False
    calculates: bool = False

    def column(self, name: str) -> str:
        """SQL of a name."""
        return self.columns(name) if callable(self.columns) else self.columns[name]

    def instant(self, moment: datetime) -> str:
        """SQL literal of a naive UTC instant."""
        return timestamp_literal(moment)

    def read_as(self, sql: str, type_: str) -> str:
        """SQL that reads untyped text as `type_`."""
        if self.read is not None:
            return self.read(sql, type_)
        return sql if type_ == "text" else f"CAST({sql} AS {self.dialect.type(type_)})"
