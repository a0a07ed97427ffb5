"""Runs in the virtual environment of an older DuckDB: `python duckdb15_worker.py questions.json answers.json`."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any


def answer(connection: Any, questions: dict[str, Any]) -> list[list[list[str]]]:
    """For each query its columns, each a list of texts; `questions` holds statements, inserts with values, queries."""
    for statement in questions["statements"]:
        connection.execute(statement)
    for insert, values in questions["inserts"]:
        connection.execute(insert, values)
    return [columns(connection.execute(query).fetchall()) for query in questions["queries"]]


def columns(rows: list[tuple[Any, ...]]) -> list[list[str]]:
    """Values by column, as text that is the same for one meaning: unknown is N, -0.0 is 0.0."""
    return [[shown(value) for value in column] for column in zip(*rows, strict=True)]


def shown(value: Any) -> str:
    """One value; exact numbers without trailing zeros, doubles by their shortest digits."""
    if value is None or isinstance(value, bool):
        return "N" if value is None else "FT"[value]
    if isinstance(value, float):
        return repr(value + 0.0)
    exact = f"{value:f}" if isinstance(value, Decimal) else str(value)
    digits = exact.rstrip("0").rstrip(".") if "." in exact else exact
    return "0" if digits == "-0" else digits


if __name__ == "__main__":
    import duckdb

    assert duckdb.__version__.startswith("1.5."), duckdb.__version__
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(answer(duckdb.connect(), asked)), encoding="utf-8")
