"""Tasks, tickets, alerts. See `tables` for what holds for all of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, UniqueConstraint

from opscli.state.columns import count, event_id, instant, maybe, table, words

# --- tasks, tickets, alerts ------------------------------------------------------------------------------------------
tasks = table(
    "tasks",
    "delivery",
    words("task_id", key=True),
    words("origin"),  # campaign, health, ticket …
    words("origin_name"),
    words("episode"),
    maybe("customer_id"),
    words("title", personal=True),
    words("body", personal=True, default=""),
    words("priority", default="normal"),
    maybe("owner"),
    words("owner_reason", default=""),
    words("status"),  # open done snoozed cancelled
    maybe("outcome"),
    instant("created_at"),
    instant("due_at", null=True),
    instant("closed_at", null=True),
    maybe("run_id"),
    UniqueConstraint("origin", "origin_name", "episode", "customer_id"),
    Index(None, "customer_id"),
)
task_events = table(
    "task_events",
    "delivery",
    event_id(),
    words("task_id"),
    words("kind"),
    maybe("actor"),
    instant("occurred_at"),
    words("details", default="{}"),
    Index(None, "task_id"),
)
tickets = table(
    "tickets",
    "service",
    words("ticket_id", key=True),
    maybe("customer_id"),
    words("origin"),
    words("external_id"),
    words("subject", personal=True, default=""),
    words("priority", default="normal"),
    words("type", default=""),
    words("queue", default=""),
    maybe("owner"),
    words("status"),
    instant("created_at"),
    instant("updated_at"),
    UniqueConstraint("origin", "external_id"),
)
ticket_events = table(
    "ticket_events",
    "service",
    event_id(),
    words("ticket_id"),
    words("kind"),
    maybe("actor"),
    instant("occurred_at"),
    words("external_id", default=""),
    words("details", personal=True, default="{}"),
    UniqueConstraint("ticket_id", "kind", "occurred_at", "external_id"),
)
sla_clocks = table(
    "sla_clocks",
    "service",
    words("ticket_id", key=True),
    words("policy", key=True),
    words("metric", key=True),
    words("state"),
    instant("started_at", null=True),
    instant("deadline_at", null=True),
    instant("stopped_at", null=True),
    Column("remaining_seconds", BigInteger),
    words("policy_version"),
    count("warned"),
)
alerts = table(
    "alerts",
    "alerts",
    words("alert_key", key=True),
    words("monitor"),
    words("series", default=""),
    words("status"),
    words("severity", default="warn"),
    count("streak"),
    instant("since"),
    instant("notified_at", null=True),
    maybe("acked_by"),
    Column("value", Float),
    words("details", default="{}"),
)
alert_events = table(
    "alert_events",
    "alerts",
    event_id(),
    words("alert_key"),
    maybe("customer_id"),
    words("source", default=""),
    words("kind"),
    words("severity", default=""),
    instant("occurred_at"),
    words("details", default="{}"),
    UniqueConstraint("alert_key", "kind", "occurred_at"),
)
silences = table(
    "silences",
    "alerts",
    words("silence_id", key=True),
    words("matcher"),
    words("reason"),
    maybe("author"),
    instant("starts_at"),
    instant("ends_at"),
)
