"""Rows that a full load no longer holds (`on_delete: tombstone`): found in scratch, closed when the load is merged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opscli.clock import END_OF_TIME
from opscli.engine.entity import Entity
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session

_PRESENT = "scratch.import_present"
_OPEN = f"known_to = {literal(END_OF_TIME)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The keys of one full load of a source, and the open versions of the source that have none of them.

    Rows that `where` leaves out are not among the keys: the source is what meets its condition.
    """

    session: Session
    source: str
    entity: Entity

    @property
    def gone(self) -> str:
        """Scratch table of the keys to close."""
        return f"scratch.{self.session.dialect.quote(f'gone:{self.source}')}"

    def begin(self) -> None:
        """No key yet."""
        self.session.create(_PRESENT, {name: str(self.entity.type_of(name)) for name in self.entity.key})

    def keep(self, staged: str, condition: str) -> int:
        """Count the keys of these staged rows, rejected ones, as present; how many of the rows have no readable key."""
        quoted = self._key()
        known = " AND ".join(f"{name} IS NOT NULL" for name in quoted)
        kept = self.session.execute(
            f"INSERT INTO {_PRESENT} SELECT {', '.join(quoted)} FROM {staged} WHERE {condition} AND {known}"
        )
        return int(self.session.value(f"SELECT count(*) FROM {staged} WHERE {condition}")) - kept

    def find_gone(self, staged: str) -> int:
        """Note the open versions whose key is neither staged nor kept; how many. Call before unchanged rows go."""
        table = self.session.dialect.quote(self.entity.versions_table)
        if not self.session.columns(self.entity.versions_table):
            return 0
        key = ", ".join(self._key())
        same = " AND ".join(f"p.{name} IS NOT DISTINCT FROM v.{name}" for name in self._key())
        self.session.execute(
            f"CREATE OR REPLACE TABLE {self.gone} AS "
            f"WITH present AS (SELECT {key} FROM {staged} UNION ALL SELECT {key} FROM {_PRESENT}) "
            f"SELECT {key} FROM {table} AS v WHERE v.source = ? AND v.{_OPEN} "
            f"AND NOT EXISTS (SELECT 1 FROM present AS p WHERE {same})",
            (self.source,),
        )
        return int(self.session.value(f"SELECT count(*) FROM {self.gone}"))

    def close(self, known_at: datetime, load_seq: int) -> int:
        """Close the versions that were found, in a write window; how many."""
        table = self.session.dialect.quote(self.entity.versions_table)
        same = " AND ".join(f"v.{name} IS NOT DISTINCT FROM g.{name}" for name in self._key())
        return self.session.execute(
            f"UPDATE {table} AS v SET known_to = GREATEST(v.known_from, {literal(known_at)}), "
            f"closed_seq = {int(load_seq)} FROM {self.gone} AS g WHERE v.{_OPEN} AND v.source = ? AND {same}",
            (self.source,),
        )

    def _key(self) -> list[str]:
        return [self.session.dialect.quote(name) for name in self.entity.key]
