"""See that a run is done already from the kept configuration and the ledger: cron asks more than there is work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from opscli.clock import open_clock
from opscli.config.load import chosen_environment
from opscli.config.secrets import resolve
from opscli.runner import ledger
from opscli.runner.execute import Request, RunResult, noop, times
from opscli.runner.job import JobSpec
from opscli.runner.kept import recall
from opscli.runner.slots import read_instant
from opscli.state.store import open_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which run is asked about."""

    job: str
    slot: str | None
    params: Mapping[str, Any]
    environment: str | None


def done_already(root: Path, question: Question) -> RunResult | None:
    """The run's result when the ledger has it as done; None when it must be looked at properly."""
    environment = chosen_environment(question.environment, root)
    checked = recall(root, environment)
    job = checked.specs.get("job", {}).get(question.job) if checked else None
    if checked is None or not isinstance(job, JobSpec):
        return None
    spec = checked.settings
    here = spec.settings(environment)
    now = open_clock(here.clock).now()
    slot = _slot(question.slot, spec.timezone)
    request = Request(job=job, now=now, slot=slot, params=question.params)
    due, _ = times(spec.timezone, request)
    url = resolve(here.state, root).reveal()
    if url.startswith("sqlite:") and not (root / url.partition(":///")[2]).exists():
        return None
    state = open_state(url, root=root)
    try:
        run = ledger.find(state, ledger.RunKey(job=question.job, slot=due, params=question.params))
    finally:
        state.close()
    return noop(run) if run is not None and run.status in ledger.DONE else None


def _slot(text: str | None, zone: str) -> datetime | None:
    return read_instant(text, zone, "--slot") if text else None
