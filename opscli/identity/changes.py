"""What differs between the tables that a run wants and the ones that stand, and writing just that."""

from __future__ import annotations

from dataclasses import dataclass

from opscli.engine.warehouse import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table to bring up to date. `compared` are the columns whose change counts; `stamped` are SQL of the others."""

    table: str
    wanted: str
    key: tuple[str, ...]
    compared: tuple[str, ...]
    stamped: tuple[tuple[str, str], ...] = ()
    kept: str = "1 = 1"
    """Condition on standing rows that this run may replace; the others stay as they are."""


def find(session: Session, target: Target) -> int:
    """`scratch.changed_<table>`: keys of rows that are new, differ or are gone; how many."""
    quote = session.dialect.quote
    key = ", ".join(quote(name) for name in target.key)
    present = session.columns(target.table)
    wanted = f"SELECT {', '.join(quote(name) for name in target.compared)} FROM {target.wanted}"
    held = ", ".join(quote(name) if name in present else f"NULL AS {quote(name)}" for name in target.compared)
    standing = f"SELECT {held} FROM {target.table} WHERE {target.kept}"
    name = f"scratch.changed_{target.table}"
    if not present:
        session.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT DISTINCT {key} FROM {target.wanted}")
    else:
        session.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT {key} FROM ({wanted} EXCEPT {standing}) AS arriving "
            f"UNION SELECT {key} FROM ({standing} EXCEPT {wanted}) AS leaving"
        )
    return int(session.value(f"SELECT COUNT(*) FROM {name}"))


def write(session: Session, target: Target) -> None:
    """Replace the changed rows of the table; the others keep their bytes."""
    quote = session.dialect.quote
    name = f"scratch.changed_{target.table}"

    def among_changed(alias: str) -> str:
        same = " AND ".join(f"changed.{quote(column)} = {alias}.{quote(column)}" for column in target.key)
        return f"EXISTS (SELECT 1 FROM {name} AS changed WHERE {same})"

    session.execute(f"DELETE FROM {target.table} AS standing WHERE {target.kept} AND {among_changed('standing')}")
    columns = (*target.compared, *(column for column, _ in target.stamped))
    values = (*(f"w.{quote(column)}" for column in target.compared), *(sql for _, sql in target.stamped))
    session.execute(
        f"INSERT INTO {target.table} ({', '.join(quote(column) for column in columns)}) "
        f"SELECT {', '.join(values)} FROM {target.wanted} AS w WHERE {among_changed('w')}"
    )
