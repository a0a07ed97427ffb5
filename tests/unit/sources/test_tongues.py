"""Files of few lines in many languages: the encoding is found, or a doubt is told; nothing is read wrong in silence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from opscli.errors import DataUnusable
from opscli.sources.formats.encoding import as_utf8

from .conftest import Bench
from .names_of_languages import NAMES
from .test_documents import load

SIZES = (1, 3, 10, 100)
FILES = {1: 12, 3: 12, 10: 12, 100: 4}
"""How many files of so many rows, for each language."""


def sample(language: str, rows: int, rng: Random) -> tuple[str, bytes]:
    """A file with a name that is not ASCII, and its bytes."""
    encoding, names = NAMES[language]
    words = names.split()
    while True:
        lines = (f"{n};{rng.choice(words)} {rng.choice(words)};{rng.choice(words)}\n" for n in range(rows))
        text = "id;name;city\n" + "".join(lines)
        data = text.encode(encoding)
        if not data.isascii():
            return text, data


def outcome(path: Path, text: str) -> str:
    try:
        found = as_utf8(path, "auto", path.parent)
    except DataUnusable:
        return "refused"
    right = found.path.read_bytes().decode() == text
    return {(True, True): "noted", (True, False): "right", (False, True): "noted wrong", (False, False): "WRONG"}[
        right, bool(found.doubt)
    ]


@pytest.mark.parametrize("rows", SIZES)
def test_names_of_a_language_are_read_right_or_with_a_doubt(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.csv"
    table: dict[str, Counter[str]] = {}
    for language in NAMES:
        rng = Random(f"{language} {rows}")  # noqa: S311  a seed, not a secret
        table[language] = Counter()
        for _ in range(FILES[rows]):
            text, data = sample(language, rows, rng)
            path.write_bytes(data)
            table[language][outcome(path, text)] += 1
    total = sum(table.values(), Counter[str]())
    assert not total["WRONG"], table
    assert total["noted wrong"] <= (0.03 * total.total() if rows < SIZES[2] else 0), table
    assert total["right"] >= {1: 0.65, 3: 0.9, 10: 0.95, 100: 0.95}[rows] * total.total(), table


def test_a_guess_is_told_with_the_line_that_shows_it(bench: Bench) -> None:
    bench.source(
        "orders", "path: data/o.csv\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: sum, channel: note}"
    )
    bench.write("data/o.csv", "id,at,sum,note\no1,2026-01-02,1,plain\no3,2026-01-02,2,Fête\n".encode("cp1252"))
    with pytest.raises(DataUnusable, match="reads as well in cp1252 as in cp1250"):
        bench.load()
    bench.write("data/o.csv", "id,at,sum,note\no1,2026-01-02,1,plain\no3,2026-01-02,2,Città\n".encode("cp1252"))
    outcome = bench.load()
    (repairs,) = bench.root.glob("rejects/*/orders.repairs.csv")
    assert (
        repairs.read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .endswith('3,guessed_encoding,"o3,2026-01-02,2,Citt\\xe0","o3,2026-01-02,2,Città"')
    )
    assert "guessed_encoding" in str(outcome.details)


def test_a_guess_that_is_pinned_is_none(bench: Bench) -> None:
    content = "id,at,sum,note\no1,2026-01-02,2,Città\n".encode("cp1252")
    load(bench, "o.csv", content, "format: {encoding: cp1252}\n")
    assert not list(bench.root.glob("rejects/*/orders.repairs.csv"))
