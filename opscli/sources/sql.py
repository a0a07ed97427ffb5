"""Source type `sql`: a table or a query of any database that SQLAlchemy knows, read in pages and never written to."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document
from opscli.config.secrets import resolve
from opscli.errors import DataUnusable, UsageError
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.sources import databases, positions, selects
from opscli.sources.cells import Write, text_file
from opscli.sources.formats.rows import FileFormat
from opscli.sources.gathering import Asked, Found, Gathered, Mark
from opscli.sources.keyset import Keyset, Rows
from opscli.sources.relations import Relation, query_in, table_in

_PAGE_SIZE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSettings:
    """Settings of a SQL source; `url` is an address without password, or where it is kept. Times are in seconds."""

    url: str | Mapping[str, Any]
    table: str = ""
    query: str = ""
    key: tuple[str, ...] = ()
    page_size: int = _PAGE_SIZE
    timeout: float = 300.0
    connect_timeout: float = 10.0


def settings(data: Mapping[str, Any]) -> SqlSettings:
    """Settings of a schema-valid document."""
    return SqlSettings(
        url=data["url"],
        table=str(data.get("table", "")),
        query=str(data.get("query", "")),
        key=tuple(data.get("key", ())),
        page_size=int(data.get("page_size", _PAGE_SIZE)),
        timeout=parse_duration(data.get("timeout", "5min")).total_seconds(),
        connect_timeout=parse_duration(data.get("connect_timeout", "10s")).total_seconds(),
    )


def check(spec: SqlSettings, document: Document) -> Iterable[Issue]:
    """An address that is none, shows a password or leads outside; a query that does not only read."""
    backend = ""
    if isinstance(spec.url, str):
        try:
            url = databases.parsed_url(spec.url)
        except DataUnusable as error:
            yield document.issue(("url",), error.what, how=error.remedy)
            return
        backend = url.get_backend_name()
        yield from _address_issues(spec.url, document)
    if spec.query:
        try:
            selects.prove(spec.query, backend)
        except selects.NotOnlyReading as error:
            yield document.issue(("query",), error.what, how=say("sources.sql_only_select"), offset=error.offset)


def place(spec: SqlSettings) -> str:
    """The table or query, and the database's host and name."""
    try:
        database = databases.place_of(spec.url)
    except DataUnusable:
        database = ""
    return say("sources.sql_table_of" if spec.table else "sources.sql_query_of", table=spec.table, database=database)


def gather(spec: SqlSettings, asked: Asked) -> Gathered:
    """Rows that are new since the cursor's mark, all of them without a cursor, as one file of text columns.

    Raises DataUnusable, NotPermitted, ServiceUnavailable or TimedOut with the way out.
    """
    url = resolve(spec.url, asked.root).reveal()
    access = databases.Access(url=url, root=asked.root, timeout=spec.timeout, connect_timeout=spec.connect_timeout)
    with databases.reading(access) as reader:
        relation = (table_in(reader, spec.table) if spec.table else query_in(reader, spec.query)).with_key(spec.key)
        reader.as_text()
        return _fetched(asked, _keyset(spec, asked, reader, relation), place(replace(spec, url=url)))


def _address_issues(url: str, document: Document) -> Iterator[Issue]:
    parsed = databases.parsed_url(url)
    if parsed.password is not None:
        how = "url: {env: OPS_DATABASE_URL}"
        what = say("config.password_in_url", key="url")
        yield document.issue(("url",), what, why=say("config.password_why"), how=how)
    if databases.leads_outside(parsed):
        yield document.issue(
            ("url",),
            say("sources.outside_project", path=parsed.database or ":memory:"),
            why=say("sources.outside_project_why"),
            how=say("sources.sql_no_file_how"),
        )


def _keyset(spec: SqlSettings, asked: Asked, reader: databases.Reader, relation: Relation) -> Keyset:
    """Which columns are read in which order, and where to begin."""
    for name in asked.wanted:
        if name not in relation.columns and name not in asked.optional:
            raise relation.lacks(name, say("sources.sql_map_how"))
    cursor = asked.cursor.column
    if cursor and cursor not in relation.columns:
        raise relation.lacks(cursor, say("sources.sql_cursor_how"))
    order = tuple(dict.fromkeys((*((cursor,) if cursor else ()), *relation.key)))
    wanted = tuple(name for name in asked.wanted if name in relation.columns)
    keyset = Keyset(
        reader=reader,
        relation=relation,
        wanted=wanted or relation.columns[:1],
        order=order,
        page_size=min(spec.page_size, asked.limit or spec.page_size),
    )
    return replace(keyset, begin=_begin(asked, keyset)) if cursor else keyset


def _begin(asked: Asked, keyset: Keyset) -> Any:
    """First cursor value to read: as stated for this load, else the last mark less the lookback; None = the start."""
    if asked.since:
        sample = keyset.sample()
        try:
            return asked.since if sample is None else positions.as_like(asked.since, sample)
        except ValueError as error:
            what = say("sources.sql_since", since=asked.since, column=asked.cursor.column, sample=sample)
            raise UsageError(what, remedy=say("sources.sql_since_how")) from error
    mark = asked.known.get(asked.cursor.column)
    if mark is None or asked.full:
        return None
    return positions.earlier(positions.restored(mark), asked.cursor.lookback)


def _fetched(asked: Asked, keyset: Keyset, label: str) -> Gathered:
    """Copy the rows into a file, those without a place first: what is read later is the newer state."""
    path = asked.workbench / "rows.parquet"
    copied = _Copied(asked=asked)
    with text_file(path, keyset.wanted) as write:
        unplaced = copied.take(keyset.unplaced(), write) if keyset.order else 0
        cursor = len(keyset.wanted) if asked.cursor.column else None
        copied.take(keyset.pages() if keyset.order else keyset.everything(), write, cursor)
    whole = keyset.begin is None and asked.limit is None
    notes = (say("sources.sql_unplaced", count=unplaced, columns=listed(keyset.order)),) if unplaced else ()
    if not copied.rows and not whole:
        return Gathered(skipped=1)
    found = Found(path=path, label=label, size=path.stat().st_size, format=FileFormat(type="parquet"))
    marks = _marks(asked, keyset, copied.reached) if asked.cursor.column and copied.reached is not None else {}
    if copied.ahead is not None:
        notes = (*notes, say("sources.sql_ahead", column=asked.cursor.column, value=copied.ahead))
    return Gathered(files=(found,), marks=marks, complete=whole, notes=notes)


@dataclass(slots=True, kw_only=True)
class _Copied:
    """How many rows were taken, never more than were asked for, and how far the cursor column was read.

    A time in the future moves no mark: all that is stamped before it would be left out from then on.
    """

    asked: Asked
    rows: int = 0
    reached: Any = None
    ahead: Any = None

    def take(self, pages: Generator[Rows], write: Write, cursor: int | None = None) -> int:
        """Copy pages, ordered by the column at `cursor` where there is one; rows taken."""
        before = self.rows
        with closing(pages):
            for page in pages:
                rows = page if self.asked.limit is None else page[: self.asked.limit - self.rows]
                write(rows)
                self.rows += len(rows)
                if cursor is not None:
                    self._note(row[cursor] for row in reversed(rows))
                self.asked.progress.advance(self.asked.source, self.rows, None)
                if self.rows == self.asked.limit:
                    break
        return self.rows - before

    def _note(self, backwards: Iterable[Any]) -> None:
        for value in backwards:
            if not positions.is_ahead(value, self.asked.at):
                self.reached = value
                return
            self.ahead = self.ahead if self.ahead is not None else value


def _marks(asked: Asked, keyset: Keyset, highest: Any) -> dict[str, Mark]:
    """The highest cursor value that was read, unless rows before it were left out or an older mark lies behind it."""
    column = asked.cursor.column
    if positions.earlier(highest, asked.cursor.lookback) is None:
        raise DataUnusable(
            say("sources.sql_no_lookback", column=column, value=highest), remedy=say("sources.sql_no_lookback_how")
        )
    known = asked.known.get(column)
    reached = positions.restored(known) if known is not None else None
    leaves_out = reached is not None and keyset.begin is not None and positions.is_later(keyset.begin, reached)
    if asked.limit is not None or leaves_out or (reached is not None and positions.is_later(reached, highest)):
        return {}
    return {column: positions.kept(highest)}
