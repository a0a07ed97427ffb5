from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.calling import opscli

ORDERS = "kind: source\nversion: 1\npath: data/orders.csv\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: sum}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "configs/sources").mkdir(parents=True)
    (tmp_path / "configs/project.yaml").write_text("kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    (tmp_path / "configs/sources/orders.yaml").write_text(ORDERS)
    (tmp_path / "data").mkdir()
    write(tmp_path, good=99, bad=0)
    return tmp_path


def write(root: Path, *, good: int, bad: int) -> None:
    lines = [f"{number},2026-01-02,1.50" for number in range(good)] + [f"b{number},soon,1" for number in range(bad)]
    (root / "data/orders.csv").write_text("\n".join(["id,at,sum", *lines]) + "\n")


def test_a_clean_import_is_silent_in_a_pipe(root: Path) -> None:
    result = opscli(root, "import")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    told = json.loads(opscli(root, "source", "list", "--json").stdout)["data"]
    assert [(row["source"], row["entity"], row["from"], row["rows"]) for row in told] == [
        ("orders", "orders", "data/orders.csv", 99)
    ]


def test_rejected_rows_are_exit_3_with_the_place_of_the_list(root: Path) -> None:
    write(root, good=99, bad=1)
    result = opscli(root, "import", "orders")
    assert result.returncode == 3
    printed = dict(zip(*(line.split() for line in result.stdout.splitlines()[:2]), strict=True))
    counts = {name: printed[name] for name in ("status", "read", "inserted", "unchanged", "rejected", "entity")}
    assert list(counts.values()) == ["loaded", "100", "99", "0", "1", "orders"]
    (path,) = (root / "rejects").glob("*/orders.csv")
    assert str(path.relative_to(root)) in result.stderr
    assert path.read_text().splitlines()[1] == 'orders,data/orders.csv,101,ordered_at,not_a_time,"b0,soon,1"'


def test_json_tells_counts_by_source(root: Path) -> None:
    told = json.loads(opscli(root, "import", "--json").stdout)
    assert (told["code"], told["data"]["status"]) == (0, "ok")
    (row,) = told["data"]["sources"]
    assert (row["source"], row["read"], row["inserted"], row["rejected"]) == ("orders", 99, 99, 0)


def test_a_guard_is_exit_4_and_approval_goes_on(root: Path) -> None:
    write(root, good=5, bad=5)
    result = opscli(root, "import")
    assert result.returncode == 4
    assert "5 of 10 rows are rejected, more than 5%: 5 \u00d7 ordered_at: no date or time that" in result.stderr
    assert "opscli import --approve" in result.stderr
    assert opscli(root, "import", "--approve").returncode == 3


def test_a_truncated_full_export_is_exit_4_and_approval_closes_the_rest(root: Path) -> None:
    (root / "configs/sources/orders.yaml").write_text(f"{ORDERS}on_delete: tombstone\nmax_delta: 30%\n")
    assert opscli(root, "import").returncode == 0
    write(root, good=40, bad=0)
    result = opscli(root, "import")
    assert result.returncode == 4
    assert "59" in result.stderr
    assert "opscli import --approve" in result.stderr
    assert rows(root) == 99
    assert opscli(root, "import", "--approve").returncode == 0
    assert rows(root) == 40


def rows(root: Path) -> int:
    """Orders that are open now."""
    (row,) = json.loads(opscli(root, "source", "list", "--json").stdout)["data"]
    return int(row["rows"])


def test_a_dry_run_counts_and_writes_nothing(root: Path) -> None:
    write(root, good=99, bad=1)
    told = json.loads(opscli(root, "import", "--dry-run", "--json").stdout)["data"]
    assert told["counts"]["inserted"] == 99
    assert told["first_rejects"][0]["line_no"] == 101
    assert not (root / "rejects").exists()
    assert not (root / ".opscli/warehouse.duckdb").exists()


def test_the_first_rejects_tell_programs_the_code_and_people_the_reason_in_their_language(root: Path) -> None:
    write(root, good=99, bad=1)
    (row,) = json.loads(opscli(root, "import", "--dry-run", "--json").stdout)["data"]["first_rejects"]
    assert (row["reason"], row["meaning"]) == ("not_a_time", "no date or time that is known without a format: in map")
    table = opscli(root, "import", "--dry-run").stdout.splitlines()
    assert table[-1].split(maxsplit=4)[4] == "no date or time that is known without a format: in map"
    with (root / "configs/project.yaml").open("a") as project:
        project.write("locale: zh\n")
    table = opscli(root, "import", "--dry-run").stdout.splitlines()
    assert table[-1].split(maxsplit=4)[4] == "没有 map 中的 format: 就无法识别的日期或时间"


def test_missing_input_is_65_and_an_unknown_source_is_2(root: Path) -> None:
    assert opscli(root, "import", "ordres").returncode == 2
    (root / "data/orders.csv").unlink()
    result = opscli(root, "import")
    assert result.returncode == 65
    assert "data/orders.csv does not exist" in result.stderr


def test_show_tells_where_each_column_comes_from(root: Path) -> None:
    told = json.loads(opscli(root, "source", "show", "orders", "--json").stdout)["data"]
    assert {row["column"]: row["from"] for row in told["columns"] if row["from"]} == {
        "order_id": "id",
        "ordered_at": "at",
        "amount": "sum",
    }
    assert opscli(root, "source", "show", "ordres").returncode == 2


def test_undo_tells_what_it_brought_back_and_a_second_one_that_nothing_is_left(root: Path) -> None:
    run = json.loads(opscli(root, "import", "--json").stdout)["data"]["run"]
    dry = json.loads(opscli(root, "import", "--undo", run, "--dry-run", "--json").stdout)["data"]
    assert dry["counts"] == {"reopened": 0, "voided": 99}
    told = json.loads(opscli(root, "import", "--undo", run, "--json").stdout)
    (row,) = told["data"]["sources"]
    assert (told["code"], row["status"], row["voided"]) == (0, "undone", 99)
    again = opscli(root, "import", "--undo", run)
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == f"import: the import of {run} is undone already\n"
    assert opscli(root, "import").returncode == 0


def test_undo_of_an_unknown_run_is_2_and_of_an_overtaken_one_4_with_the_rows(root: Path) -> None:
    result = opscli(root, "import", "--undo", "nightly-x")
    assert result.returncode == 2
    first = json.loads(opscli(root, "import", "--json").stdout)["data"]["run"]
    assert first in opscli(root, "import", "--undo", "nightly-x").stderr
    (root / "data/orders.csv").write_text("id,at,sum\n0,2026-01-02,7\n")
    second = json.loads(opscli(root, "import", "--json").stdout)["data"]["run"]
    refused = opscli(root, "import", "--undo", first)
    assert refused.returncode == 4
    assert f"orders 0, by {second}" in refused.stderr
    assert f"opscli import --undo {second}" in refused.stderr


def test_parts_of_a_load_by_options(root: Path) -> None:
    def counts(*words: str) -> dict[str, int]:
        told = json.loads(opscli(root, "import", "--json", *words).stdout)["data"]["sources"]
        return {name: count for row in told for name, count in row.items() if isinstance(count, int) and count}

    assert counts("--limit", "3") == {"files": 1, "read": 3, "inserted": 3}
    assert counts("--since", "2026-01-03") == {"files": 1, "read": 99, "filtered": 99}
    assert counts() == {"files": 1, "read": 99, "inserted": 96, "unchanged": 3}
    assert counts("--changed") == {}
    assert counts("--full") == {"files": 1, "read": 99, "unchanged": 99}
    assert opscli(root, "import", "--since", "soon").returncode == 2
    assert opscli(root, "import", "--undo", "x", "--full").returncode == 2


def test_a_corrected_reject_file_is_loaded_from_wherever_one_stands(root: Path) -> None:
    write(root, good=99, bad=1)
    opscli(root, "import")
    (path,) = (root / "rejects").glob("*/orders.csv")
    path.write_text(path.read_text().replace("soon", "2026-01-02"))
    assert opscli(root, "import", "orders", "--retry", str(path)).returncode == 2
    told = json.loads(opscli(path.parent, "import", "--retry", "orders.csv", "--json").stdout)
    (row,) = told["data"]["sources"]
    assert (told["code"], row["read"], row["inserted"]) == (0, 1, 1)
    assert opscli(root, "import", "--retry", str(path.relative_to(root))).returncode == 0
    assert opscli(root, "import", "--retry", "nothing.csv").returncode == 65
