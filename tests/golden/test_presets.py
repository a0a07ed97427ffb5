"""What ships with the program, as a project meets it: the tags of each preset by the tests in presets/<name>/, a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from opscli.config.presets import presets, shipped
from opscli.engine.entity import standard_entities
from opscli.runner.compile import read_project
from opscli.runner.setting_up import not_set_up

CASES = Path(__file__).parent / "presets"
PRESETS = presets()
ENTITIES = tuple(standard_entities())
PEOPLE_AND_ORDERS = ("customers", "orders")


def project(root: Path, preset: str, entities: tuple[str, ...]) -> Path:
    """A project of nothing but a preset and a source per entity."""
    (root / "configs" / "sources").mkdir(parents=True)
    settings = f"kind: project\nversion: 1\nname: small\ncurrency: GBP\nextends: {preset}\n"
    (root / "configs" / "project.yaml").write_text(settings, encoding="utf-8")
    for name in entities:
        refers = "" if name == "customers" or not standard_entities()[name].customer else "refers_to: customers\n"
        text = f"kind: source\nversion: 1\npath: data/{name}.csv\nentity: {name}\n{refers}"
        (root / "configs" / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return root


def call(root: Path, *argv: str) -> dict[str, Any]:
    """The JSON answer of one opscli call that must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "opscli", "--project", str(root), *argv, "--json"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("preset", PRESETS)
def test_with_every_source_nothing_is_left_out(preset: str, tmp_path: Path) -> None:
    checked = read_project(project(tmp_path, preset, ENTITIES), None)
    assert not_set_up(checked.catalog) == ()
    kept = {(item.kind, item.name): item.data for item in checked.loaded.documents}
    assert all(kept[item.kind, item.name] == item.data for item in shipped(preset))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("entities", [("customers",), PEOPLE_AND_ORDERS, ()], ids=["customers", "orders", "none"])
def test_what_has_no_source_is_left_out_and_said(preset: str, entities: tuple[str, ...], tmp_path: Path) -> None:
    checked = read_project(project(tmp_path, preset, entities), None)
    left_out = not_set_up(checked.catalog)
    assert left_out
    assert not {entity for item in left_out for entity in item.entities} & set(entities)
    assert all(item.file.startswith(f"{preset}/") and item.line > 0 for item in left_out)
    names = {(item.category, item.name) for item in left_out}
    assert not names & {(kind, name) for kind in ("trait", "tag", "metric") for name in checked.catalog.names(kind)}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_tags_are_given_as_promised(preset: str, tmp_path: Path) -> None:
    root = project(tmp_path, preset, ENTITIES)
    (root / "configs" / "tests").mkdir()
    tests = sorted((CASES / preset.partition("@")[0]).glob("*.test.yaml"))
    for path in tests:
        (root / "configs" / "tests" / path.name).write_bytes(path.read_bytes())
    assert tests
    call(root, "test")
    named = {
        word
        for path in tests
        for word in path.read_text(encoding="utf-8").replace("[", " ").replace("]", " ").replace(",", " ").split()
    }
    tags = {tag["name"] for document in shipped(preset) if document.kind == "tags" for tag in document.data["tags"]}
    assert tags <= named, "a tag without a test"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_first_file_becomes_tags_and_a_page(preset: str, tmp_path: Path) -> None:
    root = project(tmp_path, preset, PEOPLE_AND_ORDERS)
    (root / "jobs").mkdir()
    job = "kind: job\nversion: 1\nsteps: [import, dedupe, profiles, tags, report: overview]\n"
    (root / "jobs" / "nightly.yaml").write_text(job, encoding="utf-8")
    (root / "data").mkdir()
    (root / "data" / "customers.csv").write_text(
        "id,email,plan\na,a@example.com,pro\nb,b@example.com,\n", encoding="utf-8"
    )
    orders = "order_id,ordered_at,customer_ref,amount\n1,2026-04-01T10:00:00Z,a,20\n2,2026-04-20T10:00:00Z,b,30\n"
    (root / "data" / "orders.csv").write_text(orders, encoding="utf-8")
    call(root, "run", "nightly", "--slot", "2026-05-02T00:00:00Z")
    value = call(root, "kpi", "query", "revenue", "--as-of", "2026-05-02T00:00:00Z")
    assert "50" in json.dumps(value["data"])
    assert (root / "out" / "overview.html").is_file()
    listed = call(root, "tag", "list")
    assert sum(row["members"] for row in listed["data"]) > 0
    assert any("add a source for" in warning for warning in listed["warnings"])
