from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from opscli.errors import ConfigInvalid, DataUnusable, NotPermitted
from opscli.kinds import PACKAGE_FOLDER, read_schema
from opscli.sources import job, spool
from opscli.sources.gathering import Asked, Gathered
from opscli.sources.spool import SpoolSettings

from .conftest import NOW, Bench
from .test_source import names

SOURCE = """type: spool
path: spool
entity: orders
max_rejects: 9
map: {order_id: id, ordered_at: at, amount: sum}"""
FILE = "spool/shop.jsonl"


def line(number: int, total: object = 1) -> str:
    return json.dumps({"id": number, "at": "2026-01-02", "sum": total})


def lines(*numbers: int) -> str:
    return "".join(f"{line(number)}\n" for number in numbers)


def append(bench: Bench, text: str | bytes, name: str = FILE) -> None:
    path = bench.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


class Asking:
    """Loads asked for directly; marks are kept as after a merge."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.marks, self.loads = bench, {}, 0  # type: tuple[Bench, dict[str, Any], int]

    def load(self, *, keep: bool = True, **asked: Any) -> Gathered:
        self.loads += 1
        workbench = self.bench.root / f"bench-{self.loads}"
        workbench.mkdir()
        found = spool.gather(
            SpoolSettings(path="spool"),
            Asked(source="shop", root=self.bench.root, workbench=workbench, at=NOW, known=self.marks, **asked),
        )
        self.marks = {**self.marks, **found.marks} if keep else self.marks
        return found


@pytest.fixture
def asking(bench: Bench) -> Asking:
    return Asking(bench)


def brought(found: Gathered) -> list[tuple[str, int, str]]:
    return [(file.label, file.first_line, file.path.read_text()) for file in found.files]


def test_schema_and_settings_have_the_same_words() -> None:
    assert set(read_schema(PACKAGE_FOLDER / "sources/spool.schema.json")["properties"]) == names(SpoolSettings)


def test_each_line_is_read_once_while_files_grow(bench: Bench, asking: Asking) -> None:
    append(bench, lines(1, 2))
    append(bench, lines(8), "spool/other.ndjson")
    assert brought(asking.load()) == [("spool/other.ndjson", 1, lines(8)), (FILE, 1, lines(1, 2))]
    assert asking.load() == Gathered(skipped=2)
    append(bench, lines(3))
    append(bench, lines(4))
    found = asking.load()
    assert (brought(found), found.complete, found.skipped) == ([(FILE, 3, lines(3, 4))], False, 1)
    assert brought(asking.load(full=True))[1] == (FILE, 1, lines(1, 2, 3, 4))


def test_a_line_that_is_being_written_waits_for_its_end(bench: Bench, asking: Asking) -> None:
    append(bench, lines(1) + line(2)[:-7])
    found = asking.load()
    assert brought(found) == [(FILE, 1, lines(1))]
    assert found.notes == ("the last line of spool/shop.jsonl is not whole yet, and waits for the next load",)
    assert asking.load().files == ()
    append(bench, line(2)[-7:] + "\n" + lines(3))
    assert brought(asking.load()) == [(FILE, 2, lines(2, 3))]


def test_a_last_object_that_lacks_nothing_but_its_newline_is_read_and_counted_once(
    bench: Bench, asking: Asking
) -> None:
    append(bench, lines(1) + line(2))
    found = asking.load()
    assert (brought(found), found.notes) == ([(FILE, 1, lines(1) + line(2))], ())
    append(bench, "\n" + lines(3) + "[4]")
    assert brought(asking.load()) == [(FILE, 2, "\n" + lines(3))]
    append(bench, "\n")
    assert brought(asking.load()) == [(FILE, 4, "[4]\n")]


@pytest.mark.parametrize("text", [lines(7), lines(7, 8, 9, 10)], ids=["shorter", "longer"])
def test_a_file_that_was_rotated_is_read_from_its_start(bench: Bench, asking: Asking, text: str) -> None:
    append(bench, lines(1, 2))
    asking.load()
    bench.write(FILE, text)
    found = asking.load()
    assert brought(found) == [(FILE, 1, text)]
    assert found.notes == ("spool/shop.jsonl is another file than at the last load, and is read from its start",)


def test_a_file_that_is_gone_is_no_error_and_may_come_back(bench: Bench, asking: Asking) -> None:
    assert asking.load() == Gathered()
    append(bench, lines(1))
    asking.load()
    (bench.root / FILE).unlink()
    assert asking.load() == Gathered()
    append(bench, lines(1, 2))
    assert brought(asking.load()) == [(FILE, 2, lines(2))]


def test_long_files_are_cut_at_line_ends(bench: Bench, asking: Asking) -> None:
    text = "".join(
        json.dumps({"id": number, "note": "ü" * (number % 4000)}, ensure_ascii=False) + "\n" for number in range(2000)
    )
    half = len(text.encode()) // 2
    append(bench, text.encode()[:half])
    first = asking.load()
    append(bench, text.encode()[half:])
    second = asking.load()
    (begin,), (end,) = brought(first), brought(second)
    assert begin[2] + end[2] == text
    assert end[1] == begin[2].count("\n") + 1


def test_packed_files_are_taken_whole_once_they_are(bench: Bench, asking: Asking) -> None:
    packed = gzip.compress(lines(1, 2).encode())
    append(bench, packed[:-5], "spool/a.jsonl.gz")
    found = asking.load()
    assert (found.files, found.marks) == ((), {})
    assert found.notes == ("spool/a.jsonl.gz is not whole yet, and waits for the next load",)
    append(bench, packed[-5:], "spool/a.jsonl.gz")
    (file,) = asking.load().files
    assert gzip.decompress(file.path.read_bytes()).decode() == lines(1, 2)
    assert asking.load() == Gathered(skipped=1)
    (bench.root / "spool/a.jsonl.gz").touch()
    assert asking.load().files == ()


def test_a_limit_takes_a_few_lines_and_keeps_no_mark(bench: Bench, asking: Asking) -> None:
    append(bench, lines(1, 2, 3))
    append(bench, lines(4, 5), "spool/z.jsonl")
    found = asking.load(limit=4)
    assert brought(found) == [(FILE, 1, lines(1, 2, 3)), ("spool/z.jsonl", 1, lines(4))]
    assert found.marks == {}


def test_a_link_out_of_the_project_is_refused(bench: Bench, asking: Asking) -> None:
    (bench.root / "spool").mkdir()
    (bench.root / "spool/x.jsonl").symlink_to("/etc/hostname")
    with pytest.raises(NotPermitted):
        asking.load()
    bench.source("shop", SOURCE.replace("path: spool", "path: ../spool"))
    with pytest.raises(ConfigInvalid) as caught:
        bench.load()
    assert "../spool is outside the project" in str(caught.value.issues)


def test_a_whole_import_names_the_true_lines_of_what_it_rejects(bench: Bench) -> None:
    bench.source("shop", SOURCE)
    append(bench, lines(1, 2))
    assert bench.counts() == {"read": 2, "inserted": 2}
    append(bench, b'{"id": 3,\n\n' + lines(4).encode() + b'{"id": "\xff\\\xff"}\n' + line(5, "x").encode() + b"\n")
    append(bench, json.dumps({"id": 6, "note": "x" * (1 << 20)}) + "\n")
    assert bench.counts() == {"read": 5, "inserted": 1, "rejected": 4}
    found = bench.rejects()
    assert [row[:3] for row in found] == [
        (3, "", "bad_json"),
        (6, "", "bad_json"),
        (7, "amount", "not_a_number"),
        (8, "", "too_long"),
    ]
    assert found[1][3] == 'not UTF-8: {"id": "\\xff\\\\xff"}'
    append(bench, lines(9) + "x\n")
    assert bench.counts() == {"read": 2, "inserted": 1, "rejected": 1}
    assert (10, "", "bad_json", "x") in bench.rejects()
    assert bench.rows("SELECT DISTINCT file FROM rejects") == [(FILE,)]


def test_a_plan_consumes_nothing(bench: Bench) -> None:
    bench.source("shop", SOURCE)
    append(bench, lines(1, 2))
    for _ in range(2):
        with bench.context(dry=True) as ctx:
            assert job.plan(ctx).preview.counts["inserted"] == 2
    assert bench.counts() == {"read": 2, "inserted": 2}
    assert bench.counts() == {}
    assert (bench.root / FILE).read_text() == lines(1, 2)


def test_a_run_that_was_killed_before_its_marks_changes_nothing_when_repeated(bench: Bench) -> None:
    from opscli.state.tables import cursors

    bench.source("shop", SOURCE)
    append(bench, lines(1, 2))
    bench.load()
    with bench.context() as ctx, ctx.state.begin() as connection:
        connection.execute(cursors.delete())
    append(bench, lines(3))
    later = NOW + timedelta(hours=1)
    assert bench.counts(at=later) == {"read": 3, "inserted": 1, "unchanged": 2}
    assert bench.rows("SELECT count(*) FROM orders_versions") == [(3,)]
    assert bench.counts(at=later) == {}


def test_a_packed_file_that_is_torn_is_named(bench: Bench) -> None:
    bench.source("shop", SOURCE)
    append(bench, gzip.compress(lines(1, 2).encode())[:-8] + b"12345678", "spool/a.jsonl.gz")
    with pytest.raises(DataUnusable, match="torn or damaged"):
        bench.load()
