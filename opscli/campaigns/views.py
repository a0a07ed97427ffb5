"""What people look up about campaigns: how they stand, who got what and why, what a message looks like."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, literal, select

from opscli.campaigns import job
from opscli.campaigns.campaign import CampaignSpec
from opscli.delivery.channel import ChannelSpec
from opscli.delivery.message import Message
from opscli.delivery.outbox import message_key
from opscli.delivery.template import TemplateSpec
from opscli.delivery.templates import compile_parts
from opscli.errors import UsageError
from opscli.phrases import listed, say
from opscli.stage import Context, Project
from opscli.state.tables import customer_aliases, enrolment_events, enrolments, outbox


@dataclass(frozen=True, slots=True)
class Previewed:
    """One rendered message and where it would go."""

    key: str
    customer_id: str
    body: bytes


def overview(connection: Connection, campaigns: Sequence[CampaignSpec]) -> list[dict[str, Any]]:
    """One row a campaign: its trigger and what has come of it."""
    by_status = select(enrolments.c.campaign, enrolments.c.status, func.count()).group_by(
        enrolments.c.campaign, enrolments.c.status
    )
    entered: dict[str, dict[str, int]] = {}
    for name, status, number in connection.execute(by_status):
        entered.setdefault(name, {})[status] = number
    messages = select(outbox.c.origin, func.count()).where(outbox.c.status == "sent").group_by(outbox.c.origin)
    sent = {str(name): int(number) for name, number in connection.execute(messages)}
    return [
        {
            "campaign": spec.name,
            "starts": " ".join(spec.trigger) if spec.trigger else f"at {spec.at}",
            "topic": spec.topic,
            "steps": len(spec.steps),
            "entered": sum(entered.get(spec.name, {}).values()),
            "active": entered.get(spec.name, {}).get("active", 0),
            "held_out": entered.get(spec.name, {}).get("held_out", 0),
            "sent": sent.get(spec.name, 0),
        }
        for spec in campaigns
    ]


def find(project: Project, name: str) -> CampaignSpec:
    """The campaign of that name; raises UsageError with the known ones."""
    spec = project.one("campaign", name, CampaignSpec)
    if spec is None:
        names = listed(project.catalog.names("campaign"))
        raise UsageError(
            say("campaigns.no_campaign", name=name),
            remedy=say("campaigns.campaigns_are", names=names) if names else say("campaigns.add_one"),
        )
    return spec


def flow(connection: Connection, spec: CampaignSpec) -> list[dict[str, Any]]:
    """One row a step: what it does, who stands there, and what came of it so far."""
    e = enrolments.c
    parked = select(e.step, func.count()).where(e.campaign == spec.name, e.status == "active").group_by(e.step)
    standing: dict[str, int] = {step: number for step, number in connection.execute(parked)}  # noqa: C416  Row is no pair
    v = enrolment_events.c
    events = select(v.step, v.kind, func.count()).where(v.campaign == spec.name).group_by(v.step, v.kind)
    done: dict[tuple[str, str], int] = {(step, kind): number for step, kind, number in connection.execute(events)}
    return [
        {
            "step": step.id,
            "does": f"{step.kind} {' '.join(str(value) for value in step.settings.values())}",
            "waiting_here": standing.get(step.id, 0),
            "queued": done.get((step.id, "queued"), 0),
            "skipped": done.get((step.id, "skipped"), 0),
            "held_out": done.get((step.id, "held_out"), 0),
        }
        for step in spec.steps
    ]


def path_of(connection: Connection, spec: CampaignSpec, customer: str) -> list[dict[str, Any]]:
    """Everything that happened to one customer in a campaign, under former ids too, and the fate of each message."""
    e, o, a = enrolment_events.c, outbox.c, customer_aliases.c
    ids = select(a.alias).where(a.customer_id == customer).union_all(select(literal(customer)))
    events = (
        select(e.occurred_at, e.step, e.kind, e.reason)
        .where(e.campaign == spec.name, e.customer_id.in_(ids))
        .order_by(e.event_id)
    )
    rows = [dict(row) for row in connection.execute(events).mappings()]
    fates = (
        select(o.updated_at.label("occurred_at"), o.step, o.status.label("kind"), o.reason)
        .where(o.origin == spec.name, o.customer_id.in_(ids))
        .order_by(o.seq)
    )
    return rows + [{**row, "kind": f"message {row['kind']}"} for row in map(dict, connection.execute(fates).mappings())]


def preview_messages(ctx: Context, spec: CampaignSpec, limit: int) -> list[Previewed]:
    """Render messages that the next run would queue; nothing is written to the stores."""
    job.plan(ctx.at(options={"only": [spec.name]}))
    channels = {item.name: item for item in ctx.project.all("channel", ChannelSpec)}
    templates = {item.name: item for item in ctx.project.all("template", TemplateSpec)}
    with ctx.warehouse.read() as session:
        rows = job.sample_messages(session, limit)
    made = []
    for row in rows:
        channel = channels[row["channel"]]
        key = message_key(spec.name, row["occurrence"], row["step"], row["customer_id"], row["channel"])
        links = channel.links(ctx.state.token_key(), key)
        values = {"unsubscribe_url": links.url, "postal_address": channel.postal_address}
        rendered = compile_parts(templates[row["template"]].parts).render(json.loads(row["context"]) | values)
        message = Message(
            key=key,
            sender=channel.sender,
            recipient=row["address"],
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=ctx.as_of,
            headers=links.headers() if spec.class_ == "marketing" else {},
        )
        made.append(Previewed(key=key, customer_id=row["customer_id"], body=message.as_bytes()))
    return made
