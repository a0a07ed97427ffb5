"""How the tables of the state are written down: one metadata, a few column forms."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column typed INTEGER."""


def words(
    name: str, *, key: bool = False, null: bool = False, personal: bool = False, default: str | None = None
) -> Column[Any]:
    """A text column, required unless `null`; `personal` marks data about a person."""
    return Column(
        name, Text, primary_key=key, nullable=null, server_default=default, info={"personal": True} if personal else {}
    )


def maybe(name: str, *, personal: bool = False) -> Column[Any]:
    """A text column that may be empty."""
    return words(name, null=True, personal=personal)


def instant(name: str, *, null: bool = False) -> Column[Any]:
    """A naive UTC instant."""
    return Column(name, DateTime, nullable=null)


def count(name: str, *, default: int = 0) -> Column[Any]:
    """A whole number, 0 unless stated."""
    return Column(name, BigInteger, nullable=False, server_default=str(default))


def flag(name: str) -> Column[Any]:
    """A boolean, false unless stated."""
    return Column(name, Boolean, nullable=False, server_default="0")


def brand(*, key: bool = False) -> Column[Any]:
    """The brand, part of the keys it stands in."""
    return words("brand", key=key, default="main")


def event_id() -> Column[Any]:
    """The monotone key of an event table."""
    return Column("event_id", BIG_ID, primary_key=True, autoincrement=True)


def table(name: str, owner: str, *items: Any) -> Table:
    """A table of the state; `owner` is the only room that writes it."""
    return Table(name, metadata, *items, info={"owner": owner}, sqlite_autoincrement=name.endswith("_events"))
