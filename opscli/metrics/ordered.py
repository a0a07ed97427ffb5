"""Things that pass through steps in order: for each, when it first reached each step after the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from opscli.config.document import Document, Place
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Source
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.rules.language import condition
from opscli.rules.scope import of_rows
from opscli.rules.sql import render
from opscli.rules.sugar import Written
from opscli.rules.tree import RuleInvalid
from opscli.stage import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """`column` of `entity` is what moves, `steps` are conditions; the whole path takes less than `window`, when set."""

    entity: str
    column: str
    steps: tuple[Written, ...]
    window: timedelta | None = None

    def parts(self) -> tuple[str, ...]:
        """One count a step: reached_1, reached_2 …"""
        return tuple(f"reached_{number}" for number in range(1, len(self.steps) + 1))


def path_issues(path: Path, place: Place, steps: Sequence[Place], document: Document, catalog: Catalog) -> list[Issue]:
    """Problems of the entity and column (at `place`) and of the step conditions (at `steps`)."""
    entity = catalog.entities.get(path.entity)
    if entity is None:
        known = listed(sorted(catalog.entities))
        return [
            document.issue(
                place, say("metrics.unknown_entity", entity=path.entity), how=say("metrics.entities_are", names=known)
            )
        ]
    columns = {column.name: column.type for column in entity.columns}
    found = []
    if path.column not in columns:
        how = say("metrics.columns_are", names=listed(columns))
        found.append(document.issue(place, say("metrics.no_column", entity=path.entity, column=path.column), how=how))
    if entity.time is None:
        found.append(
            document.issue(
                place, say("metrics.no_event_time", entity=path.entity), why=say("metrics.no_event_time_why")
            )
        )
    for at, written in zip(steps, path.steps, strict=True):
        try:
            condition(written, of_rows(columns, catalog.zone))
        except RuleInvalid as error:
            found.append(error.issue(document, at))
    return found


def walk(path: Path, frame: Frame) -> Source:
    """Counts per period of the first step. A step counts at the same instant or later than the one before it.

    A thing enters once, with its first row of step 1, and belongs to the member of that row, also when it moves later.
    """
    steps = _conditions(path, frame)
    column = frame.target(path.entity).column(path.column)
    hits = ", ".join(f"CASE WHEN {sql} THEN 1 END AS hit_{n}" for n, sql in enumerate(steps, 1))
    entered = (
        f"WITH hits AS (SELECT {column} AS id, {frame.time(path.entity)} AS happened,\n"
        f"    {frame.member(path.entity)} AS member, {hits}\n  FROM {frame.rows(path.entity)})"
    )
    first = (
        "step_1 AS (SELECT id, happened AS at_1, member FROM (SELECT id, happened, member,\n"
        "    ROW_NUMBER() OVER (PARTITION BY id ORDER BY happened, member) AS place\n"
        "  FROM hits WHERE hit_1 = 1) ranked WHERE place = 1)"
    )
    body = [entered, first]
    window = _window(path)
    for n in range(2, len(steps) + 1):
        earlier = ", ".join(f"s.at_{k}" for k in range(1, n))
        body.append(
            f"step_{n} AS (SELECT s.id, s.member, {earlier}, MIN(h.happened) AS at_{n} FROM step_{n - 1} s\n"
            f"  LEFT JOIN hits h ON h.id = s.id AND h.hit_{n} = 1 AND h.happened >= s.at_{n - 1}{window}\n"
            f"  GROUP BY s.id, s.member, {earlier})"
        )
    counts = ", ".join(f"COUNT(s.at_{n}) AS reached_{n}" for n in range(1, len(steps) + 1))
    last = (
        f"SELECT b.period, s.member, {counts} FROM step_{len(steps)} s\n"
        f"JOIN {frame.buckets()} b ON s.at_1 >= b.low AND s.at_1 < b.high GROUP BY 1, 2"
    )
    return Source(sql=",\n".join(body) + "\n" + last, parts=path.parts())


def _conditions(path: Path, frame: Frame) -> list[str]:
    target, scope = frame.target(path.entity), of_rows(frame.columns(path.entity), frame.zone)
    return [render(condition(written, scope), target) for written in path.steps]


def _window(path: Path) -> str:
    if path.window is None:
        return ""
    return f" AND h.happened < s.at_1 + INTERVAL '{int(path.window.total_seconds())} seconds'"
