"""Dirty CSV with no format given: how much of it is read, beside other readers; and nothing is lost or shifted silently."""

# ruff: noqa: T201  a benchmark prints its table

from __future__ import annotations

import csv as python_csv
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from opscli.engine.duckdb import DuckDBWarehouse
from opscli.sources import rejects
from opscli.sources.formats import csv
from opscli.sources.formats.rows import REJECTS, ReadRequest
from tests.pollution import Variant, variants

from .conftest import Bench

Table = tuple[list[str], list[list[str]]]
Reader = Callable[[Path], Table]
_SAMPLED = 40
"""Every so-manieth variant is read in the default run, and each group at least once."""


@dataclass
class Opscli:
    """Our reader, as an import calls it, with what it rejected."""

    warehouse: DuckDBWarehouse
    folder: Path

    def __call__(self, path: Path) -> Table:
        header, rows, _ = self.read(path)
        return header, rows

    def read(self, path: Path) -> tuple[list[str], list[list[str]], list[tuple[int, str]]]:
        request = ReadRequest(path=path, label=path.name, source="s", table="scratch.t", workbench=self.folder)
        with self.warehouse.read() as session:
            rejects.prepare(session)
            rows = csv.read(request, session)
            names = ", ".join(session.dialect.quote(name) for name in rows.columns)
            found = session.rows(f'SELECT {names} FROM {rows.relation} ORDER BY "#line"') if names else []
            bad = session.rows(f"SELECT line_no, raw FROM {REJECTS} ORDER BY line_no")
        assert rows.read == len(found) + len(bad)
        cells = [[str(cell or "").strip() for cell in row] for row in found]
        return list(rows.columns), cells, [(int(number), str(raw)) for number, raw in bad]


@pytest.fixture
def opscli(warehouse: DuckDBWarehouse, tmp_path: Path) -> Opscli:
    folder = tmp_path / "workbench"
    folder.mkdir()
    return Opscli(warehouse, folder)


def duckdb_auto(path: Path) -> Table:
    import duckdb

    found = duckdb.connect().execute(f"SELECT * FROM read_csv('{path}', all_varchar = true)")
    return _cells([column[0] for column in found.description or ()], found.fetchall())


def duckdb_lenient(path: Path) -> Table:
    import duckdb

    options = "all_varchar = true, ignore_errors = true, null_padding = true, strict_mode = false"
    found = duckdb.connect().execute(f"SELECT * FROM read_csv('{path}', {options})")
    return _cells([column[0] for column in found.description or ()], found.fetchall())


def pandas_default(path: Path) -> Table:
    import pandas as pd

    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return _cells(list(frame.columns), frame.to_numpy().tolist())


def pandas_sniffing(path: Path) -> Table:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False, on_bad_lines="skip")
    return _cells(list(frame.columns), frame.to_numpy().tolist())


def clevercsv_reader(path: Path) -> Table:
    import clevercsv

    rows = list(clevercsv.stream_table(str(path)))
    return _cells(rows[0] if rows else [], rows[1:])


PEERS: dict[str, Reader] = {
    "DuckDB auto": duckdb_auto,
    "DuckDB lenient": duckdb_lenient,
    "pandas": pandas_default,
    "pandas sniffing": pandas_sniffing,
    "CleverCSV": clevercsv_reader,
}


def _cells(header: Sequence[object], rows: Sequence[Sequence[object]]) -> Table:
    body = [[str(cell if cell is not None else "").strip() for cell in row] for row in rows]
    return [str(name).strip() for name in header], body


def recovered(variant: Variant, table: Table | None) -> tuple[int, int]:
    """(cells found at their row and column, cells there are), names of columns among them."""
    truth = [[cell.strip() for cell in row] for row in variant.rows]
    total = len(variant.header) + sum(map(len, truth))
    if table is None:
        return 0, total
    header, rows = table
    if not rows and not truth and not variant.header:
        return 0, 0
    found = sum(a == b for a, b in zip(variant.header, header, strict=False))
    matcher = SequenceMatcher(a=[tuple(row) for row in truth], b=[tuple(row) for row in rows], autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            found += sum(map(len, truth[a1:a2]))
        elif tag == "replace":
            pairs = zip(truth[a1:a2], rows[b1:b2], strict=False)
            found += sum(a == b for mine, theirs in pairs for a, b in zip(mine, theirs, strict=False))
    return found, total


def silently_lost(variant: Variant, read: tuple[list[str], list[list[str]], list[tuple[int, str]]]) -> list[str]:
    """Rows that are neither read exactly nor rejected at their line, rows that were made up, and lines that are not true."""
    header, rows, rejected = read
    width = len(variant.header)  # behind it there may be nameless columns for delimiters at the end of each row
    trouble = [] if tuple(header[:width]) == variant.header else [f"header {header}"]
    left = [[cell.strip() for cell in row] for row in variant.rows]
    for row in rows:
        if row in left:
            left.remove(row)
        elif row[: len(variant.header)] in left and not any(
            row[len(variant.header) :]
        ):  # a nameless, empty last column
            left.remove(row[: len(variant.header)])
        else:
            trouble.append(f"made up: {row}")
    if len(left) > len(rejected):
        trouble.append(f"lost: {len(left)} rows, {len(rejected)} rejects")
    lines = _lines(variant)
    trouble += [
        f"no such line {number}: {raw}" for number, raw in rejected if raw.split("\n")[0] not in lines[number - 1]
    ]
    return trouble


def _lines(variant: Variant) -> list[str]:
    text = variant.data.decode(variant.encoding)
    usual = max(("\r\n", "\n", "\r"), key=lambda end: text.count(end) - (text.count("\r\n") if end != "\r\n" else 0))
    return text.split(usual)


def sampled(step: int) -> Iterator[Variant]:
    seen: set[str] = set()
    for number, variant in enumerate(variants()):
        if variant.group not in seen or number % step == 0:
            seen.add(variant.group)
            yield variant


def shares(
    readers: dict[str, Reader], chosen: Iterator[Variant], folder: Path
) -> dict[str, dict[str, tuple[int, int]]]:
    """Reader → group → (cells recovered, cells there are)."""
    found: dict[str, dict[str, tuple[int, int]]] = {name: defaultdict(lambda: (0, 0)) for name in readers}
    path = folder / "polluted.csv"
    for variant in chosen:
        path.write_bytes(variant.data)
        for name, reader in readers.items():
            try:
                table: Table | None = reader(path)
            except Exception:  # noqa: BLE001  whatever a reader raises, it has read nothing
                table = None
            got, total = recovered(variant, table)
            before = found[name][variant.group]
            found[name][variant.group] = (before[0] + got, before[1] + total)
    return found


def overall(groups: dict[str, tuple[int, int]]) -> float:
    return sum(got for got, _ in groups.values()) / sum(total for _, total in groups.values())


def test_there_are_many_ways_to_spoil_a_file() -> None:
    names = [variant.name for variant in variants()]
    assert len(names) >= 1500
    assert len({(variant.group, variant.name) for variant in variants()}) >= len(names) - 8  # encodings of both tables


def test_nothing_is_lost_or_shifted_without_a_word(opscli: Opscli, tmp_path: Path) -> None:
    path = tmp_path / "polluted.csv"
    trouble = {}
    for variant in sampled(_SAMPLED):
        path.write_bytes(variant.data)
        if found := silently_lost(variant, opscli.read(path)):
            trouble[f"{variant.group}: {variant.name}"] = found
    assert not trouble


def test_more_is_recovered_than_by_other_readers(opscli: Opscli, tmp_path: Path) -> None:
    pytest.importorskip("clevercsv")
    found = shares({"opscli": opscli, **PEERS}, sampled(4 * _SAMPLED), tmp_path)
    mine = overall(found.pop("opscli"))
    assert mine > 0.99
    for name, groups in found.items():
        assert mine > overall(groups), name


@pytest.mark.bench
def test_every_variant_beside_other_readers(opscli: Opscli, tmp_path: Path) -> None:
    import clevercsv
    import duckdb
    import pandas as pd

    path, trouble, count = tmp_path / "polluted.csv", 0, 0
    for variant in variants():
        path.write_bytes(variant.data)
        lost = silently_lost(variant, opscli.read(path))
        count += 1
        trouble += bool(lost)
        if lost:
            print(f"\n{variant.group}: {variant.name}: {lost[:2]}", end="")
    found = shares({"opscli": opscli, **PEERS}, variants(), tmp_path)
    print(f"\n\n{count} files; DuckDB {duckdb.__version__}, pandas {pd.__version__}, CleverCSV {clevercsv.__version__}")
    print(f"{'share of cells recovered':<28}" + "".join(f"{name:>17}" for name in found))
    for group in found["opscli"]:
        told = (groups[group][0] / max(groups[group][1], 1) for groups in found.values())
        print(f"{group:<28}" + "".join(f"{share:>17.4f}" for share in told))
    print(f"{'in all':<28}" + "".join(f"{overall(groups):>17.4f}" for groups in found.values()))
    print(f"silently lost or shifted by opscli: {trouble} files")
    mine = overall(found["opscli"])
    assert all(mine > overall(groups) for name, groups in found.items() if name != "opscli")
    assert not trouble


def test_a_whole_import_of_a_dirty_file_lists_what_it_mended(bench: Bench) -> None:
    """No format given: the stray quote is told, the undecidable row is rejected with its line, the rest is there."""
    rows = [f"o{n},2026-01-{n % 28 + 1:02d},{n}.50,note {n}" for n in range(1, 41)]
    rows[4] = 'o5,2026-01-06,5.50,"note 5'
    rows[9] = "o10,2026-01-11,10.5,,0,note"
    bench.write("data/o.csv", "\n".join(["Orders of January", "", "id,at,sum,note", *rows, "Total,,820.00,"]) + "\n")
    bench.source(
        "orders", "path: data/o.csv\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: sum, channel: note}"
    )
    outcome = bench.load(run_id="r")
    told = outcome.details["sources"]["orders"]
    assert (told["inserted"], told["rejected"], told["repairs"]) == (39, 1, {"stray_quote": 1, "footer": 1})
    assert [row[:3] for row in bench.rejects()] == [(13, "", "too_many_cells")]
    assert bench.rows("SELECT channel FROM orders WHERE order_id = 'o5'") == [('"note 5',)]
    with (bench.root / "rejects/r/orders.repairs.csv").open(encoding="utf-8", newline="") as file:
        listed = [(row["line"], row["repair"], row["raw"]) for row in python_csv.DictReader(file)]
    assert listed == [("8", "stray_quote", 'o5,2026-01-06,5.50,"note 5'), ("44", "footer", "44")]
