"""Merge prepared rows into an entity's versions: close what changed, insert what is new. Set-based and idempotent.

The staged table holds one row per key with the entity's columns, `customer_ns` (entities with a customer reference),
`source`, `source_id`, `row_hash` and `known_from`.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5

from opscli.clock import END_OF_TIME
from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.engine.tables import REFERENCE_COLUMNS, VERSION_COLUMNS
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.errors import ConfigInvalid
from opscli.phrases import say

STAMPED = ("run_id", "known_to", "load_seq", "closed_seq")
"""Version columns that the merge itself fills."""
_OPEN = f"known_to = {literal(END_OF_TIME)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What is merged into what: `staged` is a scratch table."""

    entity: Entity
    staged: str
    late: Mapping[str, str] = field(default_factory=dict)
    """SQL, over the staged rows, of version columns that are not staged: there was nothing to compare them with."""

    @property
    def rows(self) -> str:
        """The staged rows with the columns that were not staged."""
        late = "".join(f", {sql} AS {name}" for name, sql in self.late.items())
        return f"(SELECT *{late} FROM {self.staged})" if late else self.staged

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that find the version to replace: customer records belong to their source, all else to its key."""
        return ("source", "source_id") if self.entity.name == "customers" else self.entity.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How the staged rows stand to what is open now."""

    inserted: int
    updated: int
    unchanged: int


def version_columns(entity: Entity) -> dict[str, str]:
    """Column → logical type of an entity's versions table, in order."""
    reference = REFERENCE_COLUMNS if entity.customer else ()
    return {column.name: column.type for column in (*entity.columns, *reference, *VERSION_COLUMNS)}


def content_columns(entity: Entity) -> dict[str, str]:
    """Column → logical type of what a row says: two rows that agree in these are one version."""
    own = {column.name for column in VERSION_COLUMNS}
    return {name: kind for name, kind in version_columns(entity).items() if name not in own}


def row_hash_sql(columns: Mapping[str, str], dialect: Dialect, never_null: Collection[str] = ()) -> str:
    """SQL: digest of the values by sorted name, without NULLs: a new optional column changes no hash.

    Each value stands behind chr(31) and a mark of its column's name. Marks and instants are short, since the digest
    takes its time by the byte.
    """
    parts = []
    marks = _marks(columns)
    for name in sorted(columns):
        quoted, mark = dialect.quote(name), f"chr(31) || {dialect.text(marks[name])}"
        parts.append(mark if name in never_null else f"CASE WHEN {quoted} IS NOT NULL THEN {mark} END")
        parts.append(dialect.short_text(quoted, columns[name]))
    return dialect.digest(parts)


def _marks(names: Iterable[str]) -> dict[str, str]:
    """A mark of 18 bits for each name; the name itself for those that share one."""
    marks = {name: b64encode(md5(name.encode(), usedforsecurity=False).digest())[:3].decode() for name in names}
    shared = Counter(marks.values())
    return {name: f"{name}=" if shared[mark] > 1 else mark for name, mark in marks.items()}


def ensure_versions(session: Session, entity: Entity) -> None:
    """Create an entity's versions table and its view of open versions, or add new columns.

    Raises ConfigInvalid when a column's type has changed: old values cannot be reinterpreted silently.
    """
    wanted = version_columns(entity)
    present = session.columns(entity.versions_table)
    quote = session.dialect.quote
    if not present:
        session.create(quote(entity.versions_table), wanted, {*entity.key, entity.customer or "", "source_id"})
    changed = [
        name for name, kind in present.items() if name in wanted and session.dialect.type(wanted[name]) != _plain(kind)
    ]
    if "row_hash" in changed:  # an older warehouse
        changed.remove("row_hash")
        kind, again = session.dialect.type("hash"), _hash_again(entity, present, session.dialect)
        session.execute(f"ALTER TABLE {quote(entity.versions_table)} ALTER row_hash TYPE {kind} USING {again}")
    if changed:
        raise ConfigInvalid(
            [
                entity.document.issue(
                    ("schema", "properties", name),
                    say("engine.other_type", name=name, entity=entity.name, type=present[name]),
                    why=say("engine.other_type_why"),
                    how=say("engine.other_type_how"),
                )
                for name in changed
            ]
        )
    missing = [name for name in wanted if present and name not in present]
    for name in missing:
        kind = session.dialect.type(wanted[name])
        session.execute(f"ALTER TABLE {quote(entity.versions_table)} ADD COLUMN {quote(name)} {kind}")
    if entity.name != "customers" and (missing or entity.name not in session.tables()):
        session.execute(
            f"CREATE OR REPLACE VIEW {quote(entity.name)} AS SELECT * FROM {quote(entity.versions_table)} WHERE {_OPEN}"
        )


def _hash_again(entity: Entity, stored: Collection[str], dialect: Dialect) -> str:
    """SQL of the hash of versions in an older warehouse, which kept it as text."""
    return row_hash_sql({name: kind for name, kind in content_columns(entity).items() if name in stored}, dialect)


def _plain(engine_type: str) -> str:
    """DECIMAL(18,4) as the dialect prints it."""
    return engine_type.replace("DECIMAL(18,4)", "DECIMAL(18, 4)")


def drop_unchanged(session: Session, merge: Merge) -> Compared:
    """Remove staged rows that are open with the same content; how many of the others are new and changed."""
    staged = int(session.value(f"SELECT count(*) FROM {merge.staged}"))
    table = session.dialect.quote(merge.entity.versions_table)
    stored = session.columns(merge.entity.versions_table)
    if merge.late or not stored:
        return Compared(inserted=staged, updated=0, unchanged=0)
    if stored["row_hash"] != session.dialect.type("hash"):
        again = _hash_again(merge.entity, stored, session.dialect)
        table = f"(SELECT * REPLACE ({again} AS row_hash) FROM {table})"
    match = _same_key(session, merge)
    unchanged = session.execute(
        f"DELETE FROM {merge.staged} AS s USING {table} AS v WHERE v.{_OPEN} AND {match} AND v.row_hash = s.row_hash"
    )
    updated = int(session.value(f"SELECT count(*) FROM {merge.staged} AS s JOIN {table} AS v ON v.{_OPEN} AND {match}"))
    return Compared(inserted=staged - unchanged - updated, updated=updated, unchanged=unchanged)


def apply(session: Session, merge: Merge, *, run_id: str, load_seq: int) -> int:
    """Close the open versions of the staged keys and insert the staged rows, in a write window; versions closed."""
    quote = session.dialect.quote
    table = quote(merge.entity.versions_table)
    # A version that was known later than its successor's own time ends where it began: it is never seen again.
    closed = session.execute(
        f"UPDATE {table} AS v SET known_to = GREATEST(v.known_from, s.known_from), closed_seq = {int(load_seq)} "
        f"FROM {merge.rows} AS s WHERE v.{_OPEN} AND {_same_key(session, merge)}"
    )
    given = dict(zip(STAMPED, ("?", literal(END_OF_TIME), str(int(load_seq)), "NULL"), strict=True))
    columns = list(version_columns(merge.entity))
    values = ", ".join(given.get(name, quote(name)) for name in columns)
    names = ", ".join(quote(name) for name in columns)
    session.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {merge.rows} AS s", (run_id,))
    return closed


def _same_key(session: Session, merge: Merge) -> str:
    quote = session.dialect.quote
    return " AND ".join(f"v.{quote(name)} IS NOT DISTINCT FROM s.{quote(name)}" for name in merge.key)
