"""Plan and apply the load of one source: find what is new, prepare it in scratch, then one short write window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from opscli.clock import END_OF_TIME
from opscli.engine import merge
from opscli.engine.entity import Entity
from opscli.engine.merge import Merge
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session, next_load_seq
from opscli.faults import faultpoint
from opscli.ids import fingerprint
from opscli.kinds import load_kind
from opscli.phrases import say
from opscli.sources import cursors, piped, rejects
from opscli.sources.gathering import Asked, Gathered
from opscli.sources.mapping import optional_columns, wanted_columns
from opscli.sources.prepare import Counts, Preparation
from opscli.sources.source import SourceSpec
from opscli.stage import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """What the load of one source will do; the rows wait in the scratch table `staged`."""

    spec: SourceSpec
    entity: Entity
    config: str
    counts: Counts = field(default_factory=Counts)
    gathered: Gathered = field(default_factory=Gathered)
    staged: str = ""
    first_backfill: bool = False
    stopped: str = ""
    """Why a guard stops this load, or empty."""
    sample: Sequence[Mapping[str, object]] = ()
    repairs: Mapping[str, int] = field(default_factory=dict)
    """Records that were mended, and lines left out, by kind; each is listed in the repairs file."""


def plan_source(spec: SourceSpec, entity: Entity, ctx: Context, load_seq: int) -> SourcePlan:
    """Read and judge whatever is new. Raises DataUnusable when a file is missing or cannot be read at all."""
    config = fingerprint([dict(spec.document.data), dict(entity.schema), entity.key])
    with _workbench(ctx) as workbench:
        gathered = _gather(spec, entity, ctx, workbench, config, load_seq)
        plan = SourcePlan(spec=spec, entity=entity, config=config, gathered=gathered)
        if not gathered.files:
            return plan
        with ctx.warehouse.read() as session:
            first = session.value("SELECT count(*) FROM loads WHERE source = ?", (spec.name,)) == 0
            work = Preparation(spec=spec, entity=entity, ctx=ctx, session=session, workbench=workbench, first=first)
            counts = work.prepare(gathered.files)
            return replace(
                plan,
                counts=counts,
                staged=work.staged,
                first_backfill=first,
                stopped=_stopped(spec, entity, counts, session),
                sample=rejects.sample(session, spec.name) if counts.rejected else (),
                repairs=dict(work.repairs),
            )


def _gather(spec: SourceSpec, entity: Entity, ctx: Context, workbench: Path, config: str, load_seq: int) -> Gathered:
    """What the source's type finds or fetches; the warehouse is free meanwhile."""
    asked = Asked(
        source=spec.name,
        root=ctx.project.root,
        workbench=workbench,
        at=ctx.known_at,
        known=cursors.read_marks(ctx.state, spec.name, config=config, load_seq=load_seq),
        wanted=wanted_columns(spec, entity)[0],
        optional=optional_columns(spec, entity),
        cursor=spec.cursor,
        full=bool(ctx.options.get("full")),
        since=str(ctx.options.get("since") or ""),
        limit=ctx.options.get("limit"),
        piped=bool(ctx.options.get("piped")),
        progress=ctx.progress,
    )
    if asked.piped:
        return piped.gather(spec.settings.format, asked)
    gathered: Gathered = load_kind("opscli.sources", spec.type).gather(spec.settings, asked)
    return gathered


@contextmanager
def _workbench(ctx: Context) -> Iterator[Path]:
    """A folder for what is fetched, unpacked or rewritten, beside the pages that the engine spills."""
    with ctx.warehouse.read() as session:
        spill = Path(session.value("SELECT current_setting('temp_directory')"))
    with TemporaryDirectory(dir=spill.parent, prefix="import-") as folder:
        yield Path(folder)


def _stopped(spec: SourceSpec, entity: Entity, counts: Counts, session: Session) -> str:
    """Which guard stops this load, in words; the share of changed rows needs rows to compare with."""
    if spec.max_rejects.exceeded(counts.rejected, counts.read):
        return say("sources.too_many_rejects", rejected=counts.rejected, read=counts.read, limit=spec.max_rejects)
    if counts.updated and spec.max_delta.share is not None:
        table = session.dialect.quote(entity.versions_table)
        query = f"SELECT count(*) FROM {table} WHERE source = ? AND known_to = {literal(END_OF_TIME)}"
        present = int(session.value(query, (spec.name,)))
        if spec.max_delta.exceeded(counts.updated, present):
            return say("sources.too_many_changes", updated=counts.updated, present=present, limit=spec.max_delta)
    return ""


def apply_source(plan: SourcePlan, ctx: Context) -> int:
    """Merge a planned source in one write window, then move its cursors; versions closed."""
    seq, closed = ctx.warehouse.load_seq(), 0
    if plan.staged:
        with ctx.warehouse.write(plan.entity.versions_table, "rejects", "loads") as session:
            merge.ensure_versions(session, plan.entity)
            seq = next_load_seq(session)
            planned = Merge(entity=plan.entity, staged=plan.staged)
            closed = merge.apply(session, planned, run_id=ctx.run_id, load_seq=seq)
            rejects.store(session, plan.spec.name, plan.entity.name, ctx, seq)
            _note_load(session, plan, ctx, seq, closed)
        with ctx.warehouse.read() as session:  # a transaction writes to one database, so the scratch is cleaned here
            session.execute(f"DROP TABLE {plan.staged}")
    load = cursors.Load(config=plan.config, load_seq=seq, run_id=ctx.run_id, at=ctx.known_at)
    cursors.keep_marks(ctx.state, plan.spec.name, plan.gathered.marks, load)
    faultpoint("import.marks_kept")
    return closed


def _note_load(session: Session, plan: SourcePlan, ctx: Context, seq: int, closed: int) -> None:
    counts = plan.counts
    session.execute(
        "INSERT INTO loads (load_seq, run_id, source, entity, loaded_at, rows_read, inserted, updated, unchanged, "
        f"rejected, closed, first_backfill) VALUES (?, ?, ?, ?, {literal(ctx.known_at)}, ?, ?, ?, ?, ?, ?, ?)",
        (
            seq, ctx.run_id, plan.spec.name, plan.entity.name, counts.read, counts.inserted, counts.updated,
            counts.unchanged, counts.rejected, closed, plan.first_backfill,
        ),
    )  # fmt: skip
