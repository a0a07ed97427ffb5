"""Stage `import`: load every source that has something new."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from opscli.config.validate import did_you_mean
from opscli.errors import GuardStopped, TryLater, UsageError
from opscli.kinds import load_kind
from opscli.outcome import Outcome
from opscli.phrases import counted, listed, say
from opscli.sources import erasure, rejects, retry, undo
from opscli.sources.formats.rows import FileFormat
from opscli.sources.load import SourcePlan, apply_source, plan_source, workbench_of
from opscli.sources.prepare import Counts
from opscli.sources.source import SourceSpec
from opscli.sources.undo import UndoPlan
from opscli.stage import Context, Preview

READS: tuple[str, ...] = ()
WRITES = ("records", "entities", "rejects", "loads")
"""`entities` stands for every `<entity>_versions` table: which ones there are is the project's matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """One plan per source, prepared while the warehouse stood at `load_seq`."""

    sources: tuple[SourcePlan, ...]
    load_seq: int
    preview: Preview

    @property
    def stopped(self) -> tuple[SourcePlan, ...]:
        """Sources that a guard stops."""
        return tuple(source for source in self.sources if source.stopped)


def claims(ctx: Context) -> tuple[str, ...]:
    """A source is imported by one run at a time; imports of others may wait for the tables meanwhile."""
    if ctx.options.get("undo"):
        specs = ctx.project.all("source", SourceSpec)
    else:
        specs = _chosen(_retrying(ctx) if ctx.options.get("retry") else ctx)
    return tuple(f"source-{spec.name}" for spec in specs)


def plan(ctx: Context) -> ImportPlan | UndoPlan:
    """Read whatever is new and work out what would change. `options["only"]` names the sources, all by default.

    With `options["undo"]`, work out what the undo of that run would change instead.
    """
    if ctx.options.get("undo"):
        return undo.plan(ctx)
    if ctx.options.get("retry"):
        ctx = _retrying(ctx)
    specs = _chosen(ctx)
    load_seq = ctx.warehouse.load_seq()
    with ctx.warehouse.read() as session:
        rejects.prepare(session)
    plans = tuple(plan_source(spec, ctx.project.entities[spec.entity], ctx, load_seq) for spec in specs)
    return ImportPlan(sources=plans, load_seq=load_seq, preview=_preview(plans))


def run(plan: ImportPlan | UndoPlan, ctx: Context) -> Outcome:
    """Merge what was planned, one short write window a source.

    Raises TryLater when somebody else loaded meanwhile; GuardStopped, with nothing loaded, when a guard stops a source.
    """
    if isinstance(plan, UndoPlan):
        return undo.run(plan, ctx)
    if ctx.warehouse.load_seq() != plan.load_seq:
        raise TryLater(say("sources.warehouse_moved"), remedy=say("data.run_again"))
    files = _write_rejects(plan, ctx)
    if plan.stopped and not ctx.approve:
        raise GuardStopped(
            say("sources.stopped", stopped="; ".join(f"{p.spec.name}: {p.stopped}" for p in plan.stopped)),
            remedy=say("sources.stopped_how"),
            details=files,
        )
    applied = tuple(_applied(source, ctx) for source in plan.sources)
    counts = plan.preview.counts
    return Outcome(
        summary=plan.preview.headline,
        rows_in=counts["read"],
        rows_out=counts["inserted"] + counts["updated"],
        rejected=counts["rejected"],
        changed=counts["inserted"] + counts["updated"] + counts["deleted"],
        leftovers=counts["rejected"],
        details={
            "counts": dict(counts),
            "sources": _by_source([source for source in applied if source.staged or not ctx.options.get("changed")]),
            "files": files,
            "notes": _told(plan.sources, "notes"),
            "warnings": _told(plan.sources, "warnings"),
        },
    )


def _applied(plan: SourcePlan, ctx: Context) -> SourcePlan:
    """The plan with the time that it took in all."""
    started = time.monotonic()
    if plan.staged or plan.gathered.marks or plan.gathered.gone:
        apply_source(plan, ctx)
    return replace(plan, seconds=plan.seconds + time.monotonic() - started)


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove these customers' rows from records, entity tables and rejects; rows removed."""
    return erasure.erase(ids, ctx)


def _retrying(ctx: Context) -> Context:
    """The context of a retry: only the source that the reject file is of."""
    with workbench_of(ctx) as workbench:
        source = retry.source_of(ctx.project.root / str(ctx.options["retry"]), workbench)
    return ctx.at(options={**ctx.options, "only": [source]})


def _chosen(ctx: Context) -> tuple[SourceSpec, ...]:
    specs = ctx.project.all("source", SourceSpec)
    only = ctx.options.get("only") or ()
    wanted = (only,) if isinstance(only, str) else tuple(only)
    names = [spec.name for spec in specs]
    for name in wanted:
        if name not in names:
            hint = did_you_mean(name, names) or say("sources.list_shows")
            raise UsageError(say("sources.no_source", name=name), remedy=hint)
    if ctx.options.get("piped"):
        _refuse_other_pipes([spec for spec in specs if spec.name in wanted])
    return tuple(spec for spec in specs if (spec.name in wanted if wanted else not _only_named(spec)))


def _only_named(spec: SourceSpec) -> bool:
    """Whether a source's type is left out where all sources are loaded."""
    return bool(getattr(load_kind("opscli.sources", spec.type), "ONLY_NAMED", False))


def _refuse_other_pipes(named: Sequence[SourceSpec]) -> None:
    """Standard input stands in for one source that reads files."""
    if len(named) != 1:
        raise UsageError(say("sources.piped_into_one", count=len(named)), remedy=say("sources.piped_into_one_how"))
    if not isinstance(getattr(named[0].settings, "format", None), FileFormat):
        raise UsageError(
            say("sources.piped_into_other", source=named[0].name, type=named[0].type),
            remedy=say("sources.piped_into_other_how"),
        )


_TOLD = ("inserted", "updated", "unchanged", "deleted", "rejected")
_NAMED = 3
"""Up to so many sources are named in the one line of a step."""


def _preview(plans: Sequence[SourcePlan]) -> Preview:
    counts = {name: sum(plan.counts.as_dict()[name] for plan in plans) for name in Counts().as_dict()}
    busy = [plan for plan in plans if plan.staged]
    if not busy:
        headline = say("sources.nothing_new") if plans else say("sources.no_sources")
    else:
        told = listed(counted(counts[name], name) for name in _TOLD if counts[name])
        few = len(busy) <= _NAMED
        names = listed(plan.spec.name for plan in busy) if few else say("sources.many", number=len(busy))
        headline = say("sources.headline", names=names, told=told or say("sources.no_rows"))
    skipped = {f"stopped: {plan.spec.name}": plan.counts.read for plan in plans if plan.stopped}
    if counts["rejected"]:
        skipped["rejected"] = counts["rejected"]
    sample = tuple({"source": plan.spec.name, **dict(row)} for plan in plans for row in plan.sample)
    notes = [text for what in ("notes", "warnings", "reading") for text in _told(plans, what)]
    return Preview(headline=headline, counts=counts, skipped=skipped, sample=sample, notes=notes)


def _told(plans: Sequence[SourcePlan], what: str) -> list[str]:
    """Sentences of every source, behind its name."""
    return [say("sources.said_of", source=plan.spec.name, what=text) for plan in plans for text in getattr(plan, what)]


def _by_source(plans: Sequence[SourcePlan]) -> dict[str, dict[str, object]]:
    return {
        plan.spec.name: {
            "entity": plan.entity.name,
            "status": "loaded" if plan.staged else "unchanged",
            "files": len(plan.gathered.files),
            **plan.counts.as_dict(),
            "repaired": sum(plan.repairs.values()),
            "repairs": dict(plan.repairs),
            "seconds": round(plan.seconds, 1),
        }
        for plan in plans
    }


def _write_rejects(plan: ImportPlan, ctx: Context) -> list[str]:
    """Files of what was rejected or mended, as paths relative to the project; a dry run leaves none."""
    if ctx.dry:
        return []
    rejected = [source for source in plan.sources if source.counts.rejected]
    mended = [source.spec.name for source in plan.sources if source.repairs]
    if not rejected and not mended:
        return []
    with ctx.warehouse.read() as session:
        paths = [rejects.write_rejects(session, source.spec.name, source.layouts, ctx) for source in rejected]
        paths += [rejects.write_repairs(session, name, ctx) for name in mended]
    return [path.relative_to(ctx.project.root).as_posix() for path in paths]
