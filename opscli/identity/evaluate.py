"""How right the links are, against a file that knows: pair precision and recall, B-cubed, wrong customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscli.engine.warehouse import Session, Warehouse
from opscli.errors import DataUnusable
from opscli.phrases import say

_COLUMNS = ("source", "source_id", "person_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Shares are fractions in [0, 1]; None where nothing was to be found.

    A pair is two records of one customer (found) or of one person (true). B-cubed averages over records, so that one
    huge customer does not drown the others (Bagga and Baldwin 1998). `wrong_customers` hold more than one person.
    """

    records: int
    unknown_records: int
    """Records of the truth file that have no link."""
    true_pairs: int
    found_pairs: int
    right_pairs: int
    precision: float | None
    recall: float | None
    f1: float | None
    b_cubed_precision: float | None
    b_cubed_recall: float | None
    b_cubed_f1: float | None
    largest_customer: int
    wrong_customers: int
    largest_wrong_customer: int


def evaluate(warehouse: Warehouse, truth: Path) -> Evaluation:
    """Compare the record links with a CSV of source, source_id, person_id. Raises DataUnusable when it is none."""
    table = _read(truth)
    with warehouse.read() as session:
        session.create("scratch.identity_truth", dict.fromkeys(_COLUMNS, "text"))
        session.insert_arrow("scratch.identity_truth", table)
        measured = _measure(session)
    if measured.records == 0:
        raise DataUnusable(say("identity.no_records"), remedy=say("identity.no_records_how"))
    return measured


def _read(truth: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    options = csv.ConvertOptions(
        include_columns=list(_COLUMNS), column_types=dict.fromkeys(_COLUMNS, pa.string()), strings_can_be_null=False
    )
    try:
        return csv.read_csv(truth, convert_options=options)
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise DataUnusable(
            say("identity.no_truth", file=truth, error=str(error).splitlines()[0]),
            remedy=say("identity.no_truth_how"),
        ) from error


def _measure(session: Session) -> Evaluation:
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_judged AS SELECT t.person_id, l.customer_id, COUNT(*) AS n "
        "FROM (SELECT DISTINCT source, source_id, person_id FROM scratch.identity_truth) AS t "
        "LEFT JOIN links AS l ON l.ns = t.source AND l.ref = t.source_id AND l.source = l.ns "
        "GROUP BY t.person_id, l.customer_id"
    )
    judged = "(SELECT * FROM scratch.identity_judged WHERE customer_id IS NOT NULL)"
    cells, right, b_precision, b_recall = session.rows(
        "SELECT COALESCE(SUM(n), 0), COALESCE(SUM(n * (n - 1)), 0), COALESCE(SUM(1.0 * n * n / of_customer), 0), "
        "COALESCE(SUM(1.0 * n * n / of_person), 0) FROM (SELECT n, "
        "SUM(n) OVER (PARTITION BY customer_id) AS of_customer, SUM(n) OVER (PARTITION BY person_id) AS of_person "
        f"FROM {judged} AS known) AS cells"
    )[0]
    found, largest, wrong, largest_wrong = session.rows(
        "SELECT COALESCE(SUM(n * (n - 1)), 0), COALESCE(MAX(n), 0), COUNT(CASE WHEN people > 1 THEN 1 END), "
        "COALESCE(MAX(CASE WHEN people > 1 THEN n END), 0) FROM (SELECT SUM(n) AS n, COUNT(*) AS people "
        f"FROM {judged} AS known GROUP BY customer_id) AS customers_judged"
    )[0]
    true = session.value(
        "SELECT COALESCE(SUM(n * (n - 1)), 0) FROM "
        f"(SELECT SUM(n) AS n FROM {judged} AS known GROUP BY person_id) AS people"
    )
    missing = session.value("SELECT COALESCE(SUM(n), 0) FROM scratch.identity_judged WHERE customer_id IS NULL")
    precision, recall = _share(right, found), _share(right, true)
    by_record = _share(b_precision, cells), _share(b_recall, cells)
    return Evaluation(
        records=int(cells),
        unknown_records=int(missing),
        true_pairs=int(true) // 2,
        found_pairs=int(found) // 2,
        right_pairs=int(right) // 2,
        precision=precision,
        recall=recall,
        f1=_harmonic(precision, recall),
        b_cubed_precision=by_record[0],
        b_cubed_recall=by_record[1],
        b_cubed_f1=_harmonic(*by_record),
        largest_customer=int(largest),
        wrong_customers=int(wrong),
        largest_wrong_customer=int(largest_wrong),
    )


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if whole else None


def _harmonic(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return None
    return 2 * one * other / (one + other) if one + other else 0.0
