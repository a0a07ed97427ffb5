"""SQL and jsonschema give the same verdict, record by record and column by column.

The oracle is jsonschema itself (draft 2020-12, its own keywords and Python's `re`), given what JSON says of a record:
numbers as exact decimals, NULL left out, instants as text. `OPSCLI_EXAMPLES=20000` looks longer.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opscli.clock import iso
from opscli.config.document import Document
from opscli.engine import checks as compiler
from opscli.engine import records
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.entity import Entity, parse
from opscli.engine.formats import FORMATS, format_checker
from opscli.engine.limits import is_number
from opscli.engine.warehouse import Session

EXAMPLES = int(os.environ.get("OPSCLI_EXAMPLES", "100"))
ROWS = 12

TEXTS = [
    "", "a", "A", "ab", "abc", "aab", "b", "é", "e\u0301", "ß", "中文", "🤦🏼\u200d♂️", "😀", "x y", "it's", "1", "1.0", "true", "null",
    "%", "\\", "ä@ö", "a@b", "a b@c", "a@b@c", "@", "a@", "a\u00a0b@c", "shop@example.com", "urn:x", "http://a/%2", "http://a/%2f?q=[1]#x",
    "http://ä", "9:x", "x:", "1.2.3.4", "1.2.3.256", "01.2.3.4", "1.2.3", "::1", "fe80::1%eth0", "12:30:00Z", "12:30:00",
    "24:00:00Z", "12:30:60Z", "12:30:00.5+02:00", "2026-02-28", "2026-02-29", "2026-2-1", "2026-02-28T12:30:00Z", "2026-02-28t12:30:00z",
    "2026-02-28 12:30:00Z", "2026-02-28T25:00:00Z", "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-42661417400g",
    "a" * 63 + ".example", "a" * 64, "-a.b", "a..b", "a_b",
]  # fmt: skip
PATTERNS = [
    "a",
    "^a",
    "b$",
    "^[A-Z]+$",
    "^.{2}$",
    "a|^b$",
    "(ab)+",
    "^(a|é)$",
    "[^a]",
    "\\.",
    "^$",
    "x y",
    "it's",
    "\\\\",
    "@.*@",
]
INTEGERS = [0, 1, -1, 2, 3, 7, 10, 12, 100, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 10**18]
FLOATS = [
    0.0, -0.0, 0.1, 0.2, 0.1 + 0.2, 0.3, 0.35, 1.0, 1.5, -2.5, 3.0, 1e-7, 5e-324, 1e23, 1e22, 2.0**53, 2.0**53 + 2, 1e308, -1e308,
    1.7976931348623157e308, 99999999999999.99, 1e18,
]  # fmt: skip
MONEY = [Decimal(text) for text in (
    "0", "0.0001", "-0.0001", "0.01", "0.10", "0.3", "1", "1.5", "12.3456", "100", "99999999999999.9999", "-99999999999999.9999", "33.33",
)]  # fmt: skip
LIMITS = [*INTEGERS, *FLOATS, 0.00005, 0.5, -0.5, 10**30, -(10**30), 9223372036854775808, 12.34565, 1e15, -7.25]
STEPS = [1, 2, 3, 0.1, 0.01, 0.25, 0.5, 1.5, 0.0001, 0.00003, 7, 1e3, 10**19, 2**62]
MOMENTS = [datetime.fromisoformat(text) for text in (
    "0001-01-01", "1970-01-01", "2026-03-29T01:00:00", "2026-05-01T12:30:00.500000", "9999-12-31",
)]  # fmt: skip
ISO_MOMENTS = [*map(iso, MOMENTS), "2026-03-29T03:00:00+02:00", "2026-05-01", "2026-05-01T12:30:00.500Z"]
DATES = [date(1, 1, 1), date(2026, 2, 28), date(2026, 5, 1), date(9999, 12, 31)]
JSON: list[Any] = [
    None,
    [],
    {},
    [1],
    [1, 1.0],
    [True, 1],
    ["a"],
    ["a", "a"],
    {"a": 1},
    {"a": "1", "b": 0.1},
    "text",
    3,
    0.5,
    True,
    [[]],
    [{"a": None}],
]

CELLS: Mapping[str, list[Any]] = {
    "text": TEXTS, "integer": INTEGERS, "float": FLOATS, "money": MONEY, "boolean": [True, False],
    "timestamp": MOMENTS, "date": DATES, "json": [json.dumps(value) for value in JSON if value is not None],
}  # fmt: skip
TYPED: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string"}, "integer": {"type": "integer"}, "float": {"type": "number"},
    "money": {"type": "number", "x-money": "project"}, "boolean": {"type": "boolean"},
    "timestamp": {"type": "string", "format": "date-time"}, "date": {"type": "string", "format": "date"}, "json": {"type": "array"},
}  # fmt: skip
MIXED = [None, "a", "1", "", 1, 1.0, 0, -0.0, 0.1, 0.3, 2**53 + 1, True, False, 12.3456, *ISO_MOMENTS, "中文", "it's"]

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "type": st.one_of(
        st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"]),
        st.lists(
            st.sampled_from(["string", "number", "integer", "boolean", "null"]), min_size=1, max_size=3, unique=True
        ),
    ),
    "enum": st.lists(st.sampled_from(MIXED), min_size=1, max_size=4),
    "const": st.sampled_from(MIXED),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), st.sampled_from(LIMITS)),
    "multipleOf": st.sampled_from(STEPS),
    **dict.fromkeys(("minLength", "maxLength"), st.integers(0, 5)),
    "pattern": st.sampled_from(PATTERNS),
    "format": st.sampled_from(sorted(FORMATS)),
}
"""A strategy for each compiled keyword, with values that suit no type in particular: a keyword must know its own."""


def test_every_compiled_keyword_is_generated() -> None:
    assert set(VALUES) == set(compiler.KEYWORDS)


def nodes() -> st.SearchStrategy[Any]:
    """Schemas of a value, joined up to three deep."""
    leaf = st.one_of(
        st.booleans(),
        st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=2, unique=True).flatmap(
            lambda words: st.fixed_dictionaries({word: VALUES[word] for word in words})
        ),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.dictionaries(
                st.sampled_from(["allOf", "anyOf", "oneOf"]),
                st.lists(inner, min_size=1, max_size=3),
                min_size=1,
                max_size=1,
            ),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=5,
    )


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """A column's schema: its type, then rules that may or may not be about such values."""
    kind = draw(st.sampled_from(sorted(TYPED)))
    rules = draw(nodes())
    return {**({"not": rules} if isinstance(rules, bool) else rules), **TYPED[kind]}


def entity_of(columns_: Mapping[str, Any], required: list[str], **more: Any) -> Entity:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, **columns_}, "required": required, **more}
    data = {"key": ["id"], "schema": schema}
    return parse(Document(kind="entity", version=1, name="things", file="things.yaml", data=data, marks={}))


def stage(session: Session, entity: Entity, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    arrow = {
        "text": pa.string(), "integer": pa.int64(), "float": pa.float64(), "money": pa.decimal128(18, 4), "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us"), "date": pa.date32(), "json": pa.string(),
    }  # fmt: skip
    session.create("scratch.things", {column.name: column.type for column in entity.columns})
    schema = pa.schema([(column.name, arrow[column.type]) for column in entity.columns])
    session.insert_arrow("scratch.things", pa.Table.from_pylist(rows, schema=schema))


def by_sql(session: Session, entity: Entity) -> set[tuple[int, str]]:
    """(row, column) of every violation that SQL finds."""
    found = list(compiler.checks(entity, session.dialect))
    if not found:
        return set()
    verdicts = ", ".join(check.violated for check in found)
    rows = session.rows(f"SELECT id, {verdicts} FROM scratch.things")
    assert all(isinstance(verdict, bool) for row in rows for verdict in row[1:])
    return {(row[0], check.column) for row in rows for check, bad in zip(found, row[1:], strict=True) if bad}


def as_json(value: Any, kind: str) -> Any:
    """What JSON says of a cell, written without the code under test."""
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if kind == "json":
        return exact(json.loads(value))
    return exact(value)


def exact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, float | Decimal):
        number = Decimal(str(value))
        return int(number) if number == int(number) else number
    return value


def oracle_of(node: Any, kind: str) -> Any:
    """The schema with exact numbers; the instants that it lists as the cells of such a column are written."""
    if kind in ("timestamp", "date") and isinstance(node, Mapping):
        node = {word: _moments(word, value, kind) for word, value in node.items()}
    return exact(node)


def _moments(word: str, value: Any, kind: str) -> Any:
    if word in ("enum", "const"):
        listed = value if isinstance(value, list) else [value]
        moved = [records.exact({"const": item}, kind)["const"] for item in listed]
        return moved if word == "enum" else moved[0]
    if word in ("allOf", "anyOf", "oneOf"):
        return [oracle_of(part, kind) for part in value]
    return oracle_of(value, kind) if word == "not" else value


def _multiple(_judge: Any, step: Any, value: Any, _schema: Any) -> Iterator[Any]:
    # The stock keyword takes Decimal's remainder, which ends at 28 digits.
    if is_number(value) and (Fraction(value) / Fraction(step)).denominator != 1:
        yield jsonschema.ValidationError("not a multiple")


JUDGE: Any = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"multipleOf": _multiple})  # type: ignore[no-untyped-call]


def by_jsonschema(entity: Entity, rows: list[dict[str, Any]]) -> set[tuple[int, str]]:
    properties = {
        column.name: oracle_of(entity.schema["properties"][column.name], column.type) for column in entity.columns
    }
    schema = {**exact({k: v for k, v in entity.schema.items() if k != "properties"}), "properties": properties}
    judge = JUDGE(schema, format_checker=format_checker())
    kinds = {column.name: column.type for column in entity.columns}
    found = set()
    for row in rows:
        record = {name: as_json(value, kinds[name]) for name, value in row.items() if value is not None}
        for error in judge.iter_errors(record):
            missing = next((name for name in kinds if error.message.startswith(repr(name))), "")
            found.add((row["id"], str(error.absolute_path[0]) if error.absolute_path else missing))
    return found


def by_row(session: Session, entity: Entity, rows: list[dict[str, Any]]) -> set[tuple[int, str]]:
    schema = compiler.leftover(entity, session.dialect)
    if not schema:
        return set()
    judge, kinds = records.validator(schema), {column.name: column.type for column in entity.columns}
    names = compiler.concerned(entity, schema)
    found = set()
    for row in rows:
        record = records.record_of({name: row[name] for name in names}, kinds)
        found |= {(row["id"], flaw.column) for flaw in records.flaws(judge, record, list(kinds))}
    return found


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder: Path = tmp_path_factory.mktemp("checks")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", folder / "scratch")
    with warehouse.read() as opened:
        yield opened
    warehouse.close()


def rows_of(entity: Entity, seed: int) -> list[dict[str, Any]]:
    """Records of edge values, a quarter of the cells NULL."""
    chance = random.Random(seed)  # noqa: S311  rows of a test
    rows = []
    for number in range(ROWS):
        row: dict[str, Any] = {"id": number}
        for column in entity.columns[1:]:
            row[column.name] = None if chance.random() < 0.25 else chance.choice(CELLS[column.type])
        rows.append(row)
    return rows


STATED: Mapping[str, list[Any]] = {
    "type": ["string", "number", "integer", "boolean", "null", ["string", "null"], ["integer", "boolean"]],
    "enum": [[value] for value in MIXED] + [[1, "1", True, None], [0, "", 0.1]],
    "const": MIXED,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), LIMITS),
    "multipleOf": STEPS,
    "minLength": list(range(6)),
    "maxLength": list(range(6)),
    "pattern": PATTERNS,
    "format": sorted(FORMATS),
}  # fmt: skip
"""Every value of each keyword that is tried against every cell of each type."""


@pytest.mark.parametrize("kind", TYPED)
@pytest.mark.parametrize("keyword", compiler.KEYWORDS)
def test_every_value_of_a_keyword_agrees_at_every_cell(session: Session, keyword: str, kind: str) -> None:
    """As a part of a rule: a column has a type and format of its own. SQL judges all but what `LEFT` names."""
    stated = {
        f"c{number}": {**TYPED[kind], "allOf": [{keyword: value}]} for number, value in enumerate(STATED[keyword])
    }
    entity = entity_of(stated, [])
    rows = [{"id": number, **dict.fromkeys(stated, cell)} for number, cell in enumerate([*CELLS[kind], None])]
    stage(session, entity, rows)
    found = by_sql(session, entity)
    assert found | by_row(session, entity, rows) == by_jsonschema(entity, rows)
    left = compiler.leftover(entity, session.dialect).get("properties", {})
    if kind != "json" and keyword != "format":
        assert set(left) == (set(stated) if (keyword, kind) in LEFT else set())


LEFT = {
    ("multipleOf", "float"),
    *((keyword, kind) for keyword in ("minLength", "maxLength", "pattern") for kind in ("timestamp", "date")),
}
"""What jsonschema judges row by row: SQL has no decimal text of a double, and none of an instant as JSON writes it."""


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 100,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(st.lists(columns(), min_size=1, max_size=6), st.sets(st.integers(0, 5)), st.integers(0, 2**32))
def test_sql_and_jsonschema_agree(
    session: Session, stated: list[dict[str, Any]], required: set[int], seed: int
) -> None:
    named = {f"c{number}": node for number, node in enumerate(stated)}
    entity = entity_of(named, [f"c{number}" for number in sorted(required) if number < len(stated)])
    rows = rows_of(entity, seed)
    stage(session, entity, rows)
    assert by_sql(session, entity) | by_row(session, entity, rows) == by_jsonschema(entity, rows)
