"""JSON by the letter: nothing is taken for another value, and what is no JSON is told with its place."""

from __future__ import annotations

import json
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from opscli.errors import DataUnusable
from opscli.sources.formats.json_lists import Lists, keys_of
from opscli.sources.formats.json_window import Window

from .conftest import Bench
from .test_documents import load

TEXTS = "map: {order_id: id, ordered_at: at, amount: sum, channel: note}"
NESTED = "map: {order_id: id, ordered_at: at, amount: sum, channel: a.b}"


def record(note: str, number: int = 1) -> str:
    return f'{{"id": "o{number}", "at": "2026-01-02", "sum": 1, "note": {note}}}'


def both(bench: Bench, *records: str, mapping: str = TEXTS) -> dict[str, int]:
    """Load the same records as lines and as a list; the counts, which are the same."""
    lines = load(bench, "o.jsonl", "\n".join(records) + "\n", mapping=mapping)
    found = bench.rows("SELECT order_id, channel FROM orders ORDER BY order_id")
    (bench.root / "data/o.jsonl").unlink()
    listed = load(bench, "o.json", f"[{', '.join(records)}]", mapping=mapping)
    assert bench.rows("SELECT order_id, channel FROM orders ORDER BY order_id") == found
    assert {key: count for key, count in listed.items() if key in ("read", "rejected")} == {
        key: count for key, count in lines.items() if key in ("read", "rejected")
    }
    return lines


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("18446744073709551616", "18446744073709551616"),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("123456789.123456789", "123456789.123456789"),
        ("-1234567890.1234567", "-1234567890.1234567"),
        ("0.1234567890123456", "0.1234567890123456"),
        ("1E5", "100000"),
        ("1.5e-7", "0.00000015"),
        ("1e400", "1e400"),
        ("9" * 5000, "9" * 5000),
        ('"1,}"', "1,}"),
        ('": NaN, 1.0000000000000001"', ": NaN, 1.0000000000000001"),
        ('{"x": 1, "y": ["a", 2]}', '{"x":1,"y":["a",2]}'),
        ("true", "true"),
        ("null", None),
        (r'"\ud83d\ude00"', "\U0001f600"),
    ],
)
def test_values_keep_their_text(bench: Bench, written: str, read: str | None) -> None:
    assert both(bench, record(written)) == {"read": 1, "inserted": 1}
    assert bench.rows("SELECT channel FROM orders") == [(read,)]


def test_long_amounts_stay_exact_beside_nested_ones(bench: Bench) -> None:
    line = (
        '{"id": "o1", "at": "2026-01-02", "sum": 1234567890123.45, "note": {"x": 1, "y": "a \\" 1.0000000000000001"}}\n'
    )
    assert load(bench, "o.jsonl", line) == {"read": 1, "inserted": 1}
    found = bench.rows("SELECT amount, channel FROM orders")
    assert found == [(Decimal("1234567890123.45"), '{"x":1,"y":"a \\" 1.0000000000000001"}')]


@pytest.mark.parametrize("written", ["NaN", "-Infinity", "nan", "inf", '"a",', r'"\ud800"', "01", '"a" "b"', "'a'"])
def test_a_line_that_is_no_json_by_the_letter_is_rejected(bench: Bench, written: str) -> None:
    content = f"{record('1', 1)}\n{record(written, 2)}\n"
    assert load(bench, "o.jsonl", content, mapping=TEXTS) == {"read": 2, "inserted": 1, "rejected": 1}
    assert bench.rejects() == [(2, "", "bad_json", record(written, 2))]


def test_half_of_a_surrogate_pair_is_rejected_in_a_list_too(bench: Bench) -> None:
    assert both(bench, record(r'"\ud800"'), record("1", 2)) == {"read": 2, "inserted": 1, "rejected": 1}


@pytest.mark.parametrize(
    ("twice", "mapping"),
    [
        (record('1, "note": 2', 2), TEXTS),
        (record('1, "\\u006eote": 2', 2), TEXTS),
        (record('1, "unused": 1, "unused": 2', 2), TEXTS),
        (record('1, "a": {"b": 1, "b": 2}', 2), NESTED),
    ],
)
def test_a_key_that_stands_twice_rejects_the_record(bench: Bench, twice: str, mapping: str) -> None:
    assert both(bench, record("1", 1), twice, mapping=mapping) == {"read": 2, "inserted": 1, "rejected": 1}
    assert [row[:3] for row in bench.rejects()] == [(2, "", "duplicate_key")] * 2


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"orders": [%s],\n "orders": []}', "line 2, character [0-9]+: the key 'orders' stands twice in one object"),
        ('{"orders": [%s], "more": {"x": [{}]}}', "several lists of records: .*orders .1., .*more.x .1."),
        ('{"orders": [%s]} {"orders": []}', "line 1, character .*: something stands behind the end"),
        ('{"orders": [%s],}', "line 1, character .*: this is no JSON"),
        ('{"orders": [%s,]}', "line 1, character .*: this is no JSON"),
        ('{"orders": [%s]', "ends in the middle"),
        ('{"a": NaN, "orders": [%s]}', "line 1, character .*: this is no JSON"),
        ('{"a": {"b": {"c": {"d": {"orders": [%s]}}}}}', "holds no list of records"),
        ('{"tags": ["a", "b"], "x": %s}', "holds no list of records"),
        ("%s%s", "something stands behind the end"),
        ("7", "holds no list of records"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(bench: Bench, document: str, told: str) -> None:
    with pytest.raises(DataUnusable, match=told) as refused:
        load(bench, "o.json", document.replace("%s", record("1")))
    assert "page" not in f"{refused.value.what}{refused.value.remedy}"


@pytest.mark.parametrize(
    ("document", "stated"),
    [
        ('{"data": {"orders": [%s]}}', ""),
        ('{"tags": ["a"], "data": {"orders": [%s], "none": []}}', ""),
        ('{"odd key": {"x": [%s]}, "more": [{}]}', "format: {records: \"$['odd key'].x\"}\n"),
        ('{"data": {"orders": [%s]}, "more": [{}]}', 'format: {records: "$.data.orders[*]"}\n'),
        ('{"data": {"orders": [%s]}, "more": [{}]}', 'format: {records: "$..orders[*]"}\n'),
        ("[%s]", 'format: {records: "$"}\n'),
        ("[%s]", 'format: {records: "$[*]"}\n'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_one_list_of_objects_is_found(bench: Bench, document: str, stated: str, encoding: str) -> None:
    content = document.replace("%s", f"{record('1')}, {record('2', 2)}").encode(encoding)
    assert load(bench, "o.json", content, stated) == {"read": 2, "inserted": 2}


def test_lists_without_records_are_no_rows(bench: Bench) -> None:
    for document in ('{"orders": [], "page": 1}', "[]", "  ", '{"a": {"orders": []}}'):
        assert load(bench, "o.json", document) == {}
    assert load(bench, "o.json", '{"orders": null, "x": [{}]}', "format: {records: $.orders}\n") == {}


def test_a_path_that_leads_nowhere_names_the_lists(bench: Bench) -> None:
    with pytest.raises(DataUnusable, match=r"no list at \$.rows; its lists of records are \$.orders \(1\)") as refused:
        load(bench, "o.json", f'{{"orders": [{record("1")}]}}', "format: {records: $.rows}\n")
    assert "format: {records: $.orders}" in refused.value.remedy


def test_a_key_twice_in_a_document_that_is_read_as_a_whole(bench: Bench) -> None:
    twice = record('1, "note": 2')
    with pytest.raises(DataUnusable, match="the key 'note' stands twice"):
        load(bench, "o.json", f'{{"orders": [{twice}]}}', 'format: {records: "$..orders[*]"}\n')


def test_plain_paths_are_keys() -> None:
    assert keys_of("$") == ()
    assert keys_of("$.a['b c'].d[*]") == ("a", "b c", "d")
    assert [keys_of(path) for path in ("$..a", "$.a[0]", "$.a[*].b", "a.b", "$.a[?@.x]")] == [None] * 5


def test_a_document_of_any_length_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    with path.open("w", encoding="utf-8") as out:
        out.write('{"meta": {"count": 1}, "data": {"orders": [')
        out.writelines(json.dumps({"id": n, "note": "x" * 500}) + "," for n in range(40_000))
        out.write("{}]}}")
    tracemalloc.start()
    with path.open(encoding="utf-8") as file:
        found = Lists(Window(file, "o.json"), tmp_path).read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(item.path, item.count, item.objects) for item in found] == [("$.data.orders", 40_001, 40_001)]
    assert path.stat().st_size > 20 << 20
    assert peak < 8 << 20
