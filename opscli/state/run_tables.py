"""What the runner and identity remember. See `tables` for what holds for all of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, UniqueConstraint

from opscli.state.columns import count, event_id, flag, instant, maybe, table, words

# --- the runner's memory ---------------------------------------------------------------------------------------------
runs = table(
    "runs",
    "runner",
    words("run_id", key=True),
    words("job"),
    instant("slot"),
    words("params_hash"),
    words("params", default="{}"),
    instant("as_of"),
    instant("known_at"),
    words("environment"),
    words("config_version"),
    words("status"),  # running ok leftovers partial failed interrupted abandoned
    count("attempt", default=1),
    instant("started_at"),
    instant("finished_at", null=True),
    instant("heartbeat_at", null=True),
    maybe("host"),
    Column("pid", Integer),
    Column("exit_code", Integer),
    maybe("error"),
    UniqueConstraint("job", "slot", "params_hash"),
)
steps = table(
    "steps",
    "runner",
    event_id(),
    words("run_id"),
    count("attempt", default=1),
    Column("position", Integer, nullable=False),
    words("step"),
    words("stage"),
    words("status"),
    instant("started_at"),
    instant("finished_at", null=True),
    count("rows_in"),
    count("rows_out"),
    count("rejected"),
    count("changed"),
    count("leftovers"),
    words("summary", default=""),
    words("details", default="{}"),
    maybe("inputs"),
    UniqueConstraint("run_id", "attempt", "step"),
)
config_blobs = table(
    "config_blobs",
    "runner",
    words("config_version", key=True),
    words("content"),
    instant("stored_at"),
    maybe("git_commit"),
)
locks = table(
    "locks",
    "runner",
    words("name", key=True),
    words("run_id"),
    words("mode"),
    maybe("host"),
    Column("pid", Integer),
    instant("acquired_at"),
    instant("heartbeat_at"),
)
cursors = table(
    "cursors",
    "each stage, its own scope",
    words("scope", key=True),  # such as source:orders, campaign:winback, activity:message_events
    words("name", key=True),  # such as a file, a trigger
    Column("position", BigInteger),  # a load_seq or event_id, never a time
    words("value", default="{}"),
    maybe("run_id"),
    instant("updated_at"),
)
approvals = table(
    "approvals",
    "runner",
    words("approval_id", key=True),
    words("subject"),
    words("plan_hash"),
    words("reason"),
    words("status"),
    maybe("requested_by"),
    maybe("decided_by"),
    instant("requested_at"),
    instant("decided_at", null=True),
    instant("expires_at", null=True),
    maybe("run_id"),
)
holds = table(
    "holds",
    "runner",
    words("scope", key=True),  # all, campaign:X, channel:Y
    words("reason"),
    maybe("held_by"),
    instant("held_at"),
)
instance = table(
    "instance",
    "state",
    words("instance_id", key=True),
    words("place"),  # SQLite: machine + path; PostgreSQL: system id + database
    words("token_key"),
    flag("send_hold"),
    words("hold_reason", default=""),
    instant("founded_at"),
)
audit = table(
    "audit",
    "runner",
    event_id(),
    instant("occurred_at"),
    words("actor"),
    words("verb"),
    words("subject"),
    words("details", default="{}"),
    words("previous_hash"),
    words("hash"),
)
tombstones = table(
    "tombstones", "profiles", words("subject_hash", key=True), instant("erased_at"), words("receipt", default="{}")
)

# --- identity and people's decisions about data ----------------------------------------------------------------------
customer_aliases = table(
    "customer_aliases",
    "identity",
    words("alias", key=True),
    words("customer_id"),
    words("reason"),
    maybe("run_id"),
    instant("since"),
    Index(None, "customer_id"),
)
identity_ledger = table(
    "identity_ledger",
    "identity",
    event_id(),
    instant("occurred_at"),
    words("kind"),  # minted merged split undone
    words("customer_id"),
    maybe("other_id"),
    words("details", personal=True, default="{}"),
    maybe("run_id"),
    Index(None, "customer_id"),
)
decisions = table(
    "decisions",
    "identity",
    words("source_a", key=True),
    words("source_id_a", key=True),
    words("source_b", key=True),
    words("source_id_b", key=True),
    words("verdict"),  # always never
    words("reason", default=""),
    maybe("decided_by"),
    instant("decided_at"),
)
field_overrides = table(
    "field_overrides",
    "delivery",
    words("customer_id", key=True),
    words("field", key=True),
    maybe("value", personal=True),
    words("origin"),
    maybe("reason"),
    instant("set_at"),
    instant("until", null=True),
)
pins = table(
    "pins",
    "delivery, tags",
    words("customer_id", key=True),
    words("tag", key=True),
    words("verdict"),  # add remove
    words("reason", default=""),
    maybe("set_by"),
    instant("set_at"),
    instant("until", null=True),
)
health_overrides = table(
    "health_overrides",
    "health",
    words("customer_id", key=True),
    words("model", key=True),
    Column("score", Float, nullable=False),
    words("reason"),
    words("author"),
    instant("set_at"),
    instant("expires_at", null=True),
)
