"""Open the state: by URL, migrated, with its identity checked."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from opscli.clock import wall_now
from opscli.errors import CannotCreate, DataUnusable, ServiceUnavailable, UsageError
from opscli.faults import faultpoint
from opscli.phrases import say
from opscli.state import migrate
from opscli.state.migrate import writing
from opscli.state.tables import instance, metadata

_BUSY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class State:
    """An opened state database. `begin()` writes, `read()` reads; neither is held while something slow happens."""

    engine: Engine
    url: str
    plan_schema: str = ""
    """PostgreSQL schema of a plan's copy; dropped at close."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction (SQLite: BEGIN IMMEDIATE), committed at the end, rolled back on an exception."""
        with writing(self.engine) as connection:
            yield connection
            faultpoint("state.before_commit")
        faultpoint("state.after_commit")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot for reading."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def send_hold(self) -> str:
        """Why nothing may be sent from this state, or "" when it may."""
        with self.read() as connection:
            row = connection.execute(select(instance.c.send_hold, instance.c.hold_reason)).one()
        return str(row.hold_reason) if row.send_hold else ""

    def release_send_hold(self) -> None:
        """Let this state send again, and let it be at home where it is now."""
        with self.begin() as connection:
            connection.execute(
                update(instance).values(send_hold=False, hold_reason="", place=_place(connection, self.engine))
            )

    def token_key(self) -> bytes:
        """Key of this instance for signed links (unsubscribe, tasks, surveys)."""
        with self.read() as connection:
            return bytes.fromhex(str(connection.execute(select(instance.c.token_key)).scalar_one()))

    def close(self) -> None:
        """Let go of every connection, and of a plan's schema."""
        if self.plan_schema:
            with writing(self.engine) as connection:
                connection.execute(text(f"DROP SCHEMA {self.plan_schema} CASCADE"))
        self.engine.dispose()


def open_state(url: str, *, root: Path) -> State:
    """Open and migrate `sqlite:///path` (relative to `root`) or `postgresql://…`; a moved copy starts in send-hold."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError(say("state.no_url", url=url), remedy=say("state.no_url_how")) from error
    if parsed.get_backend_name() == "sqlite":
        path = root / (parsed.database or "")
        engine = _sqlite(path)
    else:
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    try:
        migrate.upgrade(engine)
        _know_itself(engine)
    except BaseException as error:  # no connection may stay open behind an error; it is raised again below
        engine.dispose()
        if isinstance(error, OperationalError) and parsed.get_backend_name() != "sqlite":
            raise ServiceUnavailable(
                say("state.no_answer", error=_first_line(error)), remedy=say("state.no_answer_how")
            ) from error
        if _is_damaged(error):
            raise DataUnusable(
                say("state.unreadable", database=parsed.database, error=_first_line(error)),
                remedy=say("state.unreadable_how"),
            ) from error
        raise
    return State(engine=engine, url=url)


def _is_damaged(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is broken, not that it is busy or full."""
    original = error.orig if isinstance(error, DatabaseError) else error
    return getattr(original, "sqlite_errorname", "").startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))


def open_copy(url: str, *, root: Path, folder: Path) -> State:
    """A copy of the state that a plan may write on: a SQLite file in `folder`, or a schema beside the real tables.

    The original is only read. A state that does not exist yet is founded in the copy alone.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return _copy_postgres(parsed, schema=folder.name.replace("-", "_").lower())
    source, target = root / (parsed.database or ""), folder / "state.db"
    if not source.exists():
        return open_state(f"sqlite:///{target}", root=folder)
    _copy_file(source, target)
    engine = _sqlite(target)
    migrate.upgrade(engine)
    return State(engine=engine, url=url)


def _copy_file(source: Path, target: Path) -> None:
    """SQLite's backup API: consistent while others write.

    Not opened with mode=ro: such a reader leaves the -wal and -shm files behind that it had to make.
    """
    import sqlite3

    original = sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
    original.execute("PRAGMA query_only = ON")
    copy = sqlite3.connect(target)
    try:
        original.backup(copy)
    finally:
        copy.close()
        original.close()


def _copy_postgres(url: URL, *, schema: str) -> State:
    """Every table of the state under a schema of its own, which `close` drops."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": f"-c search_path={schema},public"},
        hide_parameters=True,
    )
    with writing(engine) as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        for table in metadata.sorted_tables:
            connection.execute(text(f"CREATE TABLE {schema}.{table.name} (LIKE public.{table.name} INCLUDING ALL)"))
            connection.execute(text(f"INSERT INTO {schema}.{table.name} SELECT * FROM public.{table.name}"))
    return State(engine=engine, url=url.render_as_string(hide_password=False), plan_schema=schema)


def _sqlite(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise CannotCreate(say("state.not_created", path=path, error=error.strerror)) from error
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # pysqlite must not open transactions by itself; _on_begin does
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        raw.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("opscli_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _know_itself(engine: Engine) -> None:
    """Found the instance row, or notice that this state is a copy that woke up somewhere else."""
    with engine.connect() as connection:
        place = _place(connection, engine)
        known = connection.execute(select(instance.c.place)).scalar()
    if known == place:
        return
    with writing(engine) as connection:
        if connection.execute(select(instance.c.place)).scalar() is None:
            connection.execute(
                insert(instance).values(
                    instance_id=uuid.uuid4().hex,
                    place=place,
                    token_key=secrets.token_hex(32),
                    send_hold=False,
                    founded_at=wall_now(),
                )
            )
        else:
            reason = "this state was copied or restored, and its original may still be sending"
            connection.execute(update(instance).values(send_hold=True, hold_reason=reason))


def _place(connection: Connection, engine: Engine) -> str:
    """Where this state lives: machine id and path, or PostgreSQL's system id and database; never the host name."""
    if engine.dialect.name == "sqlite":
        machine = Path("/etc/machine-id")
        known = machine.read_text(encoding="ascii").strip() if machine.exists() else f"{uuid.getnode():x}"
        where = f"{known}:{Path(engine.url.database or '').resolve()}"
    else:
        query = "SELECT system_identifier::text || ':' || current_database() FROM pg_control_system()"
        where = str(connection.execute(text(query)).scalar_one())
    return hashlib.sha256(where.encode()).hexdigest()


def _first_line(error: BaseException) -> str:
    return str(error.__cause__ or error).splitlines()[0]
