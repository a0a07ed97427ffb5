# ruff: noqa: E501  a table's column list reads best on one line
"""Contract of every fixed warehouse table: columns, types, key, owner, personal-data marks.

Entity tables (`orders_versions` …) come from their JSON Schemas (`engine.entity`); `profiles` from the traits.
Logical types: text integer float money boolean timestamp date json hash; `engine.dialect` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `personal` marks data about a person (masked in output, erased on request)."""

    name: str
    type: str
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; `owner` is the only room that writes it; `key` identifies a row."""

    name: str
    owner: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    note: str

    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)


def _columns(spec: str) -> tuple[Column, ...]:
    """Columns from `name type, name type*`; a star marks personal data."""
    parsed = []
    for part in spec.split(","):
        name, kind = part.split()
        parsed.append(Column(name, kind.rstrip("*"), personal=kind.endswith("*")))
    return tuple(parsed)


VERSION_COLUMNS = _columns(
    "source text, source_id text, run_id text, row_hash hash, known_from timestamp, known_to timestamp, load_seq integer, "
    "closed_seq integer"
)
"""Beside the entity's own columns in every `<entity>_versions` table (and `records`): `load_seq` opened the version,
`closed_seq` closed it (null while it is open)."""

REFERENCE_COLUMNS = _columns("customer_ns text")
"""In entities with a customer reference: the namespace that the reference lives in (`links.ns`)."""


def _table(name: str, owner: str, key: str, columns: str, note: str) -> Table:
    return Table(name=name, owner=owner, key=tuple(key.split()), columns=_columns(columns), note=note)


_TABLES = (
    _table(
        "links",
        "identity",
        "ns ref",
        "ns text, ref text*, customer_id text, source text, source_id text, rule text, run_id text, as_of timestamp",
        "Who a reference is. ns = a source's name (ref = source_id), 'email', 'phone', 'any', or 'former' (ref = a customer id "
        "from before a merge). One row per (ns, ref); rows with ns = source are the record links, the others are derived "
        "identifiers that lead to exactly one customer.",
    ),
    _table(
        "lineage",
        "identity",
        "customer_id field",
        "customer_id text, field text, source text, source_id text, rule text, run_id text",
        "Where each golden value came from.",
    ),
    _table(
        "review_pairs",
        "identity",
        "source_a source_id_a source_b source_id_b",
        "source_a text, source_id_a text, source_b text, source_id_b text, score float, reason text, evidence json, "
        "status text, run_id text",
        "Pairs that a person must decide.",
    ),
    _table(
        "tag_history",
        "tags",
        "customer_id dimension tag entered_at",
        "customer_id text, dimension text, tag text, entered_at timestamp, left_at timestamp, origin text, rule_hash text, "
        "run_id text, left_run_id text, load_seq integer, left_seq integer",
        "Tag membership, SCD-2; left_at = 9999-12-31 while it holds; origin is rule or pin. Entering has load_seq, leaving "
        "left_seq (null while open): cursors of tag_entered and tag_left triggers stand on them.",
    ),
    _table(
        "scores",
        "predictions",
        "customer_id model as_of",
        "customer_id text, model text, model_version text, as_of timestamp, score float, reasons json, run_id text, "
        "load_seq integer",
        "One prediction per customer, model and run.",
    ),
    _table(
        "recommendations",
        "predictions",
        "customer_id model rank",
        "customer_id text, model text, rank integer, item text, score float, reason text, as_of timestamp, run_id text",
        "What to offer next.",
    ),
    _table(
        "health_scores",
        "health",
        "customer_id model as_of",
        "customer_id text, model text, as_of timestamp, score float, band text, coverage float, trend text, drivers json, "
        "config_version text, run_id text, load_seq integer",
        "Health per customer and run, append-only; one row per (customer, model, as_of).",
    ),
    _table(
        "campaign_results",
        "campaigns",
        "campaign as_of metric",
        "campaign text, as_of timestamp, metric text, arm text, value float, low float, high float, details json, run_id text",
        "Stored evaluations.",
    ),
    _table(
        "metric_values",
        "reports",
        "metric grain period dimension member as_of",
        "metric text, grain text, period timestamp, dimension text, member text, value float, numerator float, "
        "denominator float, rows integer, as_of timestamp, run_id text, load_seq integer",
        "KPI values as rendered.",
    ),
    _table(
        "rejects",
        "sources",
        "run_id source file line_no column_name",
        "run_id text, source text, entity text, file text, line_no integer, column_name text, reason text, raw text*, "
        "rejected_at timestamp, load_seq integer",
        "Every row that was not loaded, with its place and reason code.",
    ),
    _table(
        "loads",
        "sources",
        "load_seq",
        "load_seq integer, run_id text, source text, entity text, loaded_at timestamp, rows_read integer, inserted integer, "
        "updated integer, unchanged integer, rejected integer, closed integer, first_backfill boolean, deleted integer, marks json, undone_seq integer",
        "One row per load of a source: what a load_seq was. closed counts versions that gave way to new ones, deleted those "
        "whose row was gone; marks are the source's cursors after it, where an undo moves them back; undone_seq is the undo.",
    ),
    _table(
        "messages",
        "activity",
        "message_key",
        "message_key text, campaign text, step text, customer_id text, channel text, template text, topic text, brand text, "
        "status text, reason text, arm text, queued_at timestamp, sent_at timestamp, run_id text, load_seq integer",
        "Outbox rows as data; the newest state of each.",
    ),
    _table(
        "message_events",
        "activity",
        "event_id",
        "event_id integer, message_key text, campaign text, customer_id text, channel text, kind text, occurred_at timestamp, "
        "details json, machine boolean, load_seq integer",
        "queued, sent, delivered, bounced, opened, clicked, complained, unsubscribed …",
    ),
    _table(
        "enrolment_events",
        "activity",
        "event_id",
        "event_id integer, enrolment_id text, campaign text, customer_id text, step text, kind text, reason text, "
        "occurred_at timestamp, details json, run_id text, load_seq integer",
        "entered, advanced, skipped, held_out, exited … of campaigns.",
    ),
    _table(
        "ticket_events",
        "activity",
        "event_id",
        "event_id integer, ticket_id text, customer_id text, kind text, actor text, occurred_at timestamp, details json, "
        "load_seq integer",
        "The event log of tickets.",
    ),
    _table(
        "task_events",
        "activity",
        "event_id",
        "event_id integer, task_id text, customer_id text, kind text, actor text, occurred_at timestamp, details json, "
        "load_seq integer",
        "created, assigned, done … of tasks.",
    ),
    _table(
        "alert_events",
        "activity",
        "event_id",
        "event_id integer, alert_key text, source text, customer_id text, kind text, severity text, occurred_at timestamp, "
        "details json, load_seq integer",
        "firing, resolved … of alerts.",
    ),
    _table(
        "run_steps",
        "activity",
        "run_id attempt step",
        "run_id text, attempt integer, job text, slot timestamp, as_of timestamp, step text, status text, started_at timestamp, "
        "finished_at timestamp, rows_in integer, rows_out integer, rejected integer, changed integer, load_seq integer",
        "What the platform itself did.",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
"""Fixed tables by name. `records`, `customers`, `<entity>_versions` and `profiles` are compiled from config."""
