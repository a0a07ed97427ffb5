"""`opscli source sniff|profile`: what a file or a source holds, before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.calling import data, opscli

EXPORT = "\r\n".join(
    [
        "Orders of May;;;",
        "",
        "Nr;Datum;Betrag;Kunde",
        *(f"{n};{n % 28 + 1:02d}.05.2026;{n},50;k{n}@shop.example" for n in range(1, 60)),
        "",
    ]
)
PROJECT = "kind: project\nversion: 1\nname: shop\nid_key: testing\n"
SOURCE = (
    "kind: source\nversion: 1\npath: export.csv\nentity: orders\n"
    "map: {order_id: Nr, ordered_at: {column: Datum, format: '%d.%m.%Y'}, amount: Betrag, customer_ref: Kunde}\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "configs/sources").mkdir(parents=True)
    (tmp_path / "configs/project.yaml").write_text(PROJECT)
    (tmp_path / "configs/sources/orders.yaml").write_text(SOURCE)
    (tmp_path / "export.csv").write_bytes(EXPORT.encode("latin-1"))
    return tmp_path


def test_sniff_says_what_it_saw_and_prints_the_block_that_pins_it(root: Path) -> None:
    told = opscli(root, "source", "sniff", "export.csv")
    assert told.returncode == 0, told.stderr
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "delimiter ; 100% of the first lines have 4 cells" in lines[3]
    assert "header line 3 2 lines stand before it" in lines
    assert "Datum dates, %d.%m.%Y 0% 02.05.2026, 03.05.2026, 04.05.2026" in lines
    assert "Betrag numbers, decimal comma 0% 1,50, 2,50, 3,50" in lines
    assert "Kunde e-mail addresses 0% k…@shop.example, k…@shop.example, k…@shop.example" in lines
    assert '  … {column: Datum, format: "%d.%m.%Y"}' in told.stderr


def test_what_sniff_pins_is_a_legal_block_that_reads_the_file(root: Path) -> None:
    look = data(opscli(root, "source", "sniff", "export.csv", "--json"))
    assert look["format"]["skip"] == 2
    (root / "configs/sources/orders.yaml").write_text(SOURCE + f"format: {json.dumps(look['format'])}\n")
    done = opscli(root, "import", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["data"]["sources"][0]["inserted"] == 59


def test_sniff_needs_no_project_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    assert opscli(tmp_path, "source", "sniff", "a.csv").returncode == 0
    missing = opscli(tmp_path, "source", "sniff", "b.csv")
    assert (missing.returncode, "b.csv is no file" in missing.stderr) == (65, True)


def test_profile_counts_every_row_and_loads_nothing(root: Path) -> None:
    found = data(opscli(root, "source", "profile", "orders", "--json"))
    assert (found["rows"], found["rejected"]) == (59, 0)
    columns = {column["column"]: column for column in found["columns"]}
    assert (columns["Nr"]["key"], columns["Nr"]["distinct"], columns["Nr"]["empty"]) == (True, 59, 0)
    assert columns["Datum"]["classes"] == {"date": 59}
    assert columns["Datum"]["top"][0] == ["02.05.2026", 3]
    assert columns["Kunde"]["lowest"] == "k…@shop.example"
    shown = data(opscli(root, "source", "profile", "orders", "--json", "--show-pii"))
    assert {column["column"]: column["lowest"] for column in shown["columns"]}["Kunde"] == "k10@shop.example"
    assert data(opscli(root, "source", "list", "--json"))[0].get("rows") is None


def test_profile_of_an_unknown_source_names_the_nearest(root: Path) -> None:
    told = opscli(root, "source", "profile", "ordres")
    assert (told.returncode, 'did you mean "orders"' in told.stderr) == (2, True)


def test_sniff_names_what_stands_around_the_table(tmp_path: Path) -> None:
    rows = [f"{n},a,{n}.5" for n in range(1, 5)]
    text = "\n".join(["Report,,", "", "id,name,sum", *rows, "Total,,16.0", "", "key,value", "x,1", "y,2"])
    (tmp_path / "a.csv").write_text(text + "\n")
    told = [" ".join(line.split()) for line in opscli(tmp_path, "source", "sniff", "a.csv").stdout.splitlines()]
    assert "header line 3 2 lines stand before it" in told
    assert any(line.startswith("footer lines 8 to 8 are totals or notes") for line in told)
    assert any(line.startswith("other table lines 10 to 12 hold another table") for line in told)
