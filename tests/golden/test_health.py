"""Each folder in golden/health is a project with its data; after the nightly run its tasks and scores are these."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from opscli.clock import open_clock
from opscli.engine.warehouse import open_warehouse
from opscli.runner.compile import compile_project
from opscli.runner.execute import Request, run_job
from opscli.runner.job import JobSpec
from opscli.stage import Project
from opscli.state.store import open_state
from opscli.state.tables import tasks

CASES = sorted(path for path in (Path(__file__).parent / "health").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tasks_and_scores(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path, dirs_exist_ok=True)
    shutil.copytree(case / "input", tmp_path / "data")
    project = compile_project(tmp_path, None)
    job = project.one("job", "nightly", JobSpec)
    assert job is not None
    result = run_job(project, Request(job=job, now=open_clock(project.clock_pin).now()))
    found = {"tasks.csv": task_rows(project), "scores.csv": score_rows(project), "result.csv": [result_row(result)]}
    for name, rows in found.items():
        expected = case / "expected" / name
        if refresh_golden:
            expected.write_text(as_csv(rows), encoding="utf-8")
        assert as_csv(rows) == expected.read_text(encoding="utf-8")


def names(project: Project) -> dict[str, str]:
    """Customer id → id in the source, so that the expected files can be read."""
    warehouse = open_warehouse(project.warehouse_url, root=project.root, scratch=project.root / "scratch")
    with warehouse.read() as session:
        rows = session.rows("SELECT customer_id, ref FROM links WHERE ns = 'crm'")
    warehouse.close()
    return {str(key): str(name) for key, name in rows}


def task_rows(project: Project) -> list[dict[str, Any]]:
    known = names(project)
    state = open_state(project.state_url, root=project.root)
    columns = (tasks.c.title, tasks.c.body, tasks.c.priority, tasks.c.owner, tasks.c.owner_reason, tasks.c.due_at)
    with state.read() as connection:
        rows = [dict(row) for row in connection.execute(select(tasks.c.customer_id, *columns)).mappings()]
    state.close()
    return sorted(
        ({"customer": known[str(row.pop("customer_id"))]} | row for row in rows), key=lambda row: str(row["customer"])
    )


def score_rows(project: Project) -> list[dict[str, Any]]:
    known = names(project)
    warehouse = open_warehouse(project.warehouse_url, root=project.root, scratch=project.root / "scratch")
    with warehouse.read() as session:
        rows = session.dicts("SELECT customer_id, score, band, coverage, trend, drivers FROM health_scores")
    warehouse.close()
    return sorted(
        ({"customer": known[str(row.pop("customer_id"))]} | row for row in rows), key=lambda row: str(row["customer"])
    )


def result_row(result: Any) -> dict[str, Any]:
    step = result.steps[-1]
    return {"exit_code": result.exit_code, "step": step.step, "status": step.status, "summary": step.outcome.summary}


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return "\n"
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
