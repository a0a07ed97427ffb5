"""Each folder of tests/golden/sources: config and input files → the entity's open rows, the rejects, the counts.

Inputs that no one could review are made of such as one can: NAME.sql becomes the SQLite database NAME.db, NAME.xlsx.json
(sheet → rows; a text like 2026-07-01T10:30:00 is a date) a workbook, and service.json (address → answer) is served.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest

from opscli.engine.warehouse import open_warehouse
from opscli.runner.compile import compile_project
from opscli.sources import job
from opscli.sources.source import SourceSpec
from opscli.stage import Context
from opscli.state.store import open_state
from tests.unit.sources.web_service import Reply, Request, serving

CASES = sorted((Path(__file__).parent / "sources").iterdir())
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:]{8}")
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_import(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path / "configs")
    shutil.copytree(case / "input", tmp_path / "data")
    (tmp_path / "configs/project.yaml").write_text("kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    found = imported_from_outside(tmp_path)
    expected = case / "expected"
    if refresh_golden:
        for name, text in found.items():
            (expected / name).write_text(text, encoding="utf-8")
    assert found == {path.name: path.read_text(encoding="utf-8") for path in sorted(expected.iterdir())}


def imported_from_outside(root: Path) -> dict[str, str]:
    for script in (root / "data").glob("*.sql"):
        with closing(sqlite3.connect(script.with_suffix(".db"))) as connection, connection:
            connection.executescript(script.read_text(encoding="utf-8"))
    for sheets in (root / "data").glob("*.xlsx.json"):
        write_workbook(sheets.with_suffix(""), json.loads(sheets.read_text(encoding="utf-8")))
        sheets.unlink()
    if not (service := root / "data/service.json").exists():
        return imported(root)
    answers = json.loads(service.read_text(encoding="utf-8"), parse_float=Exactly)
    with serving(lambda request: answer(answers, request)) as served:
        for config in (root / "configs/sources").iterdir():
            here = config.read_text().replace("http://127.0.0.1/", f"http://127.0.0.1:{served.port}/")
            config.write_text(here)
        return {name: text.replace(f":{served.port}", "") for name, text in imported(root).items()}


class Exactly(float):
    """A number that is written as it was read: 10.10 stays 10.10."""

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str

    def __repr__(self) -> str:
        return self.text


def answer(answers: dict[str, Any], request: Request) -> Reply:
    asked = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    found = answers.get(f"{request.path}?{asked}" if asked else request.path)
    return Reply(body=found) if found is not None else Reply(status=404, body={"asked": asked})


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([datetime.fromisoformat(cell) if MOMENT.fullmatch(str(cell)) else cell for cell in row])
    book.save(path)


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
