"""Plan and apply the load of one source: find what is new, prepare it in scratch, then one short write window."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from opscli.clock import END_OF_TIME, parse_instant
from opscli.engine import merge
from opscli.engine.entity import Entity
from opscli.engine.merge import Merge
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session, next_load_seq
from opscli.errors import DataUnusable, TryLater, UsageError
from opscli.faults import faultpoint
from opscli.ids import fingerprint
from opscli.kinds import load_kind
from opscli.phrases import say
from opscli.sources import cursors, drift, piped, rejects, retry
from opscli.sources.drift import COLUMNS
from opscli.sources.gathering import Asked, Gathered, Mark
from opscli.sources.mapping import optional_columns, wanted_columns
from opscli.sources.prepare import Counts, Preparation, Prepared
from opscli.sources.sieve import CURSOR, ColumnCursor, Sieve
from opscli.sources.source import Limit, SourceSpec
from opscli.sources.tombstones import Snapshot
from opscli.stage import Context

_DEFAULT_MAX_DELTA = 0.2
"""Share of a source's rows that a full load may change or close where neither the source nor the project says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """What the load of one source will do; the rows wait in the scratch table `staged`."""

    spec: SourceSpec
    entity: Entity
    config: str
    counts: Counts = field(default_factory=Counts)
    gathered: Gathered = field(default_factory=Gathered)
    staged: str = ""
    late: Mapping[str, str] = field(default_factory=dict)
    """See `Merge.late`."""
    first_backfill: bool = False
    snapshot: bool = False
    """Versions whose row is gone are closed."""
    stopped: str = ""
    """Why a guard stops this load, or empty."""
    notes: tuple[str, ...] = ()
    """What a person may want to know, such as an input that is left out."""
    reading: tuple[str, ...] = ()
    """How the files were read; a plan tells it."""
    warnings: tuple[str, ...] = ()
    """What a person should look at."""
    sample: Sequence[Mapping[str, object]] = ()
    repairs: Mapping[str, int] = field(default_factory=dict)
    """Records that were mended, and lines left out, by kind; each is listed in the repairs file."""
    layouts: rejects.Layouts = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """Marks that the load itself keeps, beside those of the source's type."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a load was asked for: everything that is new, or a part of what there is."""

    full: bool = False
    since: str = ""
    limit: int | None = None
    changed: bool = False
    piped: bool = False
    retry: str = ""
    """A corrected reject file, read instead of what the source finds."""

    @classmethod
    def of(cls, ctx: Context) -> Wanted:
        """As the options of the step say."""
        return cls(**{item.name: ctx.options[item.name] for item in fields(cls) if ctx.options.get(item.name)})

    @property
    def partly(self) -> bool:
        """Such a load moves no cursor and closes nothing: it says nothing about the rows that it leaves out."""
        return bool(self.since or self.retry) or self.limit is not None


def plan_source(spec: SourceSpec, entity: Entity, ctx: Context, load_seq: int) -> SourcePlan:
    """Read and judge whatever is new. Raises DataUnusable when a file is missing or cannot be read at all."""
    started, wanted = time.monotonic(), Wanted.of(ctx)
    config = fingerprint([dict(spec.document.data), dict(entity.schema), entity.key])
    marks = {} if wanted.full else cursors.read_marks(ctx.state, spec.name, config=config, load_seq=load_seq)
    with workbench_of(ctx) as workbench:
        gathered, lines = _gather(spec, entity, ctx, workbench, marks)
        plan = SourcePlan(spec=spec, entity=entity, config=config, gathered=gathered, notes=gathered.notes)
        if not gathered.files and not _closes(plan):
            return replace(plan, seconds=time.monotonic() - started)
        with ctx.warehouse.read() as session:
            work = Preparation(
                spec=spec,
                entity=entity,
                ctx=ctx,
                session=session,
                workbench=workbench,
                first=_has_no_load(session, spec.name),
                snapshot=Snapshot(session=session, source=spec.name, entity=entity) if _closes(plan) else None,
                sieve=_sieve(plan, ctx, marks),
            )
            plan = _prepared(plan, work, lines, ctx)
    return replace(plan, seconds=time.monotonic() - started)


def _prepared(plan: SourcePlan, work: Preparation, lines: retry.Lines | None, ctx: Context) -> SourcePlan:
    """The plan with what its files hold."""
    found, cursor = _read(plan, work), work.sieve.cursor
    layouts: rejects.Layouts = found.layouts
    if lines is not None:
        lines.translate(work.session, plan.spec.name)
        layouts = {lines.label: lines.layouts}
    marks, warnings = {CURSOR: cursor.mark() if cursor is not None else None}, found.warnings
    if not Wanted.of(ctx).partly:
        last = cursors.read_mark(ctx.state, plan.spec.name, COLUMNS)
        told, marks[COLUMNS] = drift.check(plan.spec, last, found.columns, wanted_columns(plan.spec, plan.entity)[0])
        warnings = [*told, *warnings]
    return replace(
        plan,
        counts=found.counts,
        staged=work.staged,
        late=work.late,
        marks={name: mark for name, mark in marks.items() if mark},
        first_backfill=work.first,
        snapshot=found.counts.deleted > 0,
        stopped=_stopped(plan, found.counts, ctx, work.session),
        warnings=tuple(warnings),
        repairs=dict(found.repairs),
        reading=tuple(found.reading),
        layouts=layouts if found.counts.rejected else {},
        sample=rejects.sample(work.session, plan.spec.name) if found.counts.rejected else (),
    )


def _read(plan: SourcePlan, work: Preparation) -> Prepared:
    """What the files hold. Raises TryLater when one was written to meanwhile, whatever else that led to."""
    try:
        found = work.prepare(plan.gathered.files)
    except (DataUnusable, FileNotFoundError):
        _refuse_moved(plan)
        raise
    _refuse_moved(plan)
    return found


def _refuse_moved(plan: SourcePlan) -> None:
    for file in plan.gathered.files:
        if file.moved():
            raise TryLater(
                say("sources.changed_meanwhile", file=file.label), remedy=say("sources.changed_meanwhile_how")
            )


def _has_no_load(session: Session, source: str) -> bool:
    """Whether no whole load of a source stands; an older warehouse lacks the columns until it is written to."""
    whole = ""
    if "undone_seq" in session.columns("loads"):
        whole = " AND undone_seq IS NULL AND (marks IS NOT NULL OR deleted IS NULL)"
    return bool(session.value(f"SELECT count(*) FROM loads WHERE source = ?{whole}", (source,)) == 0)


def _closes(plan: SourcePlan) -> bool:
    """Whether what this load lacks is gone at the source."""
    return plan.spec.on_delete == "tombstone" and plan.gathered.complete


def _sieve(plan: SourcePlan, ctx: Context, marks: Mapping[str, Mark]) -> Sieve:
    """What is left out of the rows that are read. Raises UsageError for a `--since` that is no instant."""
    wanted, spec = Wanted.of(ctx), plan.spec
    if not plan.gathered.unsifted:
        return Sieve(limit=wanted.limit)
    since = None
    if wanted.since:
        try:
            since = parse_instant(wanted.since, ctx.project.zone)
        except ValueError as error:
            raise UsageError(say("sources.no_since", error=error), remedy=say("sources.no_since_how")) from error
    by_column = spec.cursor.column and not wanted.partly
    cursor = ColumnCursor(spec=spec, last=marks.get(CURSOR, {})) if by_column else None
    return Sieve(limit=wanted.limit, since=since, cursor=cursor)


def _gather(
    spec: SourceSpec, entity: Entity, ctx: Context, workbench: Path, marks: Mapping[str, Mark]
) -> tuple[Gathered, retry.Lines | None]:
    """What the source's type finds or fetches; the warehouse is free meanwhile."""
    wanted = Wanted.of(ctx)
    asked = Asked(
        source=spec.name,
        root=ctx.project.root,
        workbench=workbench,
        at=ctx.known_at,
        known={name: mark for name, mark in marks.items() if name not in (CURSOR, COLUMNS)},
        wanted=wanted_columns(spec, entity)[0],
        optional=optional_columns(spec, entity),
        cursor=spec.cursor,
        full=wanted.full,
        since=wanted.since,
        limit=wanted.limit,
        may_lack=wanted.changed,
        snapshot=spec.on_delete == "tombstone",
        piped=wanted.piped,
        progress=ctx.progress,
    )
    if wanted.retry:
        return retry.gather(ctx.project.root / wanted.retry, asked)
    if asked.piped:
        return piped.gather(spec.settings.format, asked), None
    gathered: Gathered = load_kind("opscli.sources", spec.type).gather(spec.settings, asked)
    if wanted.partly:
        return replace(gathered, marks={}, gone=(), complete=False), None
    return replace(gathered, complete=gathered.complete and not wanted.piped), None


@contextmanager
def workbench_of(ctx: Context) -> Iterator[Path]:
    """A folder for what is fetched, unpacked or rewritten, beside the pages that the engine spills."""
    with ctx.warehouse.read() as session:
        spill = Path(session.value("SELECT current_setting('temp_directory')"))
    with TemporaryDirectory(dir=spill.parent, prefix="import-") as folder:
        yield Path(folder)


def _stopped(plan: SourcePlan, counts: Counts, ctx: Context, session: Session) -> str:
    """Which guard stops this load, in words; the share of changed rows needs rows to compare with."""
    spec = plan.spec
    retried = Wanted.of(ctx).retry  # corrected by hand: what is still wrong is a leftover, no sign of a broken file
    if not retried and spec.max_rejects.exceeded(counts.rejected, counts.read):
        told = rejects.reasons(session, spec.name)
        return say(
            "sources.too_many_rejects",
            rejected=counts.rejected,
            read=counts.read,
            limit=spec.max_rejects,
            reasons=told,
        )
    limit = spec.max_delta
    if limit.share is None and spec.on_delete == "tombstone":
        limit = Limit(share=_DEFAULT_MAX_DELTA if ctx.project.max_delta is None else ctx.project.max_delta)
    changed = counts.updated + counts.deleted
    if changed and limit.share is not None:
        table = session.dialect.quote(plan.entity.versions_table)
        query = f"SELECT count(*) FROM {table} WHERE source = ? AND known_to = {literal(END_OF_TIME)}"
        present = int(session.value(query, (spec.name,)))
        if present and limit.exceeded(changed, present):
            key = "sources.too_many_gone" if counts.deleted else "sources.too_many_changes"
            return say(key, updated=counts.updated, deleted=counts.deleted, present=present, limit=limit)
    return ""


def apply_source(plan: SourcePlan, ctx: Context) -> int:
    """Merge a planned source in one write window, then move its cursors; versions closed."""
    load = cursors.Load(config=plan.config, load_seq=ctx.warehouse.load_seq(), run_id=ctx.run_id, at=ctx.known_at)
    closed, marks = 0, {**plan.gathered.whole_marks(), **plan.marks}
    if plan.staged:
        with ctx.warehouse.write(plan.entity.versions_table, "rejects", "loads") as session:
            merge.ensure_versions(session, plan.entity)
            planned = Merge(entity=plan.entity, staged=plan.staged, late=plan.late)
            load = replace(load, load_seq=next_load_seq(session))
            closed = merge.apply(session, planned, run_id=ctx.run_id, load_seq=load.load_seq)
            if plan.snapshot:
                Snapshot(session=session, source=plan.spec.name, entity=plan.entity).close(load.at, load.load_seq)
            rejects.store(session, plan.spec.name, plan.entity.name, ctx, load.load_seq)
            after = None if Wanted.of(ctx).partly else cursors.marks_after(ctx.state, plan.spec, marks, load)
            _note_load(session, plan, load, closed, after)
        with ctx.warehouse.read() as session:  # a transaction writes to one database, so the scratch is cleaned here
            session.execute(f"DROP TABLE {plan.staged}")
    cursors.keep_marks(ctx.state, plan.spec.name, marks, load, plan.gathered.gone)
    faultpoint("import.marks_kept")
    return closed


def _note_load(
    session: Session, plan: SourcePlan, load: cursors.Load, closed: int, marks: Mapping[str, object] | None
) -> None:
    counts = plan.counts
    values = {
        "load_seq": load.load_seq,
        "run_id": load.run_id,
        "source": plan.spec.name,
        "entity": plan.entity.name,
        "loaded_at": load.at,
        "rows_read": counts.read,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "closed": closed,
        "deleted": counts.deleted,
        "first_backfill": plan.first_backfill,
        "marks": None if marks is None else json.dumps(marks, sort_keys=True, ensure_ascii=False),
    }
    places = ", ".join("?" * len(values))
    session.execute(f"INSERT INTO loads ({', '.join(values)}) VALUES ({places})", tuple(values.values()))
