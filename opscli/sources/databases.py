"""Databases that SQL sources read: opened by their URL, for reading only, with a limit on every statement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opscli.errors import DataUnusable, NotPermitted
from opscli.phrases import say
from opscli.sources.database_errors import driver_missing, told

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
"""Drivers that install everywhere, for URLs that name none."""
_WITH_CONNECT_TIMEOUT = ("psycopg", "psycopg2", "pymysql", "mysqldb")
_AS_TEXT = (
    "date", "time", "timetz", "timestamp", "timestamptz", "interval", "numeric", "float4", "json", "jsonb",
)  # fmt: skip
"""PostgreSQL types that Python's own hold with fewer values or digits: years BC, infinity, 1.10 within JSON."""
_STEPS = 10_000
"""Instructions of SQLite's machine, well below a millisecond."""
_POSTGRES_TRANSACTION = (
    "SELECT set_config('statement_timeout', :limit, true), set_config('TimeZone', 'UTC', true), "
    "set_config('DateStyle', 'ISO, YMD', true), set_config('IntervalStyle', 'iso_8601', true)"
)
"""Settings of one transaction: those of a session do not survive a connection pooler between it and us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A database and how long one waits for it, in seconds. `url` may hold a password and is never shown."""

    url: str
    root: Path
    timeout: float
    connect_timeout: float

    def __repr__(self) -> str:
        return f"Access({place_of(self.url)})"


@dataclass(slots=True, kw_only=True)
class Reader:
    """One connection that reads."""

    connection: Connection
    access: Access
    deadline: float = 0.0

    @property
    def backend(self) -> str:
        """`postgresql`, `mysql`, `sqlite` …"""
        return str(self.connection.dialect.name)

    def as_text(self) -> None:
        """From here on PostgreSQL's values come as it writes them, where Python's own types would lose something.

        Not before the tables have been looked at: SQLAlchemy's inspection wants its JSON parsed.
        """
        if self.connection.dialect.driver != "psycopg":
            return
        from psycopg.types.string import TextLoader

        driver: Any = self.connection.connection.driver_connection
        for name in _AS_TEXT:
            driver.adapters.register_loader(name, TextLoader)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of its own, with the time limit on each statement; it is rolled back, since it only reads.

        Raises what `told` makes of errors.
        """
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        self.go_on()
        try:
            with self.connection.begin() as transaction:
                if self.backend == "postgresql":
                    limit = str(int(self.access.timeout * 1000))
                    self.connection.execute(text(_POSTGRES_TRANSACTION), {"limit": limit})
                yield self.connection
                transaction.rollback()
        except SQLAlchemyError as error:
            raise told(error, place_of(self.access.url), interrupted=self._is_overtime()) from error

    def go_on(self) -> None:
        """The time begins anew: rows have come."""
        self.deadline = time.monotonic() + self.access.timeout

    def limit_sqlite(self) -> None:
        """SQLite has no time limit of its own: it asks us every so many steps whether to go on."""
        if self.backend == "sqlite":
            driver: Any = self.connection.connection.driver_connection
            driver.set_progress_handler(self._is_overtime, _STEPS)

    def _is_overtime(self) -> bool:
        limited = self.backend == "sqlite" and self.access.timeout > 0
        return limited and time.monotonic() > self.deadline


@contextmanager
def reading(access: Access) -> Iterator[Reader]:
    """Open the database. Raises DataUnusable, NotPermitted or ServiceUnavailable with the way out."""
    from sqlalchemy.exc import SQLAlchemyError

    engine = _engine(access)
    try:
        try:
            connection = engine.connect()
            _begin_session(connection, access)
        except SQLAlchemyError as error:
            raise told(error, place_of(access.url), connecting=True) from error
        with connection:
            reader = Reader(connection=connection, access=access)
            reader.limit_sqlite()
            yield reader
    finally:
        engine.dispose()


def place_of(url: str | Mapping[str, Any]) -> str:
    """Host and database of an address, or where the address is kept; never user, password or options."""
    from opscli.config.secrets import redacted

    if not isinstance(url, str):
        return str(redacted(url))
    parsed = parsed_url(url)
    return "/".join(part for part in (parsed.host, parsed.database) if part) or parsed.get_backend_name()


def parsed_url(url: str) -> URL:
    """The address taken apart. Raises DataUnusable when it is none, without repeating it."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise DataUnusable(say("sources.sql_no_url"), remedy=say("sources.sql_no_url_how")) from None


def leads_outside(url: URL) -> bool:
    """Whether a SQLite address names no file inside the project."""
    path = Path(url.database or "")
    named = str(path) not in ("", ".", ":memory:") and not str(path).startswith("file:")
    return url.get_backend_name() == "sqlite" and (not named or path.is_absolute() or ".." in path.parts)


def _engine(access: Access) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    url = parsed_url(access.url)
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    options: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        path = _sqlite_file(url, access.root)
        options["creator"] = lambda: _open_sqlite(path, access.connect_timeout)
    elif url.drivername.partition("+")[2] in _WITH_CONNECT_TIMEOUT:
        options["connect_args"] = {"connect_timeout": max(1, round(access.connect_timeout))}
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise driver_missing(url.get_backend_name(), getattr(error, "name", None)) from error
    return engine.execution_options(postgresql_readonly=True) if engine.name == "postgresql" else engine


def _sqlite_file(url: URL, root: Path) -> Path:
    path = root / (url.database or "")
    if leads_outside(url) or not path.resolve().is_relative_to(root.resolve()):
        raise NotPermitted(say("sources.leads_outside", path=path), remedy=say("sources.outside_project_how"))
    if not path.is_file():
        raise DataUnusable(say("sources.sql_no_file", path=path), remedy=say("sources.sql_no_file_how"))
    return path.resolve()


def _open_sqlite(path: Path, seconds: float) -> Any:
    import sqlite3

    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=seconds)
    connection.execute("PRAGMA query_only = ON").close()
    return connection


def _begin_session(connection: Connection, access: Access) -> None:
    """What MySQL and MariaDB keep for a session."""
    if connection.dialect.name not in ("mysql", "mariadb"):
        return
    maria = bool(getattr(connection.dialect, "is_mariadb", False))
    limit = f"max_statement_time = {access.timeout:g}" if maria else f"max_execution_time = {access.timeout * 1000:.0f}"
    for statement in ("SET SESSION TRANSACTION READ ONLY", "SET SESSION time_zone = '+00:00'", f"SET SESSION {limit}"):
        connection.exec_driver_sql(statement)
    connection.rollback()
