"""What the input of a source holds, column by column (`source profile`): counted on the engine, over all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from opscli.engine.warehouse import Session
from opscli.kinds import load_kind
from opscli.sources import rejects
from opscli.sources.batches import together
from opscli.sources.formats import choice
from opscli.sources.formats.rows import ReadRequest, Rows, matches, text_literal
from opscli.sources.gathering import Asked, Found
from opscli.sources.load import workbench_of
from opscli.sources.mapping import local_columns, mapping_of, wanted_columns
from opscli.sources.source import SourceSpec
from opscli.stage import Context

_TOP = 5
_CLASSES = {
    "date": r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ].*)?",
    "time": r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
    "number": r"[-+(]?[£$€¥]? ?[0-9][0-9.,' ]*\)? ?%?",
    "address": r"[^\s@]+@[^\s@]+\.[^\s@]+",
    "link": r"(https?://|www\.)\S+",
}
"""Classes of texts, in the order in which they are tried."""
_ARMS = " ".join(f"WHEN {matches('value', pattern)} THEN {text_literal(kind)}" for kind, pattern in _CLASSES.items())
_VALUES = "scratch.profiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column over all rows. `personal` = it fills a column with data about a person, or looks like that."""

    name: str
    rows: int
    empty: int
    distinct: int
    lowest: str | None
    highest: str | None
    longest: int
    classes: Mapping[str, int]
    top: tuple[tuple[str, int], ...]
    is_key: bool
    personal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProfile:
    """All columns of a source's input, as it is now, loaded or not."""

    source: str
    rows: int
    rejected: int
    columns: tuple[ColumnProfile, ...]


def profile(spec: SourceSpec, ctx: Context) -> SourceProfile:
    """Read everything that the source has, and count. Nothing is loaded and no cursor moves."""
    entity = ctx.project.entities[spec.entity]
    with workbench_of(ctx) as workbench:
        asked = Asked(
            source=spec.name, root=ctx.project.root, workbench=workbench, at=ctx.known_at, full=True,
            wanted=wanted_columns(spec, entity)[0], progress=ctx.progress,
        )  # fmt: skip
        gathered = load_kind("opscli.sources", spec.type).gather(spec.settings, asked)
        with ctx.warehouse.read() as session:
            rejects.prepare(session)
            reading = _Reading(spec, ctx, session, workbench)
            read = [(number, reading.read(file, number)) for number, file in enumerate(gathered.files)]
            batches = list(together(read, session.dialect))
            personal = _personal(spec, ctx)
            columns = tuple(
                _column(session, name, [batch.rows for batch in batches if name in batch.rows.columns], personal)
                for name in dict.fromkeys(name for batch in batches for name in batch.rows.columns)
            )
    total = sum(rows.read for _, rows in read)
    return SourceProfile(source=spec.name, rows=total, rejected=sum(rows.rejected for _, rows in read), columns=columns)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the files of a source are read, each into a scratch table of its own."""

    spec: SourceSpec
    ctx: Context
    session: Session
    workbench: Path

    def read(self, file: Found, number: int) -> Rows:
        """The rows of one file."""
        wanted, exact = wanted_columns(self.spec, self.ctx.project.entities[self.spec.entity])
        place = self.workbench / f"profile-{number}"
        place.mkdir()
        request = ReadRequest(
            path=file.path, label=file.label, source=self.spec.name, table=f"scratch.profile_{number}",
            workbench=place, format=file.format, first_line=file.first_line, wanted=wanted, exact=exact,
            local=local_columns(self.spec),
        )  # fmt: skip
        return choice.read(request, self.session)


def _column(session: Session, name: str, batches: Sequence[Rows], personal: frozenset[str]) -> ColumnProfile:
    quoted = session.dialect.quote(name)
    texts = " UNION ALL ".join(
        f"SELECT NULLIF(trim(CAST({quoted} AS VARCHAR)), '') AS value FROM {rows.relation} AS batch" for rows in batches
    )
    session.execute(
        f"CREATE OR REPLACE TABLE {_VALUES} AS SELECT value, count(*) AS times FROM ({texts}) GROUP BY value"
    )
    rows, empty, distinct, lowest, highest, longest = session.rows(
        "SELECT sum(times), coalesce(sum(CASE WHEN value IS NULL THEN times END), 0), count(value), "
        f"min(value), max(value), coalesce(max(length(value)), 0) FROM {_VALUES}"
    )[0]
    classes = session.rows(
        f"SELECT CASE {_ARMS} ELSE 'text' END AS kind, sum(times) FROM {_VALUES} WHERE value IS NOT NULL "
        "GROUP BY kind ORDER BY sum(times) DESC, kind"
    )
    top = session.rows(
        f"SELECT value, times FROM {_VALUES} WHERE value IS NOT NULL ORDER BY times DESC, value LIMIT {_TOP}"
    )
    counts = {str(kind): int(times) for kind, times in classes}
    return ColumnProfile(
        name=name,
        rows=int(rows or 0),
        empty=int(empty),
        distinct=int(distinct),
        lowest=lowest,
        highest=highest,
        longest=int(longest),
        classes=counts,
        top=tuple((str(value), int(times)) for value, times in top),
        is_key=bool(rows) and not empty and distinct == rows,
        personal=name in personal or "address" in counts,
    )


def _personal(spec: SourceSpec, ctx: Context) -> frozenset[str]:
    """Source columns that fill columns with data about a person."""
    entity = ctx.project.entities[spec.entity]
    marked = {column.name for column in entity.columns if column.personal} | {str(entity.customer)}
    stated = mapping_of(spec, entity)
    return frozenset(mapped.column or mapped.text for target, mapped in stated.items() if target in marked)
