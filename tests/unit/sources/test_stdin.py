from __future__ import annotations

import gzip
import io
import json
import os
import pty
import sys

import pytest

from opscli.errors import UsageError
from opscli.kinds import PACKAGE_FOLDER, read_schema
from opscli.sources.stdin import StdinSettings

from .conftest import Bench
from .test_source import names

MAP = "entity: orders\nmap: {order_id: id, ordered_at: at, amount: sum}"
CSV = "id,at,sum\n1,2026-01-02,10.50\n2,2026-01-03,7\n"
JSON = "".join(json.dumps({"id": n, "at": "2026-01-02", "sum": 1}) + "\n" for n in (1, 2))


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_schema_and_settings_have_the_same_words_and_formats_are_written_as_for_files() -> None:
    own = read_schema(PACKAGE_FOLDER / "sources/stdin.schema.json")["properties"]
    assert set(own) == names(StdinSettings)
    assert own["format"] == read_schema(PACKAGE_FOLDER / "sources/file.schema.json")["properties"]["format"]


@pytest.mark.parametrize(
    "content",
    [CSV.encode(), gzip.compress(CSV.encode(), mtime=0), JSON.encode(), gzip.compress(JSON.encode(), mtime=0)],
    ids=["csv", "csv.gz", "jsonl", "jsonl.gz"],
)
def test_what_is_piped_in_is_recognised_and_loaded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    bench.source("orders", f"type: stdin\n{MAP}")
    pipe(monkeypatch, content)
    assert bench.counts(options={"only": ["orders"]}) == {"read": 2, "inserted": 2}
    pipe(monkeypatch, content)
    assert bench.counts(options={"only": ["orders"]}) == {"read": 2, "unchanged": 2}
    pipe(monkeypatch, b"")
    assert bench.counts(options={"only": ["orders"]}) == {}


def test_parquet_is_recognised_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"], "at": ["2026-01-02"], "sum": ["2"]}), out)
    bench.source("orders", f"type: stdin\n{MAP}")
    pipe(monkeypatch, out.getvalue())
    assert bench.counts(options={"only": ["orders"]}) == {"read": 1, "inserted": 1}


def test_a_format_that_is_stated_is_not_looked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.source("orders", f"type: stdin\nformat: {{type: csv, delimiter: ';'}}\n{MAP}")
    pipe(monkeypatch, b"{id};id;at;sum\nx;1;2026-01-02;3\n")
    assert bench.counts(options={"only": ["orders"]}) == {"read": 1, "inserted": 1}


def test_without_its_name_standard_input_is_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.source("orders", f"type: stdin\n{MAP}")
    bench.source("staff", "path: data/staff.csv\nentity: staff")
    bench.write("data/staff.csv", "staff_id,name\ns1,Ann\n")
    pipe(monkeypatch, CSV.encode())
    assert bench.counts() == {"read": 1, "inserted": 1}
    assert sys.stdin.read() == CSV


def test_rejects_of_a_pipe_carry_their_line(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.source("orders", f"type: stdin\nmax_rejects: 5\n{MAP}")
    pipe(monkeypatch, CSV.replace("7", "x").encode())
    bench.load(options={"only": ["orders"]})
    assert bench.rows("SELECT file, line_no, column_name FROM rejects") == [("stdin", 3, "amount")]


def test_a_terminal_is_refused_with_the_way_to_pipe(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.source("orders", f"type: stdin\n{MAP}")
    leader, follower = pty.openpty()
    try:
        with os.fdopen(follower) as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            with pytest.raises(UsageError, match="standard input is a terminal") as caught:
                bench.load(options={"only": ["orders"]})
    finally:
        os.close(leader)
    assert "opscli import orders - < FILE" in caught.value.remedy


def test_a_pipe_stands_in_for_one_source_of_files_and_moves_no_cursor(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.source("orders", f"path: data/orders.csv\n{MAP}")
    bench.source("spool", f"type: spool\npath: spool\n{MAP}")
    bench.write("data/orders.csv", CSV)
    piped = {"only": ["orders"], "piped": True}
    pipe(monkeypatch, CSV.replace("10.50", "11").encode())
    assert bench.counts(options=piped) == {"read": 2, "inserted": 2}
    assert bench.counts(options={"only": ["orders"]}) == {"read": 2, "updated": 1, "unchanged": 1}
    for wrong, told in (
        ([], "which is one source's: 0 are named"),
        (["orders", "spool"], "which is one source's: 2 are named"),
        (["spool"], "source spool of type spool reads no files"),
    ):
        with pytest.raises(UsageError, match=told):
            bench.load(options={"only": wrong, "piped": True})
