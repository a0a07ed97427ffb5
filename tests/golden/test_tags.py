"""Golden cases of tags: import, dedupe, profiles and tags of a small project at one or more instants.

A case: `config/` and `input/` of a project, `case.yaml` with the instants and the explanations to ask for,
`expected/tags.csv` with the whole history and `expected/explain.txt`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from opscli.cli.report import as_csv
from opscli.clock import iso, parse_instant
from opscli.runner.compile import compile_project
from opscli.runner.single import StageCall, run_stage
from opscli.runner.stores import live
from opscli.stage import Context, Project
from opscli.tags.explain import as_text, explain

CASES = sorted(path.parent for path in (Path(__file__).parent / "tags").glob("*/case.yaml"))
HISTORY = (
    "SELECT l.ref AS customer, h.tag, h.entered_at, h.left_at, h.origin FROM tag_history h "
    "JOIN links l ON l.customer_id = h.customer_id AND l.ns = 'crm' ORDER BY ALL"
)
COLUMNS = ("customer", "tag", "entered_at", "left_at", "origin")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_tags(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    shutil.copytree(case / "config", tmp_path / "configs")
    shutil.copytree(case / "input", tmp_path / "input")
    asked = yaml.safe_load((case / "case.yaml").read_text(encoding="utf-8"))
    instants = [parse_instant(iso(moment.replace(tzinfo=None))) for moment in asked["as_of"]]
    project = compile_project(tmp_path, None)
    for as_of in instants:
        for step in ("import", "dedupe", "profiles", "tags"):
            result = run_stage(project, StageCall(step=step, now=as_of, as_of=as_of))
            assert result.exit_code == 0, result.steps
    found = _found(project, asked["explain"])
    for name, text in found.items():
        expected = case / "expected" / name
        if refresh_golden:
            expected.parent.mkdir(exist_ok=True)
            expected.write_text(text, encoding="utf-8")
        assert text == expected.read_text(encoding="utf-8")


def _found(project: Project, questions: list[tuple[str, str]]) -> dict[str, str]:
    with live(project) as stores:
        now = parse_instant("2027-01-01")
        ctx = Context(
            project=project, warehouse=stores.warehouse, state=stores.state, as_of=now, known_at=now, run_id="test"
        )
        with ctx.warehouse.read() as session:
            history = session.dicts(HISTORY)
            ids = {ref: found for found, ref in session.rows("SELECT customer_id, ref FROM links WHERE ns = 'crm'")}
        told = [
            as_text(explain(ctx, ids[customer], tag)).replace(ids[customer], customer) for customer, tag in questions
        ]
    return {"tags.csv": as_csv(history, COLUMNS), "explain.txt": "\n".join(told)}
