"""What goes wrong in a foreign database, as errors that say who can do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.errors import DataUnusable, NotPermitted, OpscliError, ServiceUnavailable, TimedOut, TryLater
from opscli.phrases import say

if TYPE_CHECKING:
    from sqlalchemy.exc import SQLAlchemyError

_FORBIDDEN = {"42501", "28000", "28P01", "1044", "1045", "1142", "1143", "1227"}
_OVERTIME = {"57014", "3024", "1969", "1317"}
_DOWN = {"57P01", "57P02", "57P03", "57P05", "40001", "1040", "1053", "2002", "2003", "2006", "2013", "2055"}
_DOWN_CLASSES = ("08", "53")
"""SQLSTATE classes: connection exception, insufficient resources."""
_SQLSTATE = 5
"""Characters."""
_NOT_LET_IN = ("authentication failed", "no pg_hba.conf entry", "no password supplied", "role ")
_NO_DATABASE = "database "
_PACKAGES = {
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "snowflake": "snowflake-sqlalchemy",
    "bigquery": "sqlalchemy-bigquery",
    "redshift": "sqlalchemy-redshift redshift_connector",
    "clickhouse": "clickhouse-sqlalchemy",
    "databricks": "databricks-sqlalchemy",
    "trino": "trino",
    "duckdb": "duckdb-engine",
}
"""Modules and dialects whose package is called otherwise."""


def driver_missing(backend: str, module: str | None) -> DataUnusable:
    """The package for a database is not installed."""
    package = _PACKAGES.get(module or backend, module or backend)
    return DataUnusable(say("sources.sql_no_driver", backend=backend), remedy=f"pip install {package}")


def told(error: SQLAlchemyError, place: str, *, connecting: bool = False, interrupted: bool = False) -> OpscliError:
    """The error as ours; `interrupted` = our own timer stopped the statement."""
    original = getattr(error, "orig", None) or error
    code, line = _code(original), _line(original)
    if interrupted or code in _OVERTIME:
        return TimedOut(say("sources.sql_overtime", place=place), remedy=say("sources.sql_overtime_how"))
    if code in _FORBIDDEN or (connecting and not code and _is_refusal(line)):
        return NotPermitted(
            say("sources.sql_forbidden", place=place, error=line), remedy=say("sources.sql_forbidden_how")
        )
    if "locked" in line and code.startswith("SQLITE_"):
        return TryLater(say("sources.sql_locked", place=place), remedy=say("data.run_again"))
    if _is_down(error, code, line, connecting=connecting):
        return ServiceUnavailable(say("sources.sql_down", place=place, error=line), remedy=say("sources.sql_down_how"))
    return DataUnusable(say("sources.sql_failed", place=place, error=line), remedy=say("sources.sql_failed_how"))


def _code(original: object) -> str:
    """MySQL's number, else SQLSTATE or SQLite's name of an error; empty where the driver states none."""
    arguments: tuple[object, ...] = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):
        return str(arguments[0])
    for name in ("sqlstate", "pgcode", "sqlite_errorname"):
        if value := getattr(original, name, None):
            return str(value)
    first = str(arguments[0]) if len(arguments) > 1 else ""
    return first if first.isalnum() else ""


def _line(original: object) -> str:
    """The first line of what the database says, without MySQL's number."""
    arguments: tuple[object, ...] = getattr(original, "args", ())
    numbered = len(arguments) > 1 and isinstance(arguments[0], int)
    text = str(arguments[1] if numbered else original).strip()
    return (text or type(original).__name__).splitlines()[0]


def _is_refusal(line: str) -> bool:
    """PostgreSQL refuses a login in words only."""
    return any(words in line for words in _NOT_LET_IN)


def _is_down(error: SQLAlchemyError, code: str, line: str, *, connecting: bool) -> bool:
    from sqlalchemy.exc import OperationalError

    if code in _DOWN or (len(code) == _SQLSTATE and code.startswith(_DOWN_CLASSES)):
        return True
    if getattr(error, "connection_invalidated", False):
        return True
    missing = _NO_DATABASE in line and "does not exist" in line
    return connecting and not code and isinstance(error, OperationalError) and not missing
