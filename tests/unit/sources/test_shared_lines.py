"""Two rows that stand on one line of a file, parted by a carriage return among line feeds: each counts for itself."""

from __future__ import annotations

import pytest

from .conftest import Bench

ROWS = [f"o{n},2026-01-{n % 28 + 1:02d},{n}.50" for n in range(40)]


def written(bench: Bench, *changed: tuple[int, str]) -> None:
    rows = list(ROWS)
    for place, text in changed:
        rows[place] = text
    rows[9:11] = [f"{rows[9]}\r{rows[10]}"]
    bench.write("data/o.csv", "\n".join(["id,at,sum", *rows]) + "\n")
    bench.source(
        "orders",
        "path: data/o.csv\nentity: orders\nmax_rejects: 100%\nmap: {order_id: id, ordered_at: at, amount: sum}",
    )


@pytest.mark.parametrize("bad", [9, 10])
def test_one_of_them_is_rejected_once(bench: Bench, bad: int) -> None:
    written(bench, (bad, f"o{bad},2026-02-31,1.00"))
    assert bench.counts() == {"read": 40, "inserted": 39, "rejected": 1}
    assert [row[:3] for row in bench.rejects()] == [(11, "ordered_at", "not_a_time")]
    assert f"o{bad},2026-02-31,1.00" in bench.rejects()[0][3]


def test_both_of_them_are_rejected(bench: Bench) -> None:
    written(bench, (9, "o9,2026-02-31,1.00"), (10, "o10,2026-02-31,2.00"))
    assert bench.counts() == {"read": 40, "inserted": 38, "rejected": 2}
    assert [row[:3] for row in bench.rejects()] == [(11, "ordered_at", "not_a_time")] * 2


@pytest.mark.parametrize("other", [9, 10])
def test_the_one_whose_key_comes_again_takes_the_other_one_with_it_never(bench: Bench, other: int) -> None:
    written(bench, (39, f"o{other},2026-02-01,7.00"))
    assert bench.counts() == {"read": 40, "inserted": 39, "duplicates": 1}
    assert bench.rows("SELECT count(*) FROM orders WHERE order_id IN ('o9', 'o10')") == [(2,)]


def test_of_two_with_one_key_one_stays(bench: Bench) -> None:
    written(bench, (9, ROWS[10]))
    assert bench.counts() == {"read": 40, "inserted": 39, "duplicates": 1}
