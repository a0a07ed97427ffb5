"""Each folder of tests/golden/sources: config and input files → the entity's open rows, the rejects, the counts."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opscli.engine.warehouse import open_warehouse
from opscli.runner.compile import compile_project
from opscli.sources import job
from opscli.sources.source import SourceSpec
from opscli.stage import Context
from opscli.state.store import open_state

CASES = sorted((Path(__file__).parent / "sources").iterdir())
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_import(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path / "configs")
    shutil.copytree(case / "input", tmp_path / "data")
    (tmp_path / "configs/project.yaml").write_text("kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    found = imported(tmp_path)
    expected = case / "expected"
    if refresh_golden:
        for name, text in found.items():
            (expected / name).write_text(text, encoding="utf-8")
    assert found == {path.name: path.read_text(encoding="utf-8") for path in sorted(expected.iterdir())}


def imported(root: Path) -> dict[str, str]:
    project = compile_project(root, None)
    warehouse = open_warehouse(project.warehouse_url, root=root, scratch=root / ".opscli/scratch")
    state = open_state(project.state_url, root=root)
    ctx = Context(project=project, warehouse=warehouse, state=state, as_of=NOW, known_at=NOW, run_id="golden")
    try:
        counts = job.run(job.plan(ctx), ctx).details["counts"]
        (spec,) = project.all("source", SourceSpec)
        entity = project.entities[spec.entity]
        key = ", ".join(entity.key)
        with warehouse.read() as session:
            rows = session.dicts(f"SELECT * EXCLUDE (row_hash) FROM {entity.versions_table} ORDER BY {key}")
            rejects = session.dicts(
                "SELECT file, line_no, column_name, reason, raw FROM rejects ORDER BY file, line_no"
            )
    finally:
        warehouse.close()
        state.close()
    return {
        "counts.json": json.dumps(counts, indent=2) + "\n",
        "rejects.csv": _csv(rejects, list(rejects[0]) if rejects else []),
        "rows.csv": _csv(
            rows, [name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)]
        ),
    }


def _csv(rows: list[dict[str, Any]], names: list[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
