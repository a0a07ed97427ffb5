"""What a SQL source reads: a table or a query, with its columns and the key that tells its rows apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from opscli.config.validate import did_you_mean
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.databases import Reader
from opscli.sources.selects import NotOnlyReading, bare, prove

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Select

_ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or query. `unique` = the database itself holds the key unique and without gaps."""

    source: FromClause
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    unique: bool = False
    nullable: frozenset[str] = frozenset()

    def column(self, name: str) -> ColumnElement[Any]:
        """A column as an expression; SQLAlchemy quotes its name where the database needs that."""
        return self.source.c[name]

    def select(self, names: Iterable[str]) -> Select[Any]:
        """A query for these columns."""
        from sqlalchemy import select

        return select(*(self.column(name) for name in names))

    def with_key(self, key: tuple[str, ...]) -> Relation:
        """The same with a stated key. Raises DataUnusable when it has no such column."""
        if not key:
            return self
        for name in key:
            if name not in self.columns:
                raise self.lacks(name, say("sources.sql_key_how"))
        return replace(self, key=key, unique=self.unique and set(key) >= set(self.key))

    def lacks(self, name: str, remedy: str) -> DataUnusable:
        """The error that there is no column of that name, with the nearest one."""
        hint = did_you_mean(name, self.columns, otherwise=say("sources.its_columns", columns=listed(self.columns)))
        return DataUnusable(say("sources.sql_no_column", name=name), remedy=f"{hint} {remedy}")


def table_in(reader: Reader, stated: str) -> Relation:
    """A table or view, `name` or `schema.name`. Raises DataUnusable with the nearest when there is none."""
    from sqlalchemy import column, inspect, table

    with reader.transaction() as connection:
        inspector = inspect(connection)
        dotted = "." in stated.strip(".") and not inspector.has_table(stated)
        schema, _, name = stated.rpartition(".") if dotted else ("", "", stated)
        if not inspector.has_table(name, schema=schema or None):
            known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
            names = [f"{schema}.{known_name}" if schema else known_name for known_name in known]
            raise DataUnusable(
                say("sources.sql_no_table", table=stated),
                remedy=did_you_mean(stated, names) or say("sources.sql_no_table_how"),
            )
        described = inspector.get_columns(name, schema=schema or None)
        key = tuple(inspector.get_pk_constraint(name, schema=schema or None)["constrained_columns"])
    columns = tuple(str(found["name"]) for found in described)
    # SQLite lets a primary key be empty, unless the column says otherwise.
    nullable = {str(found["name"]) for found in described if found.get("nullable", True)}
    gaps = nullable if reader.backend == "sqlite" else nullable - set(key)
    return Relation(
        source=table(name, *map(column, columns), schema=schema or None),
        columns=columns,
        key=key,
        unique=bool(key) and not gaps.intersection(key),
        nullable=frozenset(gaps),
    )


def query_in(reader: Reader, query: str) -> Relation:
    """A query that only reads. Raises DataUnusable when it is none, or when two of its columns have one name."""
    from sqlalchemy import column, false, select, text

    try:
        names = prove(query, reader.backend)
    except NotOnlyReading as error:
        raise DataUnusable(error.what, remedy=say("sources.sql_only_select")) from error
    # A colon is no parameter here, whatever stands behind it.
    stated = text(bare(query, reader.backend).replace(":", "\\:"))
    with reader.transaction() as connection:
        probe = select(text("*")).select_from(stated.columns().subquery("found")).where(false())
        columns = tuple(connection.execute(probe).keys())
    for name in (*columns, *names):  # SQLite gives the second of a name another one
        if name != _ALL and max(columns.count(name), names.count(name)) > 1:
            raise DataUnusable(say("sources.sql_twice", name=name), remedy=say("sources.sql_twice_how"))
    return Relation(
        source=stated.columns(*map(column, columns)).subquery("found"), columns=columns, nullable=frozenset(columns)
    )
