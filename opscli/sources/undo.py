"""Undo of an import: what its loads closed is open again, what they opened is never seen, in one write window."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opscli.clock import END_OF_TIME, iso
from opscli.config.validate import did_you_mean
from opscli.engine.entity import Entity
from opscli.engine.merge import Merge
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session, next_load_seq
from opscli.errors import GuardStopped, TryLater, UsageError
from opscli.outcome import Outcome
from opscli.phrases import counted, listed, say
from opscli.sources import cursors
from opscli.sources.source import SourceSpec
from opscli.stage import Context, Preview

_LISTED = 20
"""Rows, and runs, that a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """One load that is undone: versions of `entity` that open again, and versions that it had opened."""

    load_seq: int
    source: str
    entity: str
    reopened: int = 0
    voided: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    """What the undo of a run does, worked out while the warehouse stood at `load_seq`.

    `marks` are the cursors that each source goes back to.
    """

    run: str
    loads: tuple[Undone, ...]
    marks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    load_seq: int
    preview: Preview


def plan(ctx: Context) -> UndoPlan:
    """Find what `options["undo"]` loaded, all sources or those of `options["only"]`.

    Raises UsageError for a run that loaded nothing; GuardStopped when later loads changed the same rows.
    """
    run, load_seq = str(ctx.options["undo"]), ctx.warehouse.load_seq()
    with ctx.warehouse.read() as session:
        loads = _loads(session, run, ctx)
        if not loads:
            notice = say("sources.undone_already", run=run)
            preview = Preview(headline=notice, counts={"reopened": 0, "voided": 0}, notes=(notice,))
            return UndoPlan(run=run, loads=(), load_seq=load_seq, preview=preview)
        if refused := [row for entity in _entities(loads, ctx) for row in _changed_since(session, entity, loads)]:
            raise _refusal(run, refused)
        found = tuple(_counted(session, load, loads, ctx) for load in loads)
        marks = {load.source: _marks_before(session, load.source, loads) for load in loads}
    counts = {name: sum(getattr(load, name) for load in found) for name in ("reopened", "voided")}
    told = listed(counted(number, name) for name, number in counts.items())
    headline = say("sources.undo_headline", run=run, told=told)
    preview = Preview(headline=headline, counts=counts)
    return UndoPlan(run=run, loads=found, marks=marks, load_seq=load_seq, preview=preview)


def run(plan: UndoPlan, ctx: Context) -> Outcome:
    """Apply it. Cursors go back first: early they make a source be read again, late they would hide rows.

    Raises TryLater when somebody else loaded meanwhile.
    """
    if ctx.warehouse.load_seq() != plan.load_seq:
        raise TryLater(say("sources.warehouse_moved"), remedy=say("data.run_again"))
    counts = plan.preview.counts
    if plan.loads:
        for source, marks in plan.marks.items():
            if (spec := ctx.project.one("source", source, SourceSpec)) is not None:
                cursors.restore_marks(ctx.state, spec, marks, run_id=ctx.run_id, at=ctx.known_at)
        _void_and_reopen(plan, ctx)
    return Outcome(
        summary=plan.preview.headline,
        changed=sum(counts.values()),
        details={
            "counts": dict(counts),
            "sources": _by_source(plan.loads),
            "warnings": list(plan.preview.notes),
        },
    )


def _by_source(loads: Sequence[Undone]) -> dict[str, dict[str, Any]]:
    """What the undo did to each source; a run that was repeated at the same instant has several loads of one."""
    found: dict[str, dict[str, Any]] = {}
    for load in loads:
        row = found.setdefault(load.source, {"entity": load.entity, "status": "undone", "reopened": 0, "voided": 0})
        row["reopened"] += load.reopened
        row["voided"] += load.voided
    return found


def _void_and_reopen(plan: UndoPlan, ctx: Context) -> None:
    tables = {ctx.project.entities[load.entity].versions_table for load in plan.loads}
    numbers = _numbers(plan.loads)
    with ctx.warehouse.write(*sorted(tables), "loads") as session:
        seq = next_load_seq(session)
        for table in sorted(tables):
            quoted = session.dialect.quote(table)
            session.execute(
                f"UPDATE {quoted} SET known_to = {literal(END_OF_TIME)}, closed_seq = NULL "
                f"WHERE closed_seq IN ({numbers}) AND load_seq NOT IN ({numbers})"
            )
            # They end where they began: no cut sees them, and the table still tells what was loaded.
            session.execute(
                f"UPDATE {quoted} SET known_to = known_from, closed_seq = {seq} WHERE load_seq IN ({numbers})"
            )
        session.execute(f"UPDATE loads SET undone_seq = {seq} WHERE load_seq IN ({numbers})")


def _loads(session: Session, run: str, ctx: Context) -> list[Undone]:
    """The loads of a run that stand, oldest first; none when all are undone."""
    if "undone_seq" not in session.columns("loads"):
        raise GuardStopped(say("sources.undo_too_old", run=run), remedy=say("sources.undo_too_old_how"))
    rows = session.rows(
        "SELECT load_seq, source, entity, undone_seq, deleted FROM loads WHERE run_id = ? ORDER BY load_seq", (run,)
    )
    if not rows:
        raise UsageError(
            say("sources.undo_unknown", run=run), remedy=say("sources.undo_runs", runs=listed(_last_runs(session)))
        )
    sources = sorted({str(row[1]) for row in rows})
    only = ctx.options.get("only") or sources
    for name in only:
        if name not in sources:
            hint = did_you_mean(name, sources, otherwise=say("sources.undo_sources", sources=listed(sources)))
            raise UsageError(say("sources.undo_not_in_run", run=run, name=name), remedy=hint)
    rows = [row for row in rows if row[1] in only and row[3] is None]
    if any(deleted is None for *_, deleted in rows):
        raise GuardStopped(say("sources.undo_too_old", run=run), remedy=say("sources.undo_too_old_how"))
    return [Undone(load_seq=int(seq), source=str(source), entity=str(entity)) for seq, source, entity, *_ in rows]


def _last_runs(session: Session) -> list[str]:
    rows = session.rows(
        "SELECT run_id, max(loaded_at) FROM loads WHERE undone_seq IS NULL GROUP BY run_id "
        f"ORDER BY max(load_seq) DESC LIMIT {_LISTED}"
    )
    return [f"{run} ({iso(at)})" for run, at in rows] or [say("sources.undo_none")]


def _entities(loads: Sequence[Undone], ctx: Context) -> Iterator[Entity]:
    """The entities concerned. Raises UsageError for one that is no longer in the configuration."""
    for name in sorted({load.entity for load in loads}):
        if name not in ctx.project.entities:
            raise UsageError(say("sources.undo_no_entity", entity=name), remedy=say("sources.undo_no_entity_how"))
        yield ctx.project.entities[name]


def _changed_since(session: Session, entity: Entity, loads: Sequence[Undone]) -> list[tuple[str, str, str]]:
    """(entity, key, run) of rows of these loads that a later load, which stands, opened or closed again."""
    quote = session.dialect.quote
    table, numbers = quote(entity.versions_table), _numbers(loads)
    key = Merge(entity=entity, staged="").key
    names = ", ".join(quote(name) for name in key)
    same = " AND ".join(f"s.{quote(name)} IS NOT DISTINCT FROM t.{quote(name)}" for name in key)
    text = " || '|' || ".join(f"coalesce(CAST(s.{quote(name)} AS VARCHAR), '')" for name in key)
    first = f"min(CASE WHEN load_seq IN ({numbers}) THEN load_seq ELSE closed_seq END)"
    oldest = min(load.load_seq for load in loads)
    rows = session.rows(
        f"WITH touched AS (SELECT {names}, {first} AS first_seq FROM {table} "
        f"WHERE load_seq IN ({numbers}) OR closed_seq IN ({numbers}) GROUP BY {names}), "
        "later AS (SELECT load_seq, run_id FROM loads "
        f"WHERE undone_seq IS NULL AND load_seq > {oldest} AND load_seq NOT IN ({numbers})), "
        f"steps AS (SELECT {names}, load_seq AS seq FROM {table} UNION ALL SELECT {names}, closed_seq FROM {table}) "
        f"SELECT {text} AS key, l.run_id, max(s.seq) AS newest FROM later AS l JOIN steps AS s ON s.seq = l.load_seq "
        f"JOIN touched AS t ON {same} WHERE s.seq > t.first_seq GROUP BY 1, 2 ORDER BY newest DESC, 1"
    )
    return [(entity.name, str(found), str(run)) for found, run, _ in rows]


def _refusal(run: str, rows: Sequence[tuple[str, str, str]]) -> GuardStopped:
    """Undoing this run alone would bring back two versions of a row, or an older one over a newer."""
    details = [say("sources.undo_row", entity=entity, key=key, run=other) for entity, key, other in rows[:_LISTED]]
    if len(rows) > _LISTED:
        details.append(say("sources.undo_more_rows", count=len(rows) - _LISTED))
    newest = rows[0][2]
    return GuardStopped(
        say("sources.undo_refused", run=run, count=len(rows)),
        remedy=say("sources.undo_refused_how", newest=newest, run=run)
        if newest != run
        else say("sources.undo_whole_run", run=run),
        details=details,
    )


def _counted(session: Session, load: Undone, loads: Sequence[Undone], ctx: Context) -> Undone:
    table = session.dialect.quote(ctx.project.entities[load.entity].versions_table)
    reopened, voided = session.rows(
        f"SELECT count(CASE WHEN closed_seq = {load.load_seq} AND load_seq NOT IN ({_numbers(loads)}) THEN 1 END), "
        f"count(CASE WHEN load_seq = {load.load_seq} THEN 1 END) FROM {table}"
    )[0]
    return Undone(
        load_seq=load.load_seq, source=load.source, entity=load.entity, reopened=int(reopened), voided=int(voided)
    )


def _marks_before(session: Session, source: str, loads: Sequence[Undone]) -> Mapping[str, Any]:
    """Cursors after the newest load of a source that stands and is older than all that are undone."""
    first = min(load.load_seq for load in loads if load.source == source)
    text = session.value(
        "SELECT CAST(marks AS VARCHAR) FROM loads WHERE source = ? AND undone_seq IS NULL AND marks IS NOT NULL "
        "AND load_seq < ? ORDER BY load_seq DESC LIMIT 1",
        (source, first),
    )
    marks: Mapping[str, Any] = json.loads(text) if text else {}
    return marks


def _numbers(loads: Sequence[Undone]) -> str:
    return ", ".join(str(load.load_seq) for load in loads)
