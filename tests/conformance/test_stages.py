"""What stages say that they read and write: step locks are taken by these names, so they must mean the same everywhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from opscli.engine.entity import standard_entities
from opscli.engine.tables import TABLES
from opscli.kinds import PACKAGE_FOLDER
from opscli.runner.stages import STAGES, load_stage
from opscli.state.tables import metadata

COMPILED = {"records": "sources", "entities": "sources", "customers": "identity", "profiles": "profiles"}
"""Tables that come from config, with the room that writes them. `entities` is every entity's versions but `records`."""
OWNERS = COMPILED | {table.name: table.owner for table in TABLES.values()}
NAMES = "|".join(sorted(OWNERS.keys() - {"entities"}, key=len, reverse=True))
SQL = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE)\s+({NAMES})\b")


@pytest.mark.parametrize("step", STAGES)
def test_names_are_tables_that_exist(step: str) -> None:
    stage = load_stage(step)
    known = OWNERS.keys() | metadata.tables.keys()
    assert set(stage.READS) | set(stage.WRITES) <= known
    assert stage.WRITES, "a stage without a table of its own is none"
    spelled = {name for name in (*stage.READS, *stage.WRITES) if name in standard_entities()} - {"customers"}
    assert not spelled, "an entity's table is locked as `entities`, as the import does"


@pytest.mark.parametrize("step", STAGES)
def test_a_warehouse_table_is_written_by_its_owner_alone(step: str) -> None:
    foreign = {name for name in load_stage(step).WRITES if name in OWNERS and OWNERS[name] != STAGES[step]}
    assert not foreign


def test_every_table_of_a_stage_is_in_its_writes() -> None:
    written = {name for step in STAGES for name in load_stage(step).WRITES}
    rooms = set(STAGES.values())
    later = {"campaign_results"}  # evaluations of campaigns are not stored yet
    assert {name for name, owner in OWNERS.items() if owner in rooms} - later <= written


@pytest.mark.parametrize("step", STAGES)
def test_a_stage_locks_what_its_queries_name(step: str) -> None:
    stage = load_stage(step)
    named = {name for path in modules_of_job(STAGES[step]) for _, name in SQL.findall(path.read_text(encoding="utf-8"))}
    own_erasure = {"links"} if step == "import" else set()  # erasing finds a customer's rows by the links
    assert named - set(stage.READS) - set(stage.WRITES) - own_erasure == set()


def modules_of_job(room: str) -> set[Path]:
    """Files of a room that its job leads to (blocks and steps are found by name, so whole folders count)."""
    folder = PACKAGE_FOLDER / room
    found: set[Path] = {path for path in folder.rglob("*.py") if path.parent != folder}
    waiting = [folder / "job.py"]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        waiting += [folder / f"{name}.py" for name in imported(path, f"opscli.{room}")]
    return found


def imported(path: Path, package: str) -> set[str]:
    """Modules of a package that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == package:
                names |= {alias.name for alias in node.names}
            elif node.module.startswith(f"{package}."):
                names.add(node.module.removeprefix(f"{package}.").split(".")[0])
    return names
