"""The ledger: which runs were, what their steps did, with which config. Unique by (job, slot, params)."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from opscli.clock import wall_now
from opscli.config.hidden import hide
from opscli.ids import fingerprint, run_id
from opscli.outcome import Outcome
from opscli.runner import git, stored
from opscli.stage import Project
from opscli.state import bulk
from opscli.state.store import State
from opscli.state.tables import config_blobs, runs, steps

DONE = ("ok", "leftovers")
"""Statuses after which the same slot is a no-op."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """What makes a run unique."""

    job: str
    slot: datetime
    params: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """Readable id."""
        return run_id(self.job, self.slot, self.params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An attempt at a run, as the ledger has it."""

    run_id: str
    job: str
    slot: datetime
    as_of: datetime
    known_at: datetime
    status: str
    attempt: int
    config_version: str
    finished_at: datetime | None


def find(state: State, key: RunKey) -> Run | None:
    """The run of that job, slot and params."""
    with state.read() as connection:
        row = connection.execute(select(runs).where(runs.c.run_id == key.run_id)).mappings().one_or_none()
    return _run(row) if row else None


def begin(state: State, project: Project, key: RunKey, as_of: datetime) -> Run:
    """Open the run, or its next attempt: same as_of, same occurrence, so outbox keys stay."""
    now = wall_now()
    mine = {"status": "running", "started_at": now, "finished_at": None, "heartbeat_at": now, "exit_code": None}
    mine |= {"error": None, "host": socket.gethostname(), "pid": os.getpid(), "config_version": project.version}
    _store_config(state, project)
    with state.begin() as connection:
        row = connection.execute(select(runs).where(runs.c.run_id == key.run_id)).mappings().one_or_none()
        if row is not None:
            attempt = int(row["attempt"]) + 1
            connection.execute(update(runs).where(runs.c.run_id == key.run_id).values(attempt=attempt, **mine))
        else:
            fixed = {
                "run_id": key.run_id,
                "job": key.job,
                "slot": key.slot,
                "params_hash": fingerprint(dict(key.params)),
            }
            fixed |= {"params": json.dumps(dict(key.params), sort_keys=True), "as_of": as_of, "known_at": as_of}
            connection.execute(insert(runs).values(environment=project.environment, attempt=1, **fixed, **mine))
        row = connection.execute(select(runs).where(runs.c.run_id == key.run_id)).mappings().one()
    return _run(row)


def finish(state: State, run: Run, status: str, exit_code: int, error: str = "") -> None:
    """Close the attempt."""
    with state.begin() as connection:
        values = {"status": status, "exit_code": exit_code, "error": hide(error) or None, "finished_at": wall_now()}
        connection.execute(update(runs).where(runs.c.run_id == run.run_id).values(**values))


def abandon(state: State, job: str) -> int:
    """Close runs of this job that say "running": we hold the job's lock, so their process is gone. How many."""
    with state.begin() as connection:
        stale = update(runs).where(runs.c.job == job, runs.c.status == "running")
        found = connection.execute(stale.values(status="abandoned", finished_at=wall_now()))
        dead = select(runs.c.run_id).where(runs.c.job == job)
        connection.execute(
            update(steps).where(steps.c.run_id.in_(dead), steps.c.status == "running").values(status="abandoned")
        )
    return int(found.rowcount)


def steps_done(state: State, run: Run) -> set[str]:
    """Steps that an earlier attempt of this run finished."""
    query = select(steps.c.step).where(steps.c.run_id == run.run_id, steps.c.status.in_(("ok", "leftovers")))
    with state.read() as connection:
        return {str(row.step) for row in connection.execute(query)}


def begin_step(state: State, run: Run, position: int, step: str, stage: str) -> None:
    """Note that a step has started."""
    values = {"run_id": run.run_id, "attempt": run.attempt, "position": position, "step": step, "stage": stage}
    with state.begin() as connection:
        connection.execute(insert(steps).values(status="running", started_at=wall_now(), **values))
        connection.execute(update(runs).where(runs.c.run_id == run.run_id).values(heartbeat_at=wall_now()))


def finish_step(state: State, run: Run, step: str, status: str, outcome: Outcome) -> None:
    """Note how a step ended."""
    values = {
        "status": status,
        "finished_at": wall_now(),
        "rows_in": outcome.rows_in,
        "rows_out": outcome.rows_out,
        "rejected": outcome.rejected,
        "changed": outcome.changed,
        "leftovers": outcome.leftovers,
        "summary": hide(outcome.summary),
        "details": hide(json.dumps(dict(outcome.details), sort_keys=True, default=str)),
    }
    mine = (steps.c.run_id == run.run_id, steps.c.attempt == run.attempt, steps.c.step == step)
    with state.begin() as connection:
        connection.execute(update(steps).where(*mine).values(**values))


def latest(state: State, *, job: str | None = None, limit: int = 20) -> list[dict[str, Any]]:
    """The newest runs, newest first."""
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id).limit(limit)
    if job:
        query = query.where(runs.c.job == job)
    with state.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def steps_of(state: State, run_id: str) -> list[dict[str, Any]]:
    """All steps of all attempts of a run, in order."""
    query = select(steps).where(steps.c.run_id == run_id).order_by(steps.c.attempt, steps.c.position)
    with state.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _store_config(state: State, project: Project) -> None:
    """Keep every config version that ever ran, and the commit that it is: a clean one, as soon as one is seen."""
    mine = config_blobs.c.config_version == project.version
    with state.read() as connection:
        row = connection.execute(select(config_blobs.c.git_commit).where(mine)).one_or_none()
    if row is not None and row.git_commit and not row.git_commit.endswith(git.DIRTY):
        return
    commit = git.commit_of(project.root)
    known = {"config_version": project.version, "stored_at": wall_now(), "git_commit": commit}
    with state.begin() as connection:
        if row is None:
            content = stored.pack(project.documents)
            bulk.insert(connection, config_blobs, [{**known, "content": content}], conflict="ignore")
        elif commit and not commit.endswith(git.DIRTY):
            connection.execute(update(config_blobs).where(mine).values(git_commit=commit))


def _run(row: RowMapping) -> Run:
    names: Sequence[str] = Run.__slots__
    return Run(**{name: row[name] for name in names})
