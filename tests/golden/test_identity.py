"""Golden cases of identity: records.csv in, who is whom and what each customer shows out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opscli.config.document import Document
from opscli.config.reader import read_yaml
from opscli.identity import identity, job
from tests.unit.identity.conftest import World, open_world

CASES = Path(__file__).parent / "identity"
_QUERIES = {
    "links.csv": "SELECT ns, ref, customer_id, source, source_id, rule FROM links ORDER BY ns, ref",
    "customers.csv": "SELECT customer_id, id, first_name, last_name, email, phone, city, postcode, email_opt_in, "
    "merged_records FROM customers ORDER BY customer_id",
    "lineage.csv": "SELECT customer_id, field, source, source_id, rule FROM lineage ORDER BY customer_id, field",
    "review_pairs.csv": "SELECT source_a, source_id_a, source_b, source_id_b, reason FROM review_pairs ORDER BY ALL",
}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str, tmp_path: Path, refresh_golden: bool) -> None:
    folder = CASES / case
    with _world(folder, tmp_path) as world:
        world.load(*_records(folder / "input" / "records.csv"))
        world.dedupe()
        found = {name: _text(query.split(" FROM ")[0], world.rows(query)) for name, query in _QUERIES.items()}
    for name, text in found.items():
        expected = folder / "expected" / name
        if refresh_golden:
            expected.write_text(text, encoding="utf-8")
        assert text == expected.read_text(encoding="utf-8"), name


@contextmanager
def _world(folder: Path, tmp_path: Path) -> Iterator[World]:
    text = (folder / "config" / "identity.yaml").read_text(encoding="utf-8")
    tree, issues = read_yaml(text, "configs/identity.yaml")
    assert tree is not None
    assert not issues
    document = Document(
        kind="identity", version=1, name="identity", file="configs/identity.yaml", data=tree.data, marks=tree.marks
    )
    with open_world(tmp_path) as world:
        world.configure(**tree.data)
        assert job.spec_of(world.ctx).match == identity.parse(document).match
        yield world


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            values: dict[str, Any] = {name: value or None for name, value in row.items()}
            yield {
                **{n: v for n, v in values.items() if n != "known_from"},
                "at": datetime.fromisoformat(row["known_from"]),
            }


def _text(select: str, rows: Sequence[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([name.strip() for name in select.removeprefix("SELECT ").split(",")])
    writer.writerows(rows)
    return buffer.getvalue()
