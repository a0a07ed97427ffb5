"""The kind `job`: what runs, in which order, when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.stages import STAGES
from opscli.runner.targets import option_issues
from opscli.stage import Catalog, Provided


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When: five cron fields, read in `zone` ("" = the business zone)."""

    cron: str
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a step that failed for a temporary reason is tried again; the delay doubles each time."""

    max: int = 0
    delay: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One step: `id` is its name in this job, `uses` the stage's word, `options` its `with:`."""

    id: str
    uses: str
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    on_failure: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A job."""

    name: str
    steps: tuple[StepSpec, ...]
    schedule: Schedule | None = None
    retries: Retries = Retries()
    document: Document | None = None

    @classmethod
    def of_one_step(cls, name: str, step: StepSpec, retries: Retries) -> JobSpec:
        """The job behind a command that runs one stage by hand."""
        return cls(name=name, steps=(step,), retries=retries)


def parse(document: Document) -> JobSpec:
    """A frozen job of a schema-valid document."""
    data = document.data
    retries = data.get("retries", {})
    return JobSpec(
        name=document.name,
        steps=tuple(_step(item) for item in data["steps"]),
        schedule=_schedule(data.get("schedule")),
        retries=Retries(max=retries.get("max", 0), delay=parse_duration(retries.get("delay", "30s"))),
        document=document,
    )


def provides(spec: JobSpec) -> Iterable[Provided]:
    """The job's name."""
    if spec.document is not None:
        yield Provided(category="job", name=spec.name, file=spec.document.file, line=1)


def check(spec: JobSpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown steps, options and names in them, steps that need a later one, a schedule that is none."""
    document = spec.document
    if document is None:
        return
    seen: list[str] = []
    for index, step in enumerate(spec.steps):
        place: Place = ("steps", index)
        if step.uses not in STAGES:
            yield document.issue(
                place, say("runner.unknown_step", step=step.uses), how=did_you_mean(step.uses, tuple(STAGES))
            )
        else:
            yield from option_issues(step, place, document, catalog)
        if step.id in seen:
            yield document.issue(place, say("runner.step_twice", step=step.id), how=say("runner.another_id"))
        for position, needed in enumerate(step.needs):
            if needed not in seen:
                what = say("runner.needs_later_step", step=step.id, needed=needed)
                yield document.issue((*place, "needs", position), what, how=did_you_mean(needed, seen))
        seen.append(step.id)
    yield from _check_schedule(spec.schedule, document)


def _check_schedule(schedule: Schedule | None, document: Document) -> Iterable[Issue]:
    from datetime import datetime
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from cronsim import CronSim, CronSimError

    if schedule is None:
        return
    try:
        CronSim(schedule.cron, datetime(2026, 1, 1))  # noqa: DTZ001  only the syntax is tried
    except CronSimError as error:
        how = say("runner.cron_how")
        yield document.issue(("schedule",), say("runner.no_cron", cron=schedule.cron, error=error), how=how)
    try:
        ZoneInfo(schedule.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        yield document.issue(
            ("schedule", "timezone"), say("runner.unknown_zone", zone=schedule.zone), how=say("runner.zone_how")
        )


def _step(item: str | Mapping[str, Any]) -> StepSpec:
    if isinstance(item, str):
        return StepSpec(id=item, uses=item)
    if "uses" not in item:
        report = str(item["report"])
        return StepSpec(id=report, uses="report", options={"report": report})
    return StepSpec(
        id=item.get("id", item["uses"]),
        uses=item["uses"],
        options=item.get("with", {}),
        needs=tuple(item.get("needs", ())),
        on_failure=item.get("on_failure", "stop"),
    )


def _schedule(value: str | Mapping[str, Any] | None) -> Schedule | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Schedule(cron=value)
    return Schedule(cron=value["cron"], zone=value.get("timezone", ""))
