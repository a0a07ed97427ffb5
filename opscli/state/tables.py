"""Contract of every state table: columns, keys, who writes it, which columns are personal data.

Instants are naive UTC. JSON is text with sorted keys. `brand` (default `main`) is part of the unique keys of consent,
suppression, caps, sender and tokens. `info={"personal": True}` marks personal data; `info["owner"]` the only writer.
Event tables have a monotone `event_id`, on which the activity stage keeps its cursor.
"""

from __future__ import annotations

from opscli.state.columns import metadata
from opscli.state.delivery_tables import (
    assignments,
    attempts,
    breakers,
    consents,
    contexts,
    enrolment_events,
    enrolments,
    message_events,
    outbox,
    suppressions,
    templates,
    throttles,
)
from opscli.state.run_tables import (
    approvals,
    audit,
    config_blobs,
    cursors,
    customer_aliases,
    decisions,
    field_overrides,
    health_overrides,
    holds,
    identity_ledger,
    instance,
    locks,
    pins,
    runs,
    steps,
    tombstones,
)
from opscli.state.work_tables import (
    alert_events,
    alerts,
    silences,
    sla_clocks,
    task_events,
    tasks,
    ticket_events,
    tickets,
)

__all__ = [
    "alert_events",
    "alerts",
    "approvals",
    "assignments",
    "attempts",
    "audit",
    "breakers",
    "config_blobs",
    "consents",
    "contexts",
    "cursors",
    "customer_aliases",
    "decisions",
    "enrolment_events",
    "enrolments",
    "field_overrides",
    "health_overrides",
    "holds",
    "identity_ledger",
    "instance",
    "locks",
    "message_events",
    "metadata",
    "outbox",
    "pins",
    "runs",
    "silences",
    "sla_clocks",
    "steps",
    "suppressions",
    "task_events",
    "tasks",
    "templates",
    "throttles",
    "ticket_events",
    "tickets",
    "tombstones",
]
