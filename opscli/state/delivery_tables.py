"""What delivery and campaigns remember. See `tables` for what holds for all of them."""

from __future__ import annotations

from sqlalchemy import Column, Index, UniqueConstraint

from opscli.state.columns import BIG_ID, brand, count, event_id, flag, instant, maybe, table, words

# --- delivery --------------------------------------------------------------------------------------------------------
outbox = table(
    "outbox",
    "delivery",
    Column("seq", BIG_ID, primary_key=True, autoincrement=True),
    words("message_key"),
    brand(),
    words("origin"),  # campaign or job
    words("occurrence"),
    words("step"),
    words("customer_id"),
    words("channel"),
    words("class"),
    maybe("topic"),
    maybe("arm"),
    maybe("template"),
    maybe("template_version"),
    maybe("address", personal=True),
    maybe("address_hash"),
    words("status"),
    words("reason", default=""),
    count("priority", default=50),
    count("attempts"),
    instant("queued_at"),
    instant("not_before", null=True),
    instant("not_after", null=True),
    maybe("claimed_by"),
    instant("lease_until", null=True),
    instant("first_attempt_at", null=True),
    instant("updated_at"),
    instant("sent_at", null=True),
    maybe("body_sha256"),
    maybe("remote_id"),
    maybe("run_id"),
    UniqueConstraint("message_key"),
    UniqueConstraint("brand", "origin", "occurrence", "step", "channel", "address_hash"),
    Index(None, "status", "not_before"),
    Index(None, "customer_id"),
)
attempts = table(
    "attempts",
    "delivery",
    event_id(),
    words("message_key"),
    count("attempt"),
    instant("occurred_at"),
    words("phase"),
    words("result"),
    maybe("code"),
    maybe("detail"),
    maybe("worker"),
    Index(None, "message_key"),
)
contexts = table(
    "contexts", "delivery", words("message_key", key=True), words("context", personal=True), instant("stored_at")
)
templates = table(
    "templates",
    "delivery",
    words("template", key=True),
    words("version", key=True),
    words("content"),
    instant("stored_at"),
)
suppressions = table(
    "suppressions",
    "delivery",
    brand(key=True),
    words("channel", key=True),
    words("address_hash", key=True),
    words("stream", key=True, default="all"),
    words("reason"),
    words("source", default=""),
    instant("since"),
    instant("until", null=True),
)
consents = table(
    "consents",
    "delivery",
    event_id(),
    brand(),
    words("customer_id"),
    words("channel"),
    words("topic"),
    words("status"),  # granted denied pending
    words("source"),
    words("evidence", default=""),
    instant("occurred_at"),
    UniqueConstraint("brand", "customer_id", "channel", "topic", "source", "occurred_at"),
)
throttles = table(
    "throttles",
    "delivery",
    brand(key=True),
    words("scope", key=True),
    instant("window_start"),
    count("used"),
    instant("blocked_until", null=True),
)
breakers = table(
    "breakers",
    "delivery",
    words("scope", key=True),
    words("status"),
    words("reason", default=""),
    count("failures"),
    instant("opened_at", null=True),
    instant("retry_at", null=True),
)
message_events = table(
    "message_events",
    "delivery",
    event_id(),
    words("message_key"),
    words("kind"),
    instant("occurred_at"),
    words("source", default="opscli"),
    words("external_id", default=""),
    flag("machine"),
    words("details", personal=True, default="{}"),
    UniqueConstraint("message_key", "kind", "source", "external_id"),
)

# --- campaigns -------------------------------------------------------------------------------------------------------
enrolments = table(
    "enrolments",
    "campaigns",
    words("enrolment_id", key=True),
    words("campaign"),
    words("customer_id"),
    words("key"),
    words("occurrence"),
    words("config_version"),
    words("status"),  # active finished exited held_out
    words("step"),
    instant("entered_at"),
    instant("wake_at", null=True),
    instant("ended_at", null=True),
    words("exit_reason", default=""),
    words("context", personal=True, default="{}"),
    maybe("run_id"),
    UniqueConstraint("campaign", "customer_id", "key", "occurrence"),
    Index(None, "status", "wake_at"),
    Index(None, "customer_id"),
)
enrolment_events = table(
    "enrolment_events",
    "campaigns",
    event_id(),
    words("enrolment_id"),
    words("campaign"),
    words("customer_id"),
    words("step", default=""),
    words("kind"),
    words("reason", default=""),
    instant("occurred_at"),
    words("details", default="{}"),
    maybe("run_id"),
    UniqueConstraint("enrolment_id", "step", "kind", "occurred_at"),
)
assignments = table(
    "assignments",
    "campaigns",
    words("experiment", key=True),  # project holdout, campaign holdout, split id
    words("customer_id", key=True),
    words("arm"),
    instant("assigned_at"),
    maybe("run_id"),
)
