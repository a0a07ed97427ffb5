"""Step `wait`: sleep for a while, then go on to the next step in the first run after it."""

from __future__ import annotations

from collections.abc import Iterable

from opscli.campaigns.campaign import CampaignSpec, Step
from opscli.campaigns.work import WORK, StepWork
from opscli.clock import parse_duration
from opscli.engine.versions import literal
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.stage import Catalog


def check(spec: CampaignSpec, step: Step, catalog: Catalog) -> Iterable[Issue]:
    """A wait at the end waits for nothing."""
    del catalog
    if spec.steps[-1] is step:
        yield spec.document.issue(step.place, say("campaigns.idle_wait"), how=say("campaigns.remove_it"))


def advance(work: StepWork) -> None:
    """Park everybody at the next step, asleep until the time is over."""
    wake = literal(work.ctx.as_of + parse_duration(work.step.settings["for"]))
    work.session.execute(f"UPDATE {WORK} SET position = position + 1, wake_at = {wake} WHERE {work.standing}")
