"""Run a case: the real stages on throw-away stores, with a clock that stands where the test says.

Nothing leaves the process: channels are recorders, the stores lie in a private folder, no environment is live.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opscli.errors import DataUnusable, OpscliError
from opscli.phrases import say
from opscli.runner import arrival, throwaway
from opscli.runner.case import Case, Failure, Moment
from opscli.runner.stages import STAGES, load_stage
from opscli.runner.stores import Stores
from opscli.runner.test import expectation
from opscli.runner.world import Mail, World
from opscli.stage import Context, Project

if TYPE_CHECKING:
    from opscli.delivery.message import Message

RIVER = tuple(step for step in STAGES if step not in ("import", "dedupe", "report"))
"""Stages that a case may run: records are given, who is who is settled on arrival, reports are for people."""
GIVEN = frozenset(("records", "entities", "customers", "links"))
"""Tables that are filled on arrival."""
_BACKFLOW = "activity"
_MOST_STOPS = 1000
"""Between two moments; a campaign that wakes people every hour for months is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a case ended: failures of its expectations, or the error that stopped it."""

    case: Case
    seconds: float
    failures: tuple[Failure, ...] = ()
    error: OpscliError | None = None

    @property
    def passed(self) -> bool:
        """Whether all came out as expected."""
        return not self.failures and self.error is None


class Simulator:
    """Runs cases of one project, each on stores that were emptied."""

    def __init__(self, project: Project, folder: Path, stores: Stores) -> None:
        self._project = replace(project, root=folder, environment="test", live=False, redirect_to=None, clock_pin=None)
        self._stores = stores

    def run(self, case: Case) -> Verdict:
        """Run a case to its end; what a stage refuses is an error of the case, not of the program."""
        started = time.perf_counter()
        failures: list[Failure] = []
        error = None
        try:
            for found in self._moments(case):
                failures += found
        except OpscliError as refused:
            error = refused
        seconds = time.perf_counter() - started
        return Verdict(case=case, seconds=seconds, failures=tuple(failures), error=error)

    def _moments(self, case: Case) -> Iterator[list[Failure]]:
        throwaway.empty(self._stores)
        ctx = self._context(case)
        arrived = arrival.Arrival(ctx, case)
        steps = steps_for(case)
        known: list[Mail] = []
        for moment, as_of in zip(case.moments, case.times(ctx.project.zone), strict=True):
            for stop in _stops(ctx, as_of):
                _run_river(_at(ctx, stop), steps)
            now = _at(ctx, as_of)
            arrived.bring(moment.given, now)
            _run_river(now, steps)
            mails = _mails(now, arrived)
            world = World(ctx=now, ids=arrived.ids(), records=arrived.records(), mails=mails[len(known) :])
            known = mails
            yield list(_judged(moment, world))

    def _context(self, case: Case) -> Context:
        """Channels are recorders (`dry`), and no guard against too large a change stops a test."""
        first = case.times(self._project.zone)[0]
        return Context(
            project=self._project, warehouse=self._stores.warehouse, state=self._stores.state, as_of=first,
            known_at=first, run_id="test", job="test", dry=True, approve=True, options={"recorder": []},
        )  # fmt: skip


@contextmanager
def simulator(project: Project) -> Iterator[Simulator]:
    """A simulator whose folder is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="opscli-test-") as name, throwaway.opened(Path(name)) as stores:
        yield Simulator(project, Path(name), stores)


def steps_for(case: Case) -> tuple[str, ...]:
    """The stages that a case needs, in the river's order: those that write what it looks at, and what these read.

    `activity` copies what there is: that a condition may ask for messages does not make campaigns run.
    """
    needed = {table for key in case.expected() for table in expectation(key).NEEDS} - GIVEN
    chosen: set[str] = set()
    while True:
        stages = {step: load_stage(step) for step in RIVER}
        more = {step for step, stage in stages.items() if needed.intersection(stage.WRITES)} - chosen
        if not more:
            return tuple(step for step in RIVER if step in chosen)
        chosen |= more
        needed |= {table for step in more - {_BACKFLOW} for table in stages[step].READS} - GIVEN


def _at(ctx: Context, as_of: datetime) -> Context:
    return ctx.at(as_of=as_of, known_at=as_of, run_id=f"test-{as_of:%Y%m%dT%H%M%S}")


def _run_river(ctx: Context, steps: Sequence[str]) -> None:
    for step in steps:
        stage = load_stage(step)
        here = ctx.at(step=step)
        stage.run(stage.plan(here), here)


def _stops(ctx: Context, until: datetime) -> Iterator[datetime]:
    """Instants before `until` at which a wait or quiet hours are over; each is run before the next is asked for."""
    last = None
    for _ in range(_MOST_STOPS):
        due = _next_due(ctx, until, last)
        if due is None:
            return
        yield due
        last = due
    raise DataUnusable(say("testing.too_many_stops", number=_MOST_STOPS), remedy=say("testing.too_many_stops_how"))


def _next_due(ctx: Context, until: datetime, after: datetime | None) -> datetime | None:
    from sqlalchemy import func, select

    from opscli.state.tables import enrolments, outbox

    waits = select(func.min(enrolments.c.wake_at)).where(enrolments.c.status == "active", enrolments.c.wake_at < until)
    holds = select(func.min(outbox.c.not_before)).where(
        outbox.c.status.in_(("held", "deferred")), outbox.c.not_before < until
    )
    if after is not None:
        waits, holds = waits.where(enrolments.c.wake_at > after), holds.where(outbox.c.not_before > after)
    with ctx.state.read() as connection:
        found = [connection.execute(query).scalar() for query in (waits, holds)]
    return min((moment for moment in found if moment is not None), default=None)


def _mails(ctx: Context, arrived: arrival.Arrival) -> list[Mail]:
    """Every message that a recorder has kept, with what the outbox knows about it."""
    from sqlalchemy import select

    from opscli.state.tables import outbox

    kept: list[Message] = ctx.options["recorder"]
    o = outbox.c
    with ctx.state.read() as connection:
        rows = connection.execute(select(o.message_key, o.customer_id, o.origin, o.step, o.channel, o.template))
        known: dict[str, Any] = {row.message_key: row for row in rows}
    ids = {customer: name for name, customer in reversed(arrived.ids().items())}
    return [
        Mail(
            to=ids.get(known[item.key].customer_id, known[item.key].customer_id),
            campaign=known[item.key].origin,
            step=known[item.key].step,
            channel=known[item.key].channel,
            template=known[item.key].template or "",
            subject=item.subject,
            body="\n".join(part for part in (item.text, item.html) if part),
        )
        for item in kept
    ]


def _judged(moment: Moment, world: World) -> Iterator[Failure]:
    for key, part in moment.expect.items():
        for failure in expectation(key).judge(part, world):
            yield replace(failure, moment=world.ctx.as_of)
