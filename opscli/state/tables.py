"""Contract of every state table: columns, keys, who writes it, which columns are personal data.

Instants are naive UTC. JSON is text with sorted keys. `brand` (default `main`) is part of the unique keys of consent,
suppression, caps, sender and tokens. `info={"personal": True}` marks personal data; `info["owner"]` the only writer.
Event tables have a monotone `event_id`, on which the activity stage keeps its cursor.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column typed INTEGER."""


def _text(
    name: str, *, key: bool = False, null: bool = False, personal: bool = False, default: str | None = None
) -> Column[Any]:
    return Column(
        name, Text, primary_key=key, nullable=null, server_default=default, info={"personal": True} if personal else {}
    )


def _maybe(name: str, *, personal: bool = False) -> Column[Any]:
    return _text(name, null=True, personal=personal)


def _at(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, DateTime, nullable=null)


def _count(name: str, *, default: int = 0) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=str(default))


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default="0")


def _brand(*, key: bool = False) -> Column[Any]:
    return _text("brand", key=key, default="main")


def _event_id() -> Column[Any]:
    return Column("event_id", _BIG_ID, primary_key=True, autoincrement=True)


def _table(name: str, owner: str, *items: Any) -> Table:
    return Table(name, metadata, *items, info={"owner": owner}, sqlite_autoincrement=name.endswith("_events"))


# --- the runner's memory ---------------------------------------------------------------------------------------------
runs = _table(
    "runs",
    "runner",
    _text("run_id", key=True),
    _text("job"),
    _at("slot"),
    _text("params_hash"),
    _text("params", default="{}"),
    _at("as_of"),
    _at("known_at"),
    _text("environment"),
    _text("config_version"),
    _text("status"),  # running ok leftovers partial failed interrupted abandoned
    _count("attempt", default=1),
    _at("started_at"),
    _at("finished_at", null=True),
    _at("heartbeat_at", null=True),
    _maybe("host"),
    Column("pid", Integer),
    Column("exit_code", Integer),
    _maybe("error"),
    UniqueConstraint("job", "slot", "params_hash"),
)
steps = _table(
    "steps",
    "runner",
    _event_id(),
    _text("run_id"),
    _count("attempt", default=1),
    Column("position", Integer, nullable=False),
    _text("step"),
    _text("stage"),
    _text("status"),
    _at("started_at"),
    _at("finished_at", null=True),
    _count("rows_in"),
    _count("rows_out"),
    _count("rejected"),
    _count("changed"),
    _count("leftovers"),
    _text("summary", default=""),
    _text("details", default="{}"),
    _maybe("inputs"),
    UniqueConstraint("run_id", "attempt", "step"),
)
config_blobs = _table(
    "config_blobs",
    "runner",
    _text("config_version", key=True),
    _text("content"),
    _at("stored_at"),
    _maybe("git_commit"),
)
locks = _table(
    "locks",
    "runner",
    _text("name", key=True),
    _text("run_id"),
    _text("mode"),
    _maybe("host"),
    Column("pid", Integer),
    _at("acquired_at"),
    _at("heartbeat_at"),
)
cursors = _table(
    "cursors",
    "each stage, its own scope",
    _text("scope", key=True),  # such as source:orders, campaign:winback, activity:message_events
    _text("name", key=True),  # such as a file, a trigger
    Column("position", BigInteger),  # a load_seq or event_id, never a time
    _text("value", default="{}"),
    _maybe("run_id"),
    _at("updated_at"),
)
approvals = _table(
    "approvals",
    "runner",
    _text("approval_id", key=True),
    _text("subject"),
    _text("plan_hash"),
    _text("reason"),
    _text("status"),
    _maybe("requested_by"),
    _maybe("decided_by"),
    _at("requested_at"),
    _at("decided_at", null=True),
    _at("expires_at", null=True),
    _maybe("run_id"),
)
holds = _table(
    "holds",
    "runner",
    _text("scope", key=True),  # all, campaign:X, channel:Y
    _text("reason"),
    _maybe("held_by"),
    _at("held_at"),
)
instance = _table(
    "instance",
    "state",
    _text("instance_id", key=True),
    _text("place"),  # SQLite: machine + path; PostgreSQL: system id + database
    _text("token_key"),
    _flag("send_hold"),
    _text("hold_reason", default=""),
    _at("founded_at"),
)
audit = _table(
    "audit",
    "runner",
    _event_id(),
    _at("occurred_at"),
    _text("actor"),
    _text("verb"),
    _text("subject"),
    _text("details", default="{}"),
    _text("previous_hash"),
    _text("hash"),
)
tombstones = _table(
    "tombstones", "profiles", _text("subject_hash", key=True), _at("erased_at"), _text("receipt", default="{}")
)

# --- identity and people's decisions about data ----------------------------------------------------------------------
customer_aliases = _table(
    "customer_aliases",
    "identity",
    _text("alias", key=True),
    _text("customer_id"),
    _text("reason"),
    _maybe("run_id"),
    _at("since"),
    Index(None, "customer_id"),
)
identity_ledger = _table(
    "identity_ledger",
    "identity",
    _event_id(),
    _at("occurred_at"),
    _text("kind"),  # minted merged split undone
    _text("customer_id"),
    _maybe("other_id"),
    _text("details", personal=True, default="{}"),
    _maybe("run_id"),
    Index(None, "customer_id"),
)
decisions = _table(
    "decisions",
    "identity",
    _text("source_a", key=True),
    _text("source_id_a", key=True),
    _text("source_b", key=True),
    _text("source_id_b", key=True),
    _text("verdict"),  # always never
    _text("reason", default=""),
    _maybe("decided_by"),
    _at("decided_at"),
)
field_overrides = _table(
    "field_overrides",
    "delivery",
    _text("customer_id", key=True),
    _text("field", key=True),
    _maybe("value", personal=True),
    _text("origin"),
    _maybe("reason"),
    _at("set_at"),
    _at("until", null=True),
)
pins = _table(
    "pins",
    "delivery, tags",
    _text("customer_id", key=True),
    _text("tag", key=True),
    _text("verdict"),  # add remove
    _text("reason", default=""),
    _maybe("set_by"),
    _at("set_at"),
    _at("until", null=True),
)
health_overrides = _table(
    "health_overrides",
    "health",
    _text("customer_id", key=True),
    _text("model", key=True),
    Column("score", Float, nullable=False),
    _text("reason"),
    _text("author"),
    _at("set_at"),
    _at("expires_at", null=True),
)

# --- delivery --------------------------------------------------------------------------------------------------------
outbox = _table(
    "outbox",
    "delivery",
    Column("seq", _BIG_ID, primary_key=True, autoincrement=True),
    _text("message_key"),
    _brand(),
    _text("origin"),  # campaign or job
    _text("occurrence"),
    _text("step"),
    _text("customer_id"),
    _text("channel"),
    _text("class"),
    _maybe("topic"),
    _maybe("arm"),
    _maybe("template"),
    _maybe("template_version"),
    _maybe("address", personal=True),
    _maybe("address_hash"),
    _text("status"),
    _text("reason", default=""),
    _count("priority", default=50),
    _count("attempts"),
    _at("queued_at"),
    _at("not_before", null=True),
    _at("not_after", null=True),
    _maybe("claimed_by"),
    _at("lease_until", null=True),
    _at("first_attempt_at", null=True),
    _at("updated_at"),
    _at("sent_at", null=True),
    _maybe("body_sha256"),
    _maybe("remote_id"),
    _maybe("run_id"),
    UniqueConstraint("message_key"),
    UniqueConstraint("brand", "origin", "occurrence", "step", "channel", "address_hash"),
    Index(None, "status", "not_before"),
    Index(None, "customer_id"),
)
attempts = _table(
    "attempts",
    "delivery",
    _event_id(),
    _text("message_key"),
    _count("attempt"),
    _at("occurred_at"),
    _text("phase"),
    _text("result"),
    _maybe("code"),
    _maybe("detail"),
    _maybe("worker"),
    Index(None, "message_key"),
)
contexts = _table(
    "contexts", "delivery", _text("message_key", key=True), _text("context", personal=True), _at("stored_at")
)
templates = _table(
    "templates",
    "delivery",
    _text("template", key=True),
    _text("version", key=True),
    _text("content"),
    _at("stored_at"),
)
suppressions = _table(
    "suppressions",
    "delivery",
    _brand(key=True),
    _text("channel", key=True),
    _text("address_hash", key=True),
    _text("stream", key=True, default="all"),
    _text("reason"),
    _text("source", default=""),
    _at("since"),
    _at("until", null=True),
)
consents = _table(
    "consents",
    "delivery",
    _event_id(),
    _brand(),
    _text("customer_id"),
    _text("channel"),
    _text("topic"),
    _text("status"),  # granted denied pending
    _text("source"),
    _text("evidence", default=""),
    _at("occurred_at"),
    UniqueConstraint("brand", "customer_id", "channel", "topic", "source", "occurred_at"),
)
throttles = _table(
    "throttles",
    "delivery",
    _brand(key=True),
    _text("scope", key=True),
    _at("window_start"),
    _count("used"),
    _at("blocked_until", null=True),
)
breakers = _table(
    "breakers",
    "delivery",
    _text("scope", key=True),
    _text("status"),
    _text("reason", default=""),
    _count("failures"),
    _at("opened_at", null=True),
    _at("retry_at", null=True),
)
message_events = _table(
    "message_events",
    "delivery",
    _event_id(),
    _text("message_key"),
    _text("kind"),
    _at("occurred_at"),
    _text("source", default="opscli"),
    _text("external_id", default=""),
    _flag("machine"),
    _text("details", personal=True, default="{}"),
    UniqueConstraint("message_key", "kind", "source", "external_id"),
)

# --- campaigns -------------------------------------------------------------------------------------------------------
enrolments = _table(
    "enrolments",
    "campaigns",
    _text("enrolment_id", key=True),
    _text("campaign"),
    _text("customer_id"),
    _text("key"),
    _text("occurrence"),
    _text("config_version"),
    _text("status"),  # active finished exited held_out
    _text("step"),
    _at("entered_at"),
    _at("wake_at", null=True),
    _at("ended_at", null=True),
    _text("exit_reason", default=""),
    _text("context", personal=True, default="{}"),
    _maybe("run_id"),
    UniqueConstraint("campaign", "customer_id", "key", "occurrence"),
    Index(None, "status", "wake_at"),
    Index(None, "customer_id"),
)
enrolment_events = _table(
    "enrolment_events",
    "campaigns",
    _event_id(),
    _text("enrolment_id"),
    _text("campaign"),
    _text("customer_id"),
    _text("step", default=""),
    _text("kind"),
    _text("reason", default=""),
    _at("occurred_at"),
    _text("details", default="{}"),
    _maybe("run_id"),
    UniqueConstraint("enrolment_id", "step", "kind", "occurred_at"),
)
assignments = _table(
    "assignments",
    "campaigns",
    _text("experiment", key=True),  # project holdout, campaign holdout, split id
    _text("customer_id", key=True),
    _text("arm"),
    _at("assigned_at"),
    _maybe("run_id"),
)

# --- tasks, tickets, alerts ------------------------------------------------------------------------------------------
tasks = _table(
    "tasks",
    "delivery",
    _text("task_id", key=True),
    _text("origin"),  # campaign, health, ticket …
    _text("origin_name"),
    _text("episode"),
    _maybe("customer_id"),
    _text("title", personal=True),
    _text("body", personal=True, default=""),
    _text("priority", default="normal"),
    _maybe("owner"),
    _text("owner_reason", default=""),
    _text("status"),  # open done snoozed cancelled
    _maybe("outcome"),
    _at("created_at"),
    _at("due_at", null=True),
    _at("closed_at", null=True),
    _maybe("run_id"),
    UniqueConstraint("origin", "origin_name", "episode", "customer_id"),
    Index(None, "customer_id"),
)
task_events = _table(
    "task_events",
    "delivery",
    _event_id(),
    _text("task_id"),
    _text("kind"),
    _maybe("actor"),
    _at("occurred_at"),
    _text("details", default="{}"),
    Index(None, "task_id"),
)
tickets = _table(
    "tickets",
    "service",
    _text("ticket_id", key=True),
    _maybe("customer_id"),
    _text("origin"),
    _text("external_id"),
    _text("subject", personal=True, default=""),
    _text("priority", default="normal"),
    _text("type", default=""),
    _text("queue", default=""),
    _maybe("owner"),
    _text("status"),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("origin", "external_id"),
)
ticket_events = _table(
    "ticket_events",
    "service",
    _event_id(),
    _text("ticket_id"),
    _text("kind"),
    _maybe("actor"),
    _at("occurred_at"),
    _text("external_id", default=""),
    _text("details", personal=True, default="{}"),
    UniqueConstraint("ticket_id", "kind", "occurred_at", "external_id"),
)
sla_clocks = _table(
    "sla_clocks",
    "service",
    _text("ticket_id", key=True),
    _text("policy", key=True),
    _text("metric", key=True),
    _text("state"),
    _at("started_at", null=True),
    _at("deadline_at", null=True),
    _at("stopped_at", null=True),
    Column("remaining_seconds", BigInteger),
    _text("policy_version"),
    _count("warned"),
)
alerts = _table(
    "alerts",
    "alerts",
    _text("alert_key", key=True),
    _text("monitor"),
    _text("series", default=""),
    _text("status"),
    _text("severity", default="warn"),
    _count("streak"),
    _at("since"),
    _at("notified_at", null=True),
    _maybe("acked_by"),
    Column("value", Float),
    _text("details", default="{}"),
)
alert_events = _table(
    "alert_events",
    "alerts",
    _event_id(),
    _text("alert_key"),
    _maybe("customer_id"),
    _text("source", default=""),
    _text("kind"),
    _text("severity", default=""),
    _at("occurred_at"),
    _text("details", default="{}"),
    UniqueConstraint("alert_key", "kind", "occurred_at"),
)
silences = _table(
    "silences",
    "alerts",
    _text("silence_id", key=True),
    _text("matcher"),
    _text("reason"),
    _maybe("author"),
    _at("starts_at"),
    _at("ends_at"),
)
