"""Step `send`: through the gate into the outbox; who may not be written to goes on with the reason on record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from opscli.campaigns.audience import people
from opscli.campaigns.campaign import CampaignSpec, Step, nearest
from opscli.campaigns.work import EVENTS, MESSAGES, WORK, StepWork
from opscli.delivery.channel import ChannelSpec
from opscli.delivery.gate import VERDICTS, Request, judge
from opscli.delivery.template import TemplateSpec
from opscli.delivery.topic import TopicSpec
from opscli.engine.warehouse import Session
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.stage import Catalog, Project

_CANDIDATES = "scratch.campaigns_candidates"
_CONTEXTS = "scratch.campaigns_contexts"


def check(spec: CampaignSpec, step: Step, catalog: Catalog) -> Iterable[Issue]:
    """Unknown template or channel; marketing on a channel that nobody can unsubscribe from."""
    template, channel = step.settings["template"], step.settings.get("channel")
    if catalog.get("template", template) is None:
        how = nearest(template, catalog, "template")
        yield spec.document.issue((*step.place, "template"), say("campaigns.no_template", template=template), how=how)
    channels = catalog.names("channel")
    if channel is None and len(channels) != 1:
        how = (
            say("campaigns.add_channel", names=listed(channels))
            if channels
            else say("campaigns.add_in", folder="configs/channels/")
        )
        yield spec.document.issue(step.place, say("campaigns.which_channel"), how=how)
        return
    if channel is not None and channel not in channels:
        how = nearest(channel, catalog, "channel")
        yield spec.document.issue((*step.place, "channel"), say("campaigns.no_channel", channel=channel), how=how)
        return
    used = channel or channels[0]
    if spec.class_ == "marketing" and catalog.get("marketing_channel", used) is None:
        yield spec.document.issue(
            step.place,
            say("campaigns.no_marketing", channel=used),
            why=say("campaigns.no_marketing_why"),
            how=say("campaigns.no_marketing_how", channel=used),
        )


def advance(work: StepWork) -> None:
    """Judge everybody at this step, plan the messages of those who may get one, and move all of them on."""
    session, project = work.session, work.ctx.project
    channel, template = channel_of(project, work.step), _template(project, work.step)
    session.execute(
        f"CREATE OR REPLACE TABLE {_CANDIDATES} AS "
        f"SELECT enrolment_id, customer_id, occurrence FROM {WORK} WHERE {work.standing}"
    )
    values = values_of(session, template)
    judge(session, _request(work, channel, template, values))
    _plan_messages(work, channel, template, values)
    session.execute(
        f"INSERT INTO {EVENTS} SELECT $campaign, enrolment_id, customer_id, $step, "
        "CASE reason WHEN '' THEN 'queued' WHEN 'holdout' THEN 'held_out' ELSE 'skipped' END, "
        f"reason, {work.position} "
        f"FROM {VERDICTS}",
        {"campaign": work.campaign.name, "step": work.step.id},
    )
    session.execute(
        f"UPDATE {WORK} SET status = 'held_out', reason = 'holdout' WHERE {work.standing} AND enrolment_id IN "
        f"(SELECT enrolment_id FROM {VERDICTS} WHERE reason = 'holdout')"
    )
    work.advance()


def channel_of(project: Project, step: Step) -> ChannelSpec:
    """The channel that a step names, or the only one."""
    channels = {spec.name: spec for spec in project.all("channel", ChannelSpec)}
    return channels[step.settings.get("channel") or next(iter(channels))]


def _template(project: Project, step: Step) -> TemplateSpec:
    return {spec.name: spec for spec in project.all("template", TemplateSpec)}[step.settings["template"]]


def values_of(session: Session, template: TemplateSpec) -> dict[str, str]:
    """The template's variables as SQL over customers `c` and profiles `p`; what no table has is NULL."""
    from opscli.delivery.templates import variables

    columns = {"customer": ("c", session.columns("customers")), "traits": ("p", session.columns("profiles"))}
    found: dict[str, str] = {}
    for variable in variables(template.parts):
        group, _, name = variable.name.partition(".")
        if name:
            alias, known = columns[group]
            found[variable.name] = f"{alias}.{session.dialect.quote(name)}" if name in known else "NULL"
    return found


def _request(work: StepWork, channel: ChannelSpec, template: TemplateSpec, values: Mapping[str, str]) -> Request:
    from opscli.delivery.templates import variables

    ctx = work.ctx
    required = {item.name for item in variables(template.parts) if item.required} & set(values)
    return Request(
        origin=work.campaign.name,
        step=work.step.id,
        message_class=work.campaign.class_,
        channel=channel,
        topic={spec.name: spec for spec in ctx.project.all("topic", TopicSpec)}[work.campaign.topic],
        candidates=_CANDIDATES,
        planned=MESSAGES,
        values=values,
        required=frozenset(required),
        as_of=ctx.as_of,
        zone=ctx.project.zone,
    )


def _plan_messages(work: StepWork, channel: ChannelSpec, template: TemplateSpec, values: Mapping[str, str]) -> None:
    """Messages of those who passed, with the values that their texts need, taken now."""
    session = work.session
    _take_values(session, values, work.campaign.name)
    session.execute(
        f"""INSERT INTO {MESSAGES}
        SELECT $campaign, v.enrolment_id, v.customer_id, v.occurrence, $step, $channel, $class,
            v.address, v.address_hash, 'treatment', v.not_before, $template, $version, x.context
        FROM {VERDICTS} AS v
        JOIN {_CONTEXTS} AS x ON x.enrolment_id = v.enrolment_id
        WHERE v.reason = ''""",
        {
            "campaign": work.campaign.name,
            "step": work.step.id,
            "channel": channel.name,
            "class": work.campaign.class_,
            "template": template.name,
            "version": template.parts.version(),
        },
    )


def _take_values(session: Session, values: Mapping[str, str], campaign: str) -> None:
    """Fill the contexts: JSON texts by enrolment, made batch by batch, as engines print JSON differently."""
    import pyarrow as pa

    names = sorted(values)
    columns = "".join(f", {values[name]} AS value_{index}" for index, name in enumerate(names))
    query = (
        f"SELECT v.enrolment_id{columns} FROM {VERDICTS} AS v JOIN {people(session)} ON c.customer_id = v.customer_id "
        "WHERE v.reason = ''"
    )
    made = []
    for batch in session.batches(query):
        texts = [_context(names, row, campaign) for row in batch.to_pylist()]
        made.append(pa.record_batch({"enrolment_id": batch.column(0), "context": pa.array(texts, pa.string())}))
    session.create(_CONTEXTS, {"enrolment_id": "text", "context": "text"})
    for batch in made:
        session.insert_arrow(_CONTEXTS, pa.Table.from_batches([batch]))


def _context(names: list[str], row: Mapping[str, Any], campaign: str) -> str:
    context: dict[str, Any] = {"campaign": campaign, "customer": {}, "traits": {}}
    for index, name in enumerate(names):
        group, _, key = name.partition(".")
        value = row[f"value_{index}"]
        if value is not None:
            context[group][key] = _json_ready(value)
    return json.dumps(context, sort_keys=True, ensure_ascii=False)


def _json_ready(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def templates_used(project: Project, campaigns: Iterable[CampaignSpec]) -> Iterator[tuple[str, str]]:
    """(version, content) of the templates that campaigns send, for the outbox's store of texts."""
    for campaign in campaigns:
        for step in campaign.steps:
            if step.kind == "send":
                parts = _template(project, step).parts
                yield parts.version(), json.dumps({"subject": parts.subject, "html": parts.html, "text": parts.text})
