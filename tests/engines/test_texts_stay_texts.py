"""Texts and names that look like SQL: what is printed runs, answers for them as plain texts, and does nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opscli.rules.language import parse
from opscli.rules.scope import Scope
from opscli.rules.sql import render
from opscli.rules.target import Target
from tests.engines.conditions.judges import Judge, duckdb15_judge, duckdb_judge, postgres_judge
from tests.engines.conditions.world import AS_OF, Table

TEXTS = (
    "'; DROP TABLE x; --", "' OR '1'='1", "\\'; DROP TABLE x; --", "\\", "\\\\", "'", "''", "'''", '"', '"; DROP TABLE x; --', "`", "$$",
    "$1", "?", ":a", "%s", "%(a)s", "%", "_", "100%", "a_b", "axb", "/*", "*/", "--", ";", "{0}", "{x}", "${x}", "\u2019; DROP", "E'\\x27'",
    "a\\_b", "a\\%", "NULL", "true", "1; SELECT 1", "\u02bc", "\uff07", "😀'", "x' || (SELECT 'y') || '", "\u200b", "\u202e'--",
)  # fmt: skip
NAMES = {
    "plain": "note",
    "hostile": "a\"b'; --",
    "wild": 'x"; DROP TABLE x; /*',
    "keyword": "select",
    "percent": "50%s",
    "unicode": "名'前",
}
"""Names in conditions, and the columns that they stand for."""


def table() -> Table:
    """One row per text, the same text in every column."""
    columns = dict.fromkeys(NAMES.values(), "text")
    rows = [{"n": n, "customer_id": text, **dict.fromkeys(columns, text)} for n, text in enumerate(TEXTS)]
    return Table(columns={"n": "integer", "customer_id": "text", **columns}, rows=rows)


@pytest.fixture(params=["duckdb15", "duckdb", "postgres"])
def judge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Judge]:
    tables = {"x": table()}
    if request.param == "postgres":
        made = postgres_judge(tables, str(request.getfixturevalue("postgres_url")))
    else:
        made = duckdb15_judge(tables, tmp_path) if request.param == "duckdb15" else duckdb_judge(tables)
    yield made
    made.close()


def test_each_text_is_found_by_itself_in_every_column(judge: Judge) -> None:
    conditions, expected = [], []
    for text in TEXTS:
        literal = text.replace("'", "''")
        for name in NAMES:
            conditions += [
                f"{name} = '{literal}'",
                f"{name} in ('{literal}', 'nothing')",
                f"coalesce({name}, '') <> '{literal}'",
            ]
            same = "".join("FT"[other == text] for other in TEXTS)
            expected += [same, same, same.translate(str.maketrans("FT", "TF"))]
    assert answers(judge, conditions) == expected


def test_patterns_hold_wildcards_and_nothing_that_escapes_them(judge: Judge) -> None:
    conditions = [
        "hostile like 'a\\_b'",
        "hostile like 'a_b'",
        "hostile ilike 'A\\%'",
        "hostile like '%''%--'",
        "hostile like '%DROP TABLE x; --'",
    ]
    expected = [
        {"a\\_b"}, {"a_b", "axb"}, {"a\\%", "a\\_b"}, {"'; DROP TABLE x; --", "\\'; DROP TABLE x; --", "\u202e'--"},
        {"'; DROP TABLE x; --", "\\'; DROP TABLE x; --", '"; DROP TABLE x; --'},
    ]  # fmt: skip
    found = [
        {text for text, verdict in zip(TEXTS, column, strict=True) if verdict == "T"}
        for column in answers(judge, conditions)
    ]
    assert found == expected


def test_salts_tags_and_steps_are_texts_too(judge: Judge) -> None:
    assert (
        answers(judge, ["bucket('''; DROP TABLE x; --', 1) = 0", "length('''; DROP TABLE x; --') = 19"])
        == ["T" * len(TEXTS)] * 2
    )


def answers(judge: Judge, conditions: list[str]) -> list[str]:
    """Verdicts of each condition as one text, and the proof that the table still has all its rows."""
    scope = Scope(names=dict.fromkeys(NAMES, "text"))
    target = Target(
        dialect=judge.dialect,
        as_of=AS_OF,
        columns=lambda name: f"x.{judge.dialect.quote(NAMES[name])}",
        identity="x.customer_id",
    )
    texts = [render(parse(text, scope), target) for text in conditions]
    queries = [f"SELECT {', '.join(texts[start : start + 50])} FROM x ORDER BY n" for start in range(0, len(texts), 50)]
    *found, counted = judge.ask([*queries, "SELECT COUNT(*) FROM x"])
    assert counted == [[str(len(TEXTS))]]
    return ["".join(column) for columns in found for column in columns]
