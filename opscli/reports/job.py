"""The step `report`: build a page, store the values that it shows, write its files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from opscli.engine.tables import TABLES
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session, next_load_seq
from opscli.errors import TryLater, UsageError
from opscli.metrics.query import Desk
from opscli.outcome import Outcome
from opscli.phrases import listed, say
from opscli.reports.build import build_page
from opscli.reports.files import as_json, as_markdown, csv_files, write_folder, write_text
from opscli.reports.model import Page, Stored
from opscli.reports.report import Output, Report
from opscli.stage import Context, Preview

READS = ("records", "entities", "links", "customers", "health_scores", "tag_history", "loads", "rejects", "run_steps")
WRITES = ("metric_values",)

_VALUES = "scratch.reports_values"
_KEY = TABLES["metric_values"].key
_OWN = ("metric", "grain", "period", "dimension", "member", "value", "numerator", "denominator", "rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan:
    """A finished page and how many of its values are new; the values wait in a scratch table."""

    report: Report
    page: Page
    fresh: int
    load_seq: int

    @property
    def preview(self) -> Preview:
        """Blocks, new values, files."""
        files = [output.path for output in self.report.outputs if output.path]
        return Preview(
            headline=say("reports.headline", name=self.report.name, count=len(self.page.blocks)),
            counts={"blocks": len(self.page.blocks), "values": self.fresh},
            skipped={"not_set_up": len(self.page.left_out)} if self.page.left_out else {},
            sample=[{"file": path} for path in files],
        )


def find_report(ctx: Context) -> Report:
    """The report of the step's `report:` option. Raises UsageError with the known ones."""
    name = str(ctx.options.get("report", ""))
    found = ctx.project.one("report", name, Report)
    if found is None:
        known = listed(report.name for report in ctx.project.all("report", Report))
        raise UsageError(
            say("reports.no_report", name=name),
            remedy=say("reports.reports_are", names=known or say("reports.no_reports")),
        )
    return found


def plan(ctx: Context) -> ReportPlan:
    """Ask every metric and lay the page out; the new values go to scratch."""
    report = find_report(ctx)
    load_seq = ctx.warehouse.load_seq()
    with ctx.warehouse.read() as session:
        desk = Desk(project=ctx.project, session=session, as_of=ctx.as_of, known_at=ctx.known_at)
        page = build_page(report, desk)
        fresh = _stage_values(session, page, ctx)
    return ReportPlan(report=report, page=page, fresh=fresh, load_seq=load_seq)


def run(plan: ReportPlan, ctx: Context) -> Outcome:
    """Store the new values, then write the files; a dry run writes them into a folder that is thrown away."""
    if ctx.warehouse.load_seq() != plan.load_seq:
        raise TryLater(say("reports.warehouse_moved"), remedy=say("reports.report_again"))
    if plan.fresh:
        with ctx.warehouse.write("metric_values") as session:
            _store(session, ctx)
    if ctx.dry:
        with tempfile.TemporaryDirectory(prefix="opscli-report-") as folder:
            written = write_outputs(plan.report, plan.page, Path(folder))
    else:
        written = write_outputs(plan.report, plan.page, ctx.project.root)
    files = len(written)
    return Outcome(
        summary=say("reports.made", title=plan.page.title, blocks=len(plan.page.blocks), count=files),
        rows_out=len(plan.page.blocks),
        changed=plan.fresh,
        details={
            "counts": dict(plan.preview.counts),
            "report": plan.report.name,
            "files": written,
            "not_set_up": list(plan.page.left_out),
        },
    )


def erase(ids: Sequence[str], ctx: Context) -> int:
    """Nothing: values are of groups and periods, no customer stands in them."""
    del ids, ctx
    return 0


def write_outputs(report: Report, page: Page, root: Path) -> list[str]:
    """Write the report's files under `root`; their paths relative to it. The terminal is the caller's."""
    for output in report.outputs:
        if output.path:
            _FORMS[output.form](page, root / output.path)
    return [output.path for output in report.outputs if output.path]


def write_one(page: Page, output: Output, root: Path) -> Path:
    """Write one form of a page; the file or folder written."""
    place = root / output.path
    _FORMS[output.form](page, place)
    return place


def _write_html(page: Page, place: Path) -> None:
    from opscli.reports.html import as_html

    write_text(place, as_html(page))


_FORMS: dict[str, Callable[[Page, Path], None]] = {
    "html": _write_html,
    "csv": lambda page, place: write_folder(place, csv_files(page)),
    "json": lambda page, place: write_text(place, as_json(page)),
    "markdown": lambda page, place: write_text(place, as_markdown(page)),
}


def _stage_values(session: Session, page: Page, ctx: Context) -> int:
    """Put the page's values into scratch, without those that a run of the same as_of has stored; how many are left."""
    types = {column.name: column.type for column in TABLES["metric_values"].columns}
    session.create(_VALUES, {name: types[name] for name in _OWN})
    stored = {_key(value): value for block in page.blocks for value in block.stored}
    if stored:
        session.insert_arrow(_VALUES, _arrow(list(stored.values())))
    same = " AND ".join(f"m.{name} = {_VALUES}.{name}" for name in _KEY if name != "as_of")
    session.execute(
        f"DELETE FROM {_VALUES} WHERE EXISTS (\n"
        f"  SELECT 1 FROM metric_values m WHERE m.as_of = {literal(ctx.as_of)} AND {same})"
    )
    return int(session.value(f"SELECT COUNT(*) FROM {_VALUES}"))


def _key(value: Stored) -> tuple[object, ...]:
    return (value.metric, value.period, value.dimension, value.member)


def _arrow(values: Sequence[Stored]) -> pa.Table:
    return pa.table(
        {
            "metric": [value.metric for value in values],
            "grain": [value.period.grain for value in values],
            "period": pa.array([value.period.start for value in values], pa.timestamp("us")),
            "dimension": [value.dimension for value in values],
            "member": [value.member for value in values],
            "value": pa.array([value.value for value in values], pa.float64()),
            "numerator": pa.array([value.numerator for value in values], pa.float64()),
            "denominator": pa.array([value.denominator for value in values], pa.float64()),
            "rows": pa.array([value.rows for value in values], pa.int64()),
        }
    )


def _store(session: Session, ctx: Context) -> None:
    columns = ", ".join(session.dialect.quote(name) for name in _OWN)
    session.execute(
        f"INSERT INTO metric_values ({columns}, as_of, run_id, load_seq) SELECT {columns}, ?, ?, ? FROM {_VALUES}",
        (ctx.as_of, ctx.run_id, next_load_seq(session)),
    )
