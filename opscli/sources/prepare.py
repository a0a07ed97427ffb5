"""Prepare one source in scratch: read → map → check → de-duplicate → compare. Nothing here writes to the warehouse."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from opscli.engine import merge
from opscli.engine.entity import Entity
from opscli.engine.merge import Merge
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.phrases import say
from opscli.sources import rejects, rowwise
from opscli.sources.batches import FILE, Batch, portions, together
from opscli.sources.drift import Columns
from opscli.sources.formats import choice
from opscli.sources.formats.rows import AUTO, LINE, ReadRequest, Rows, text_literal
from opscli.sources.gathering import Found
from opscli.sources.hints import of_dates
from opscli.sources.judge import AVAILABLE, PROBLEM, REASON, Judged, judged_rows
from opscli.sources.mapping import local_columns, number_columns, wanted_columns
from opscli.sources.numbers import decimals
from opscli.sources.sieve import Sieve, first_rows
from opscli.sources.source import SourceSpec
from opscli.sources.tombstones import Snapshot
from opscli.stage import Context

_RAW = "scratch.import_raw"
_LARGE_BYTES = 16 << 20
"""Files below it are staged: there is little to gain."""
_LOSERS = "scratch.import_losers"
_TOLD_FILES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows of a source in one load. read = inserted + updated + unchanged + duplicates + filtered + rejected.

    `deleted` are versions that a full load closes, because their row is gone.
    """

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    filtered: int = 0
    rejected: int = 0
    deleted: int = 0

    def as_dict(self) -> dict[str, int]:
        """Name → rows."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def check(self, source: str) -> None:
        """Raise RuntimeError when a row went missing on the way: a fault of the program, not of the data."""
        told = self.inserted + self.updated + self.unchanged + self.duplicates + self.filtered + self.rejected
        if told != self.read:
            message = f"source {source}: {self.read} rows read, {told} accounted for ({self})"
            raise RuntimeError(message)


@dataclass(slots=True, kw_only=True)
class Prepared:
    """What was found on the way: the counts, and sentences about what a person should know."""

    counts: Counts = field(default_factory=Counts)
    warnings: list[str] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    """Records that were mended, and lines left out, by kind."""
    layouts: dict[str, list[tuple[int, Mapping[str, Any]]]] = field(default_factory=dict)
    """How the raw texts of each file are written (`rejects.Layouts`)."""
    reading: list[str] = field(default_factory=list)
    """How the first files were read, as their formats tell it: what was recognised and repaired."""
    columns: Columns = field(default_factory=Columns)
    unknown_keys: int = 0
    """Rejected rows whose key cannot be read."""


@dataclass(kw_only=True)
class Preparation:
    """The work on one source; `first` = the warehouse has no load of it yet.

    `snapshot` is there when the files hold all rows of the source and what they lack is to be closed.
    """

    spec: SourceSpec
    entity: Entity
    ctx: Context
    session: Session
    workbench: Path
    first: bool
    snapshot: Snapshot | None = None
    sieve: Sieve = field(default_factory=Sieve)
    found: Prepared = field(default_factory=Prepared)
    late: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Decide once what waits for the merge."""
        self.late = self._late_columns()

    @property
    def staged(self) -> str:
        """Scratch table of the rows to merge."""
        return f"scratch.{self._quote(f'import_{self.spec.name}')}"

    def prepare(self, files: Sequence[Found]) -> Prepared:
        """Stage the new and changed rows of these files in `staged`, the rejected ones among the rejects.

        Large files that seem sound are read once, straight into their columns; only when a row of them must be found
        again, because it is rejected or another has its key, are all read anew with their lines.
        """
        distinct = self._may_be_unstaged(files) and self._prepared(files, unstaged=True)
        if not distinct:
            self._prepared(files, unstaged=False)
        self.found.counts = self._compared(0 if distinct else self._drop_duplicates())
        self.found.counts.check(self.spec.name)
        return self.found

    def _may_be_unstaged(self, files: Sequence[Found]) -> bool:
        large = any(file.size >= _LARGE_BYTES for file in files)
        by_row = rowwise.judges(self.entity, self.session.dialect)
        return large and self.spec.where is None and self.sieve.takes_all and not by_row

    def _prepared(self, files: Sequence[Found], *, unstaged: bool) -> bool:
        """Judge all rows of these files into `staged`; False when they were unstaged and must be staged."""
        self._found_staged()
        self.found = Prepared()
        for portion in portions(files):
            for batch in together(self._rows(portion, unstaged=unstaged), self.session.dialect):
                if batch.rows.unstaged:
                    if not self._judged_unstaged(batch):
                        return False
                else:
                    self._note(batch.rows, *self._judge(self._sifted(batch)))
                self.ctx.progress.advance(self.spec.name, self.found.counts.read, None)
            self._drop(*(f"{_RAW}_{number}" for number, _ in portion))
            for number, _ in portion:
                shutil.rmtree(self._place(number), ignore_errors=True)
        return not unstaged or not self._repeats_keys()

    def _judged_unstaged(self, batch: Batch) -> bool:
        """Judge rows straight from their files; False when one of them must be looked at."""
        import duckdb

        try:
            kept, _ = self._insert(batch)
        except duckdb.Error:  # some line is no record of this table after all
            return False
        if kept != batch.rows.read or self.session.rows(f"SELECT 1 FROM {self.staged} WHERE {self._wrong} LIMIT 1"):
            return False
        self._note(batch.rows, kept, bad=0)
        return True

    def _note(self, rows: Rows, kept: int, bad: int) -> None:
        """What became of a batch: rows that meet `where`, and those of them that are rejected."""
        counts = self.found.counts
        self.found.columns.note(self.session, rows)
        self.found.repairs.update(rows.repairs)
        self.found.unknown_keys += rows.rejected
        self.found.counts = replace(
            counts,
            read=counts.read + rows.read,
            rejected=counts.rejected + rows.rejected + bad,
            filtered=counts.filtered + rows.read - rows.rejected - kept,
        )

    def _repeats_keys(self) -> bool:
        key = ", ".join(self._quote(name) for name in self.entity.key)
        keys = f"(SELECT DISTINCT {key} FROM {self.staged})"
        query = f"SELECT (SELECT count(*) FROM {self.staged}) > (SELECT count(*) FROM {keys} AS different)"
        return bool(self.session.value(query))

    def _rows(self, portion: Sequence[tuple[int, Found]], *, unstaged: bool) -> list[tuple[int, Rows]]:
        """The rows of each file, no more of them than the load still wants."""
        read = self.found.counts.read
        found: list[tuple[int, Rows]] = []
        for number, file in portion:
            wanted = None if self.sieve.limit is None else self.sieve.limit - read
            if wanted == 0:
                break
            rows = self._read(file, number, unstaged=unstaged)
            if file.format.decimal == AUTO and not rows.unstaged:
                rows = replace(rows, decimals=decimals(self.session, rows, number_columns(self.spec, self.entity)))
            if wanted is not None:
                rows = first_rows(self.session, rows, self.spec.name, wanted)
            self.found.layouts[rows.label] = [(1, {"decimal": rows.decimal, **rows.layout})]
            if number < _TOLD_FILES:
                self.found.reading.extend(say("sources.said_of", source=rows.label, what=note) for note in rows.notes)
            found.append((number, rows))
            read += rows.read
        return found

    def _sifted(self, batch: Batch) -> Batch:
        cursor = self.sieve.cursor
        return batch if cursor is None else replace(batch, rows=cursor.sift(self.session, batch.rows))

    def _compared(self, duplicates: int) -> Counts:
        """The counts with how the staged rows stand to what is open now; those that are open already go."""
        counts = self.found.counts
        deleted = self._gone()
        compared = merge.drop_unchanged(self.session, Merge(entity=self.entity, staged=self.staged, late=self.late))
        return replace(
            counts,
            inserted=compared.inserted,
            updated=compared.updated,
            unchanged=compared.unchanged,
            duplicates=duplicates,
            deleted=deleted,
        )

    def _gone(self) -> int:
        """How many open versions this full load lacks; none as long as a rejected row may be one of them."""
        if self.snapshot is None:
            return 0
        if self.found.unknown_keys:
            self.found.warnings.append(say("sources.keys_unknown", count=self.found.unknown_keys))
            return 0
        return self.snapshot.find_gone(self.staged)

    def _found_staged(self) -> None:
        """The table of judged rows; what remains in it at the end is merged."""
        columns = {FILE: "integer", LINE: "integer", **merge.content_columns(self.entity)}
        columns |= {AVAILABLE: "timestamp", PROBLEM: "integer", REASON: "text"}
        columns |= {name: merge.version_columns(self.entity)[name] for name in self._compared_columns()}
        self.session.create(self.staged, columns)
        if self.snapshot is not None:
            self.snapshot.begin()

    def _drop(self, *tables: str) -> None:
        for table in tables:
            self.session.execute(f"DROP TABLE IF EXISTS {table}")

    def _read(self, file: Found, number: int, *, unstaged: bool) -> Rows:
        wanted, exact = wanted_columns(self.spec, self.entity)
        place = self._place(number)
        place.mkdir(exist_ok=True)
        request = ReadRequest(
            path=file.path,
            label=file.label,
            source=self.spec.name,
            table=f"{_RAW}_{number}",
            workbench=place,
            format=file.format,
            first_line=file.first_line,
            wanted=wanted,
            exact=exact,
            local=local_columns(self.spec),
            unstaged=unstaged,
        )
        return choice.read(request, self.session)

    def _place(self, number: int) -> Path:
        """Where what must be unpacked or rewritten of a file stands until its rows have been judged."""
        return self.workbench / f"file-{number}"

    def _judge(self, batch: Batch) -> tuple[int, int]:
        """Map and check a batch's rows; (rows that meet `where`, those of them that are rejected)."""
        kept, judged = self._insert(batch)
        rowwise.judge_rows(self.session, self.entity, self.staged, tuple(batch.labels), judged.first_by_row)
        bad = int(self.session.value(f"SELECT count(*) FROM {self.staged} WHERE {self._wrong}"))
        if bad:
            rejects.stage_judged(self.session, self.spec.name, batch, judged, self.staged)
            hints = of_dates(self.session, self.spec, batch.rows, self.ctx)
            self.found.warnings.extend(hint for hint in hints if hint not in self.found.warnings)
            if self.snapshot is not None:
                self.found.unknown_keys += self.snapshot.keep(self.staged, self._wrong)
            self.session.execute(f"DELETE FROM {self.staged} WHERE {self._wrong}")
        return kept, bad

    def _insert(self, batch: Batch) -> tuple[int, Judged]:
        """Map and check a batch's rows into `staged`; rows that meet `where`, and how they were judged."""
        judged = judged_rows(self.spec, self.entity, batch.rows, self.session.dialect)
        # One pass: the big table is written once, with all that the merge wants.
        values = ", ".join(("*", *self._compared_columns().values()))
        wanted = self.sieve.happened(self.entity, self.session.dialect)
        kept = self.session.execute(
            f"INSERT INTO {self.staged} SELECT {values} FROM ({judged.sql}) AS judged WHERE {wanted}"
        )
        return kept, judged

    @property
    def _wrong(self) -> str:
        return f"{self._quote(PROBLEM)} IS NOT NULL"

    def _late_columns(self) -> dict[str, str]:
        """Version columns that wait for the merge: nothing is open yet that they could be compared with."""
        # Customer records are found by source and id, also those that another source brings in this very run.
        fresh = self.entity.name != "customers" and not self.session.columns(self.entity.versions_table)
        return self._version_columns() if fresh else {}

    def _compared_columns(self) -> dict[str, str]:
        return {} if self.late else self._version_columns()

    def _version_columns(self) -> dict[str, str]:
        """SQL of the source, the id there, the content's hash, and the instant since which the row was known."""
        content = merge.content_columns(self.entity)
        return {
            "source": text_literal(self.spec.name),
            "source_id": self._source_id(),
            "row_hash": merge.row_hash_sql(content, self.session.dialect, self.entity.required),
            "known_from": self._known_from(),
        }

    def _source_id(self) -> str:
        """The key as one text; a single text is it as it stands."""
        parts = [f"coalesce(CAST({self._quote(name)} AS VARCHAR), '')" for name in self.entity.key]
        return parts[0] if len(parts) == 1 else f"concat_ws('|', {', '.join(parts)})"

    def _drop_duplicates(self) -> int:
        """Keep one row a key: the one available last, then the last one read; how many went."""
        key = ", ".join(self._quote(name) for name in self.entity.key)
        same = " AND ".join(
            f"j.{self._quote(name)} IS NOT DISTINCT FROM d.{self._quote(name)}" for name in self.entity.key
        )
        newest = f"{self._quote(AVAILABLE)} DESC NULLS LAST, {self._quote(FILE)} DESC, {self._quote(LINE)} DESC"
        columns = ", ".join(f"j.{self._quote(name)}" for name in (*self.entity.key, FILE, LINE, AVAILABLE))
        # Two rows may stand on one line, so that file and line would name both.
        # The window runs over repeated keys only: it sorts, and most files repeat none.
        self.session.execute(
            f"CREATE OR REPLACE TABLE {_LOSERS} AS "
            f"WITH repeated AS (SELECT {key} FROM {self.staged} GROUP BY {key} HAVING count(*) > 1), "
            f"candidates AS (SELECT {columns}, j.rowid AS nr FROM {self.staged} AS j JOIN repeated AS d ON {same}), "
            f"ranked AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {newest}) AS place FROM candidates) "
            "SELECT nr FROM ranked WHERE place > 1"
        )
        losers = self.session.execute(f"DELETE FROM {self.staged} AS j USING {_LOSERS} AS l WHERE j.rowid = l.nr")
        self._drop(_LOSERS)
        return losers

    def _known_from(self) -> str:
        """As declared; else the event time in a source's first load, later the load's; never after the load."""
        known_at = literal(self.ctx.known_at)
        if self.spec.available_at:
            stated = self._quote(AVAILABLE)
        elif self.first and self.entity.time:
            stated = self._quote(self.entity.time)
        else:
            return known_at
        return f"LEAST(coalesce({stated}, {known_at}), {known_at})"

    def _quote(self, name: str) -> str:
        return self.session.dialect.quote(name)
