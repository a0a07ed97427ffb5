"""Random conditions over NULL-rich rows: DuckDB 1.5, DuckDB 2.0, PostgreSQL and a plain reading in Python agree.

OPSCLI_TEST_CONDITIONS (how many) and OPSCLI_TEST_SEED make longer and other runs.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from opscli.rules.language import parse
from opscli.rules.operators import FUNCTIONS
from opscli.rules.text import source
from opscli.rules.tree import Expression, Node, RuleInvalid
from tests.engines.conditions.grammar import Grammar
from tests.engines.conditions.judges import Columns, Judge, duckdb15_judge, duckdb_judge, postgres_judge, read_answers
from tests.engines.conditions.past import Past
from tests.engines.conditions.reading import Reader
from tests.engines.conditions.world import COLUMNS, SCOPE, Table, world

CONDITIONS = int(os.environ.get("OPSCLI_TEST_CONDITIONS", "10000"))
CALCULATIONS = CONDITIONS // 5
SEED = int(os.environ.get("OPSCLI_TEST_SEED", "20260501"))
OPERATORS = {
    "and", "or", "not", "=", "<>", "<", "<=", ">", ">=", "between", "in", "like", "ilike", "is null", "is true", "is false",
    "+", "-", "*", "/", "negative",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """The Python reading and the engines, over the same rows."""

    tables: dict[str, Table]
    engines: Sequence[Judge]

    def read(self, expressions: Sequence[Expression | Node]) -> Columns:
        return read_answers(Reader(Past(self.tables)), expressions, self.tables["x"].rows)

    def disagreements(self, expressions: Sequence[Expression]) -> list[str]:
        """One report for each expression that is judged differently; the engines work at the same time."""
        with ThreadPoolExecutor(len(self.engines)) as pool:
            running = [pool.submit(engine.answers, expressions) for engine in self.engines]
            answers = [self.read(expressions), *(found.result() for found in running)]
        assert all(len(columns) == len(expressions) for columns in answers)
        return [
            self.report(expression)
            for expression, *columns in zip(expressions, *answers, strict=True)
            if any(column != columns[0] for column in columns)
        ]

    def report(self, expression: Expression) -> str:
        """The smallest part that is judged differently, with a row, each verdict and each engine's SQL."""
        by_text = {source(node): node for node in expression.root.walk() if node.family in {"boolean", "number"}}
        parts = sorted(by_text.values(), key=lambda node: sum(1 for _ in node.walk()))
        answers = {"reading": self.read(parts), **{judge.name: judge.answers(parts) for judge in self.engines}}
        for index, part in enumerate(parts):
            verdicts = {name: columns[index] for name, columns in answers.items()}
            for number, row in enumerate(self.tables["x"].rows):
                found = {name: column[number] for name, column in verdicts.items()}
                if len(set(found.values())) > 1:
                    used = {str(node.value) for node in part.walk() if node.op == "name"}
                    values = {name: row[name] for name in ("customer_id", *COLUMNS) if name in {"customer_id", *used}}
                    texts = "\n".join(f"  {judge.name}: {judge.sql(part)}" for judge in self.engines)
                    return f"{source(part)}\n  {values}\n  {found}\n{texts}\n  in {expression.text}"
        return f"differs only as a whole: {expression.text}"


def random_expressions(count: int, seed: int, write: Callable[[Grammar], str]) -> Iterator[Expression]:
    """Well-typed random texts, read; at most one in fifty may be refused (too deep, a range left)."""
    grammar = Grammar(random.Random(seed))  # noqa: S311  repeatable conditions, no secret
    made = refused = 0
    while made < count:
        try:
            expression = parse(write(grammar), SCOPE)
        except RuleInvalid:
            refused += 1
            assert refused <= 20 + made // 50
            continue
        made += 1
        yield expression


@pytest.fixture(scope="module")
def court(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    tables = world()
    folder: Path = tmp_path_factory.mktemp("judges")
    engines = [duckdb15_judge(tables, folder), duckdb_judge(tables), postgres_judge(tables, postgres_url)]
    yield Court(tables=tables, engines=engines)
    for engine in engines:
        engine.close()


@pytest.mark.slow
@pytest.mark.timeout(1200)  # a minute on a quiet machine; four engines at once feel every other load
@pytest.mark.postgres
def test_random_conditions_agree(court: Court) -> None:
    expressions = list(random_expressions(CONDITIONS, SEED, Grammar.random_condition))
    nodes = [node for expression in expressions for node in expression.root.walk()]
    used = {str(node.value) if node.op == "call" else node.op for node in nodes}
    assert used >= OPERATORS | set(FUNCTIONS), "the grammar leaves something out"
    found = court.disagreements(expressions)
    assert not found, f"{len(found)} of {len(expressions)} differ:\n" + "\n".join(found[:5])


@pytest.mark.slow
@pytest.mark.postgres
def test_random_calculations_give_the_same_number_to_the_last_bit(court: Court) -> None:
    found = court.disagreements(list(random_expressions(CALCULATIONS, SEED + 1, Grammar.random_number)))
    assert not found, f"{len(found)} differ:\n" + "\n".join(found[:5])


@pytest.mark.postgres
def test_a_mistake_of_one_engine_is_found_and_cut_down(court: Court) -> None:
    wrong = Judge(
        name="wrong",
        dialect=court.engines[1].dialect,
        ask=lambda queries: court.engines[1].ask([query.replace(" >= ", " > ") for query in queries]),
    )
    told = Court(tables=court.tables, engines=[court.engines[0], court.engines[2], wrong]).disagreements(
        [parse("(i is null or lower(s) like 'a%') and not (m + 0 >= 5000 or b)", SCOPE)]
    )
    assert len(told) == 1
    assert told[0].startswith("m + 0 >= 5000\n")
    assert "'wrong': 'F'" in told[0]


def test_the_rows_are_rich_in_unknowns_and_every_verdict_is_seen() -> None:
    tables = world()
    rows = tables["x"].rows
    for name in COLUMNS:
        unknown = sum(row[name] is None for row in rows) / len(rows)
        assert 0.25 < unknown < 0.45
    expressions = list(random_expressions(300, SEED, Grammar.random_condition))
    columns = read_answers(Reader(Past(tables)), expressions, rows)
    shares = {verdict: sum(column.count(verdict) for column in columns) / (300 * len(rows)) for verdict in "TFN"}
    assert min(shares.values()) > 0.1
