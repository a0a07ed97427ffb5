"""Stage `tags`: who enters and who leaves which tag at the run's as_of, kept as a history.

The members are worked out in scratch from the profiles of the same as_of and compared with the open history; one
transaction closes and opens intervals. The same as_of again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.clock import END_OF_TIME, iso
from opscli.engine.erasure import delete_customers
from opscli.engine.versions import literal as timestamp_literal
from opscli.engine.warehouse import Session, next_load_seq
from opscli.errors import DataUnusable, GuardStopped, TryLater
from opscli.outcome import Outcome
from opscli.phrases import clauses, say
from opscli.rules import audience
from opscli.rules.scope import of_customers
from opscli.stage import Context, Preview
from opscli.state import bulk
from opscli.state.tables import pins as pins_table
from opscli.tags import pins
from opscli.tags.compile import FLAGS, Names, ReadyTag, flags_sql, members_sql, ready
from opscli.tags.tags import TagSpec

READS = audience.READS
WRITES = ("tag_history",)

MEMBERS = "scratch.tags_members"
ENTERED = "scratch.tags_entered"
LEFT = "scratch.tags_left"

_OPEN = f"left_at = {timestamp_literal(END_OF_TIME)}"
_SAME = "a.customer_id = b.customer_id AND a.dimension = b.dimension AND a.tag = b.tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsPlan:
    """Who enters and leaves lies in scratch; `stopped` says which guards hold the run back, and why."""

    as_of: datetime
    load_seq: int
    stopped: tuple[str, ...]
    preview: Preview


def plan(ctx: Context) -> TagsPlan:
    """Work out who enters and leaves. Raises DataUnusable when the profiles are not those of `ctx.as_of`."""
    project = ctx.project
    specs = project.all("tags", TagSpec)
    tags = ready(specs, of_customers(project.catalog))
    load_seq = ctx.warehouse.load_seq()
    with ctx.state.read() as connection:
        held = pins.current(connection, ctx.as_of)
    with ctx.warehouse.read() as session:
        check_profiles(session, ctx.as_of)
        _check_order(session, ctx.as_of)
        pinned = pins.stage(session, held, specs)
        names = Names(catalog=project.catalog, dialect=session.dialect, as_of=ctx.as_of)
        session.execute(flags_sql(tags, names, pinned).into(FLAGS))
        session.execute(f"CREATE OR REPLACE TABLE {MEMBERS} AS\n{members_sql(tags, session.dialect, pinned)}")
        _compare(session)
        sample = _per_tag(session, tags)
        stopped = _guards(session, specs, project.max_delta)
    counts = {"entered": sum(row["entered"] for row in sample), "left": sum(row["left"] for row in sample)}
    headline = say("tags.would_change", entered=counts["entered"], left=counts["left"])
    preview = Preview(headline=clauses((headline, *stopped)), counts=counts, sample=sample)
    return TagsPlan(as_of=ctx.as_of, load_seq=load_seq, stopped=stopped, preview=preview)


def run(plan: TagsPlan, ctx: Context) -> Outcome:
    """Close and open intervals in one transaction.

    Raises GuardStopped when too many members would change (`approve` lets them), TryLater when the warehouse has moved.
    """
    if plan.stopped and not ctx.approve:
        remedy = say("tags.stopped_how")
        raise GuardStopped(say("tags.stopped"), remedy=remedy, details=plan.stopped)
    counts = dict(plan.preview.counts)
    changed = sum(counts.values())
    if changed:
        with ctx.warehouse.write("tag_history", "warehouse_info") as session:
            if int(session.value("SELECT load_seq FROM warehouse_info")) != plan.load_seq:
                raise TryLater(say("tags.warehouse_moved"), remedy=say("data.run_again"))
            _apply(session, plan.as_of, ctx.run_id)
    return Outcome(
        summary=say("tags.changed", entered=counts["entered"], left=counts["left"]),
        rows_out=changed,
        changed=changed,
        details={"counts": counts, "tags": [dict(row) for row in plan.preview.sample]},
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Remove these customers' tag history and pins."""
    with ctx.state.begin() as connection:
        removed = bulk.delete_customers(connection, (pins_table,), ids)
    with ctx.warehouse.write("tag_history") as session:
        return removed + delete_customers(session, ("tag_history",), ids)


def check_profiles(session: Session, as_of: datetime) -> None:
    """Raises DataUnusable unless the profiles are those of `as_of`."""
    found = audience.standing(session)
    if found is None:
        raise DataUnusable(say("data.no_profiles"), remedy=say("data.no_profiles_how"))
    if found != as_of:
        raise DataUnusable(
            say("tags.other_instant", found=iso(found), as_of=iso(as_of)),
            remedy=say("tags.other_instant_how", found=iso(found)),
        )


def _check_order(session: Session, as_of: datetime) -> None:
    """Refuse to write history before its newest change: what campaigns have acted on cannot be unsaid."""
    newest = session.value(
        "SELECT MAX(CASE WHEN left_at < ? THEN left_at ELSE entered_at END) FROM tag_history", (END_OF_TIME,)
    )
    if newest is not None and newest > as_of:
        raise DataUnusable(
            say("tags.history_is_newer", newest=iso(newest), as_of=iso(as_of)),
            remedy=say("tags.history_is_newer_how", newest=iso(newest)),
        )


def _compare(session: Session) -> None:
    """Members without an open interval enter; open intervals without a member leave."""
    open_now = f"(SELECT customer_id, dimension, tag FROM tag_history WHERE {_OPEN})"
    session.execute(
        f"CREATE OR REPLACE TABLE {ENTERED} AS SELECT a.* FROM {MEMBERS} a LEFT JOIN {open_now} b ON {_SAME} "
        "WHERE b.customer_id IS NULL"
    )
    session.execute(
        f"CREATE OR REPLACE TABLE {LEFT} AS SELECT a.customer_id, a.dimension, a.tag FROM {open_now} a "
        f"LEFT JOIN {MEMBERS} b ON {_SAME} WHERE b.customer_id IS NULL"
    )


def _per_tag(session: Session, tags: Sequence[ReadyTag]) -> list[Mapping[str, Any]]:
    """Members, entering and leaving per tag, in the files' order; tags that are gone from config come last."""
    sources = {"members": MEMBERS, "entered": ENTERED, "left": LEFT}
    counts = {
        name: dict(session.rows(f"SELECT dimension || ' ' || tag, COUNT(*) FROM {table} GROUP BY dimension, tag"))
        for name, table in sources.items()
    }
    configured = sorted(tags, key=lambda tag: (tag.spec.dimension, tag.tag.position))
    keys = [f"{tag.spec.dimension} {tag.name}" for tag in configured]
    keys += sorted(set(counts["left"]) - set(keys))
    return [
        {
            "dimension": key.partition(" ")[0],
            "tag": key.partition(" ")[2],
            **{name: int(found.get(key, 0)) for name, found in counts.items()},
        }
        for key in keys
    ]


def _guards(session: Session, specs: Sequence[TagSpec], usual: float | None) -> tuple[str, ...]:
    """Dimensions in which a larger share of members would change than allowed; without members before there is none."""
    before = dict(
        session.rows(f"SELECT dimension, COUNT(DISTINCT customer_id) FROM tag_history WHERE {_OPEN} GROUP BY dimension")
    )
    moved = dict(
        session.rows(
            f"SELECT dimension, COUNT(DISTINCT customer_id) FROM (SELECT customer_id, dimension FROM {ENTERED} "
            f"UNION ALL SELECT customer_id, dimension FROM {LEFT}) m GROUP BY dimension"
        )
    )
    limits: dict[str, float | None] = {}
    for spec in specs:
        limits[spec.dimension] = spec.max_delta if spec.max_delta is not None else usual
    found = []
    for dimension in sorted(before):
        limit, share = limits.get(dimension, usual), moved.get(dimension, 0) / before[dimension]
        if limit is not None and share > limit:
            found.append(say("tags.moves_too_much", dimension=dimension, share=share, limit=limit))
    return tuple(found)


def _apply(session: Session, as_of: datetime, run_id: str) -> None:
    """Close the intervals of those who leave, then open new ones; a zero-length one of the same instant is replaced."""
    seq = next_load_seq(session)
    now = timestamp_literal(as_of)
    match = "t.customer_id = x.customer_id AND t.dimension = x.dimension AND t.tag = x.tag"
    session.execute(
        f"UPDATE tag_history AS t SET left_at = {now}, left_run_id = ?, left_seq = ? "
        f"WHERE {_OPEN} AND EXISTS (SELECT 1 FROM {LEFT} x WHERE {match})",
        (run_id, seq),
    )
    session.execute(
        f"DELETE FROM tag_history AS t WHERE entered_at = {now} AND left_at = {now} "
        f"AND EXISTS (SELECT 1 FROM {ENTERED} x WHERE {match})"
    )
    session.execute(
        "INSERT INTO tag_history "
        "(customer_id, dimension, tag, entered_at, left_at, origin, rule_hash, run_id, load_seq) "
        f"SELECT customer_id, dimension, tag, {now}, {timestamp_literal(END_OF_TIME)}, origin, rule_hash, ?, ? "
        f"FROM {ENTERED} ORDER BY dimension, tag, customer_id",
        (run_id, seq),
    )
