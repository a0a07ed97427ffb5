"""For which engine, columns and instant a condition is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from opscli.engine.dialect import Dialect
from opscli.engine.versions import literal as timestamp_literal


def _no_tags(name: str) -> str:
    message = f"has_tag({name!r}) has no meaning here"
    raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the names of a condition live. Every field but the first three is a hook with a usual default.

    `columns` maps a name to SQL (a mapping or a function); `has_tag` gives a boolean SQL that is never NULL;
    `identity` is the SQL that `bucket` hashes; `read` reads an untyped (text) column's SQL as a type, where names may
    be untyped (sources over raw text hand in TRY_CAST).
    """

    dialect: Dialect
    as_of: datetime
    columns: Mapping[str, str] | Callable[[str], str]
    has_tag: Callable[[str], str] = field(default=_no_tags)
    identity: str = "customer_id"
    read: Callable[[str, str], str] | None = None

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
