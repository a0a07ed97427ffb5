"""Migrations: Alembic in code, one explicit transaction, a backup first where there is something to lose."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from opscli.errors import ConfigInvalid
from opscli.outcome import Issue
from opscli.phrases import say

HEAD = "0001"
"""Revision that this version expects; stated here so that no start pays for importing Alembic (a test compares)."""
SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_236_110_401
"""Any number, the same for all: two programs must not migrate one PostgreSQL at once."""


def upgrade(engine: Engine) -> None:
    """Bring the state to HEAD. A state of a newer opscli is refused with exit 78."""
    current = _current(engine)
    if current == HEAD:
        return
    if current is not None and engine.dialect.name == "sqlite":
        _back_up(Path(engine.url.database or ""))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        _run(connection)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction; on SQLite it takes the write lock at once (`store` makes it BEGIN IMMEDIATE)."""
    with engine.connect().execution_options(opscli_write=True) as connection, connection.begin():
        yield connection


def _scripts() -> Any:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def _current(engine: Engine) -> str | None:
    """Revision of the database without importing Alembic, which every start would pay for."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run(connection: Connection) -> None:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.util import CommandError

    scripts = _scripts()

    def steps(revision: Any, _context: Any) -> Any:
        try:
            return scripts._upgrade_revs("head", revision)  # noqa: SLF001  Alembic's own `command.upgrade` does so
        except CommandError as error:
            issue = Issue(
                file="state", line=1, column=1, what=say("state.newer_revision", revision=revision), why=str(error)
            )
            raise ConfigInvalid([issue], remedy=say("state.newer_revision_how")) from error

    from alembic.config import Config

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=False, target_metadata=None)
        environment.run_migrations()


def _back_up(path: Path) -> None:
    shutil.copy2(path, path.with_suffix(path.suffix + ".before-migration"))
