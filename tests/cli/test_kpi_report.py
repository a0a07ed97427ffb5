"""`opscli kpi` and `opscli report` as a person types them, on the project of a golden case."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.calling import opscli

CASES = Path(__file__).parents[1] / "golden" / "reports"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imported and deduplicated, with a metric whose entity has no source."""
    root = tmp_path_factory.mktemp("project")
    (case,) = CASES.glob("a_funnel_*")
    shutil.copytree(case / "config", root / "configs", ignore=shutil.ignore_patterns("job.yaml"))
    shutil.copytree(case / "input", root / "data")
    (root / "jobs").mkdir()
    shutil.copy(case / "config" / "job.yaml", root / "jobs" / "all.yaml")
    revenue = "kind: metric\nversion: 1\ntype: sum\nof: orders.amount\n"
    (root / "configs" / "metrics" / "revenue.yaml").write_text(revenue, encoding="utf-8")
    assert opscli(root, "run", "all").returncode == 0
    return root


def test_list_names_type_and_period(project: Path) -> None:
    answer = json.loads(opscli(project, "kpi", "list", "--json").stdout)["data"]

    assert [(row["metric"], row["type"], row["grain"]) for row in answer] == [
        ("pipeline", "funnel", "quarter"),
        ("revenue", "sum", "month"),
    ]


def test_query_between_two_days_warns_of_a_period_that_is_too_young(project: Path) -> None:
    done = opscli(project, "kpi", "query", "pipeline", "--from", "2017-07-01", "--to", "2017-12-31", "--json")
    answer = json.loads(done.stdout)

    assert [(row["period"], row["denominator"]) for row in answer["data"]] == [("2017-Q3", 3.0), ("2017-Q4", 2.0)]
    assert answer["warnings"] == ["not complete yet: 2017-Q4"]


def test_counts_are_whole_for_people_and_columns_that_say_nothing_are_left_out(project: Path) -> None:
    lines = opscli(project, "kpi", "query", "pipeline", "--format", "markdown").stdout.splitlines()

    assert lines[0].startswith("| period | value | ")
    assert not [line for line in lines if ".00" in line]


def test_query_splits_by_a_customer_column(project: Path) -> None:
    done = opscli(project, "kpi", "query", "pipeline", "--by", "segment", "--from", "2017-07-01", "--to", "2017-07-01")

    assert "North" in done.stdout
    assert "100.0%" in done.stdout


def test_explain_prints_place_period_and_the_statement_that_is_run(project: Path) -> None:
    text = opscli(project, "kpi", "explain", "pipeline").stdout

    assert "configs/metrics/pipeline.yaml:1" in text
    assert "2017-Q3: 2017-07-01 04:00 to 2017-10-01 04:00 UTC" in text
    assert "deals_versions" in text


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("kpi", "query", "pipelin"), 2, "metrics are pipeline, revenue"),
        (("kpi", "query", "revenue"), 65, "opscli import"),
        (("kpi", "query", "pipeline", "--by", "planet"), 2, "cannot be split by 'planet'"),
        (("kpi", "query", "pipeline", "--grain", "fortnight"), 2, "day, week, month, quarter, year"),
        (("kpi", "query", "pipeline", "--from", "yesterday"), 2, "write it as 2017-10-01"),
        (("kpi", "query", "pipeline", "--from", "2017-12-01", "--to", "2017-01-01"), 2, "name an earlier --from"),
        (("report", "show", "monthly"), 2, "reports are weekly"),
        (("report", "show", "weekly", "--format", "csv"), 2, "--out FOLDER"),
        (("report", "render", "weekly", "--out", "page.pdf"), 2, "use .html, .json, .md or a folder"),
        (("report", "render", "weekly", "--out", "data/crm.csv/page.html"), 73, "cannot be written"),
    ],
)  # fmt: skip
def test_a_refusal_has_its_exit_code_and_the_way_out(
    project: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = opscli(project, *words)

    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_show_in_a_pipe_is_plain_text_and_writes_nothing(project: Path) -> None:
    before = sorted(project.rglob("out/*"))
    done = opscli(project, "report", "show", "weekly")

    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "3 entered in 2017-Q3; 1 of them reached won, 33.3% overall." in done.stdout
    assert sorted(project.rglob("out/*")) == before


@pytest.mark.parametrize(("name", "start"), [("a.html", "<!doctype html>"), ("a.json", "{"), ("a.md", "# Weekly")])
def test_render_takes_the_form_from_the_file_name(project: Path, name: str, start: str) -> None:
    assert opscli(project, "report", "render", "weekly", "--out", name).returncode == 0

    assert (project / name).read_text(encoding="utf-8").startswith(start)
