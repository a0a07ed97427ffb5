"""Who enters a campaign: the events since its cursor, the audience, re-entry, and the arms that are dealt on entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from opscli.campaigns import work
from opscli.campaigns.audience import condition_sql, people
from opscli.campaigns.campaign import CampaignSpec
from opscli.campaigns.work import ARMS, WORK, timestamp_text
from opscli.clock import parse_instant
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.errors import ConfigInvalid
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.rules.sql import literal as sql_literal
from opscli.stage import Context
from opscli.state import bulk
from opscli.state.tables import cursors, customer_aliases, enrolments

_ENTRANTS = "scratch.campaigns_entrants"
_PAST = "scratch.campaigns_past"
_BUCKETS = 10_000
"""Shares are kept to a hundredth of a percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a campaign has consumed its trigger; `position` None = never ran."""

    scope: str
    name: str
    position: int | None
    upto: int


def read_cursor(connection: Connection, spec: CampaignSpec, upto: int) -> Cursor:
    """The campaign's cursor. Raises ConfigInvalid (78) when it is ahead of the warehouse, as after a restore."""
    scope, name = f"campaign:{spec.name}", ":".join(spec.trigger) if spec.trigger else f"at:{spec.at}"
    query = select(cursors.c.position).where(cursors.c.scope == scope, cursors.c.name == name)
    position = connection.execute(query).scalar()
    if position is not None and position > upto:
        issue = Issue(
            file=spec.document.file,
            line=1,
            column=1,
            what=say("campaigns.read_too_far", campaign=spec.name, position=position, upto=upto),
            why=say("campaigns.read_too_far_why"),
            how=say("campaigns.restore_both"),
        )
        raise ConfigInvalid([issue])
    return Cursor(scope=scope, name=name, position=position, upto=upto)


def load_past(session: Session, connection: Connection) -> None:
    """Copy what is known of earlier enrolments: last entry and whether one is active, by campaign and customer."""
    e = enrolments.c
    customer = func.coalesce(customer_aliases.c.customer_id, e.customer_id).label("customer_id")
    query = select(e.campaign, customer, e.occurrence, e.status, e.entered_at).select_from(
        enrolments.outerjoin(customer_aliases, customer_aliases.c.alias == e.customer_id)
    )
    data = bulk.to_arrow(connection, query)
    kinds = {"entered_at": "timestamp"}
    session.create(_PAST, {field.name: kinds.get(field.name, "text") for field in data.schema})
    session.insert_arrow(_PAST, data)


def enter(session: Session, ctx: Context, spec: CampaignSpec, cursor: Cursor) -> None:
    """Put everybody who enters now into WORK, and those who asked in vain into the events."""
    session.create(_ENTRANTS, {"customer_id": "text", "occurrence": "text"})
    if spec.trigger is not None:
        _by_tag(session, ctx, spec, cursor)
    elif spec.at is not None and cursor.position is None:
        _at_once(session, ctx, spec)
    audience = condition_sql(spec.audience, session, ctx) if spec.audience else "TRUE"
    session.execute(
        f"CREATE OR REPLACE TABLE scratch.campaigns_asked AS SELECT {_enrolment_id(spec)} AS enrolment_id, "
        "w.customer_id, w.occurrence, "
        f"CASE WHEN NOT {audience} THEN 'not_in_audience' {_reentry_case(spec, ctx)} ELSE '' END AS reason "
        f"FROM {_ENTRANTS} AS w JOIN {people(session)} ON c.customer_id = w.customer_id LEFT JOIN "
        "(SELECT customer_id, MAX(entered_at) AS last_entry, "
        "COUNT(CASE WHEN status = 'active' THEN 1 END) AS active, COUNT(*) AS entries "
        f"FROM {_PAST} WHERE campaign = $campaign GROUP BY customer_id) AS past ON past.customer_id = w.customer_id",
        {"campaign": spec.name},
    )
    session.execute(
        f"INSERT INTO {WORK} SELECT enrolment_id, customer_id, occurrence, 0, TRUE, 'active', '', NULL "
        "FROM scratch.campaigns_asked WHERE reason = ''"
    )
    skipped = work.Event(kind="skipped", place=work.ENTRY, reason="reason")
    work.record(session, spec.name, skipped, "scratch.campaigns_asked WHERE reason <> ''")
    entered = work.Event(kind="entered", place=work.ENTRY)
    work.record(session, spec.name, entered, "scratch.campaigns_asked WHERE reason = ''")


def _by_tag(session: Session, ctx: Context, spec: CampaignSpec, cursor: Cursor) -> None:
    """Customers whose tag came (and is still there) or went (and has not come back) since the cursor."""
    event, tag = spec.trigger or ("", "")
    start = cursor.position if cursor.position is not None else (0 if spec.backfill else cursor.upto)
    sequence, moment = ("load_seq", "entered_at") if event == "tag_entered" else ("left_seq", "left_at")
    now = literal(ctx.as_of)
    holds = f"SELECT customer_id FROM tag_history WHERE tag = $tag AND entered_at <= {now} AND left_at > {now}"
    still = "IN" if event == "tag_entered" else "NOT IN"
    found = session.rows(
        f"SELECT DISTINCT {moment} FROM tag_history WHERE tag = $tag AND {sequence} > $start AND {sequence} <= $upto",
        {"tag": tag, "start": start, "upto": cursor.upto},
    )
    _name_occurrences(session, [row[0] for row in found])
    session.execute(
        f"INSERT INTO {_ENTRANTS} SELECT h.customer_id, MAX(o.occurrence) FROM tag_history AS h "
        f"JOIN scratch.campaigns_occurrences AS o ON o.moment = h.{moment} "
        f"WHERE h.tag = $tag AND h.{sequence} > $start AND h.{sequence} <= $upto AND h.customer_id {still} ({holds}) "
        "GROUP BY h.customer_id",
        {"tag": tag, "start": start, "upto": cursor.upto},
    )


def _name_occurrences(session: Session, moments: list[datetime]) -> None:
    """The text of each instant, written here: engines print timestamps differently, and the text is part of keys."""
    import pyarrow as pa

    session.create("scratch.campaigns_occurrences", {"moment": "timestamp", "occurrence": "text"})
    data = {"moment": pa.array(moments, pa.timestamp("us")), "occurrence": [timestamp_text(item) for item in moments]}
    session.insert_arrow("scratch.campaigns_occurrences", pa.table(data))


def _at_once(session: Session, ctx: Context, spec: CampaignSpec) -> None:
    """Everybody, once, in the first run after the stated time, unless that was too long ago."""
    moment = parse_instant(spec.at or "", ctx.project.zone)
    if moment <= ctx.as_of < moment + spec.not_after:
        session.execute(
            f"INSERT INTO {_ENTRANTS} SELECT customer_id, $occurrence FROM customers",
            {"occurrence": timestamp_text(moment)},
        )


def consumes(spec: CampaignSpec, ctx: Context) -> bool:
    """Whether this run moves the campaign's cursor: a trigger always, a fixed time once it has come."""
    return spec.at is None or parse_instant(spec.at, ctx.project.zone) <= ctx.as_of


def _enrolment_id(spec: CampaignSpec) -> str:
    """md5 over campaign, customer and occurrence: the same entry has the same id however often it is planned."""
    return (
        f"('e_' || substr(md5({sql_literal(spec.name)} || chr(31) || w.customer_id || chr(31) || w.occurrence), 1, 24))"
    )


def _reentry_case(spec: CampaignSpec, ctx: Context) -> str:
    cases = "WHEN COALESCE(past.active, 0) > 0 THEN 'already_active' "
    if not spec.reentry.allowed:
        return cases + "WHEN COALESCE(past.entries, 0) > 0 THEN 'no_reentry'"
    too_early = literal(ctx.as_of - spec.reentry.after)
    return cases + f"WHEN past.last_entry > {too_early} THEN 'reentry_too_early'"


def deal_arms(session: Session, ctx: Context, spec: CampaignSpec) -> None:
    """Holdout arms of those who enter: the project's and the campaign's own, by hash, stored once and then kept."""
    _deal(session, "project:holdout", ctx.project.holdout)
    _deal(session, f"campaign:{spec.name}:holdout", spec.holdout)


def _deal(session: Session, experiment: str, share: float) -> None:
    if share <= 0:
        return
    bucket = session.dialect.hash_bucket("$experiment", "w.customer_id", _BUCKETS)
    values: dict[str, Any] = {"experiment": experiment}
    session.execute(
        "CREATE OR REPLACE TABLE scratch.campaigns_dealt AS "
        "SELECT DISTINCT CAST($experiment AS VARCHAR) AS experiment, w.customer_id, "
        f"CASE WHEN {bucket} < {round(share * _BUCKETS)} THEN 'holdout' ELSE 'treatment' END AS arm "
        f"FROM {WORK} AS w WHERE w.is_new AND w.customer_id NOT IN "
        "(SELECT customer_id FROM scratch.gate_arms WHERE experiment = $experiment)",
        values,
    )
    session.execute(f"INSERT INTO {ARMS} SELECT experiment, customer_id, arm FROM scratch.campaigns_dealt")
    session.execute(
        "INSERT INTO scratch.gate_arms (experiment, customer_id, arm) "
        "SELECT experiment, customer_id, arm FROM scratch.campaigns_dealt"
    )
