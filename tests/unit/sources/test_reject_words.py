"""Every reason code that a row can be rejected with has words in both languages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import opscli
from opscli.engine import records
from opscli.engine.formats import FORMATS
from opscli.phrases import catalogue, named
from opscli.sources import values

SOURCES = Path(opscli.__file__).parent / "sources"
CASES = Path(__file__).parents[2] / "golden/sources"


def codes() -> set[str]:
    """Codes of types and schemas, those that are written in SQL or for whole rows, and those of all golden cases."""
    found = {"not_allowed", "not_usable", *values.REASONS.values(), *records.REASONS.values()}
    found |= {f"not_{name}" for name in FORMATS}
    for path in SOURCES.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'problem="([a-z_]+)"', text))
        found |= set(re.findall(r"THEN '([a-z]+_[a-z_]+)'", text))
    for path in CASES.glob("*/expected/rejects.csv"):
        found |= {row["reason"] for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())}
    return found


def test_every_code_has_words() -> None:
    words = catalogue("rejects")
    assert {"not_a_time", "ambiguous_number", "too_few_cells", "bad_json", "missing", "not_email"} <= codes()
    assert sorted(codes() - set(words)) == []


def test_words_are_one_clause_of_a_sentence() -> None:
    told = [named(code, locale, room="rejects") for code in catalogue("rejects") for locale in ("en", "zh")]
    assert [text for text in told if ";" in text or "；" in text or text.endswith(".") or len(text) > 80] == []  # noqa: RUF001
