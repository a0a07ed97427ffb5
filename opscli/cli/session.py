"""What commands start from: the compiled project, the clock, a context, and running one stage."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opscli.cli.choices import CHOICES
from opscli.clock import open_clock
from opscli.errors import OpscliError

if TYPE_CHECKING:
    from opscli.runner.execute import RunResult
    from opscli.stage import Context, Preview, Project


def root() -> Path:
    """Folder of the project: --project, else the nearest parent with configs/project.yaml."""
    from opscli.cli import speech
    from opscli.config.load import find_root

    found = find_root(Path(CHOICES.project) if CHOICES.project else Path.cwd())
    speech.of_project(found)
    return found


def speak() -> None:
    """Speak the language of the project that the call stands in, if any: for what needs no project itself."""
    with suppress(OpscliError, OSError):
        root()


def open_project() -> Project:
    """The compiled project of this call. Raises ConfigInvalid (78) with every problem."""
    from opscli.runner.compile import compile_project

    return compile_project(root(), CHOICES.environment or os.environ.get("OPSCLI_ENV"))


def done_already(job: str, slot: str | None, params: Mapping[str, Any]) -> RunResult | None:
    """The run's result when it is done and no config file changed since: the quick answer for cron."""
    from opscli.runner.glance import Question, done_already

    return done_already(root(), Question(job=job, slot=slot, params=params, environment=CHOICES.environment))


def now(project: Project) -> datetime:
    """What time it is for this project, naive UTC."""
    return open_clock(project.clock_pin).now()


def instant(project: Project, text: str | None, option: str = "--as-of") -> datetime | None:
    """An instant given on the command line, in the business zone unless it says otherwise."""
    from opscli.runner.slots import read_instant

    return read_instant(text, project.zone, option) if text else None


@contextmanager
def opened(as_of: str | None = None) -> Iterator[Context]:
    """A context on the real stores for commands that look things up (or write small decisions into the state)."""
    from opscli.runner.stores import live
    from opscli.stage import Context

    project = open_project()
    moment = instant(project, as_of) or now(project)
    with live(project) as stores:
        yield Context(
            project=project,
            warehouse=stores.warehouse,
            state=stores.state,
            as_of=moment,
            known_at=moment,
            run_id="by-hand",
        )


def run_stage(
    step: str, *, as_of: str | None = None, options: Mapping[str, Any] | None = None, approve: bool = False
) -> RunResult:
    """Run one stage now, with locks and a line in the ledger."""
    from opscli.cli.watch import watching
    from opscli.runner.single import run_stage as run

    project, call = _call(step, as_of, options, approve)
    with watching() as observer:
        return run(project, call, observer)


def plan_stage(step: str, *, as_of: str | None = None, options: Mapping[str, Any] | None = None) -> Preview:
    """What `run_stage` would do."""
    from opscli.runner.single import plan_stage as plan

    project, call = _call(step, as_of, options, approve=True)
    return plan(project, call)


def _call(step: str, as_of: str | None, options: Mapping[str, Any] | None, approve: bool) -> tuple[Project, Any]:
    from opscli.runner.single import StageCall

    project = open_project()
    call = StageCall(
        step=step, now=now(project), as_of=instant(project, as_of), options=dict(options or {}), approve=approve
    )
    return project, call
