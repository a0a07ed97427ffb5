"""`opscli kpi list|query|explain`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report, session
from opscli.errors import DataUnusable, UsageError
from opscli.phrases import current, listed, say

if TYPE_CHECKING:
    from opscli.metrics.metric import Metric
    from opscli.metrics.periods import Period
    from opscli.metrics.query import Desk, Point
    from opscli.reports.numbers import Printer

app = typer.Typer(help="KPIs: query and explain numbers.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the metric.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As it was known at this instant (default: now).")]
Grain = Annotated[str | None, typer.Option("--grain", help="day, week, month, quarter or year.")]
By = Annotated[str | None, typer.Option("--by", help="Split by these columns, separated by commas.")]
_USUAL_PERIODS = 6


@app.command("list", epilog="Examples:  opscli kpi list  |  opscli kpi list --json")
def list_metrics() -> None:
    """Every metric with its type, unit, target and owner."""
    from opscli.cli.waiting import waiting
    from opscli.metrics.metric import Metric
    from opscli.reports.numbers import Printer

    project = session.open_project()
    rows = []
    for metric in project.all("metric", Metric):
        printer = Printer(metric.unit, project.currency, metric.decimals)
        rows.append(
            {
                "metric": metric.name,
                "label": metric.title(current()),
                "type": metric.type,
                "grain": metric.time.grain,
                "target": printer.full(metric.target.value) if metric.target else None,
                "good": metric.good,
                "owner": metric.owner,
            }
        )
    columns = ("metric", "label", "type", "grain", "target", "good", "owner")
    report.show(rows, columns=columns, warnings=waiting(project.catalog, "metric"))


@app.command(epilog="Examples:  opscli kpi query revenue  |  opscli kpi query revenue --by region --grain month")
def query(
    metric: Name,
    by: By = None,
    grain: Grain = None,
    since: Annotated[str | None, typer.Option("--from", help="First day, such as 2017-10-01.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    as_of: AsOf = None,
) -> None:
    """The values of a metric: by default its last complete periods."""
    from opscli.reports.numbers import Printer

    with _desk(as_of) as desk:
        spec = desk.metric(metric)
        periods = _periods(desk, spec, grain, (since, until))
        _require_set_up(desk, spec)
        points = desk.ask(spec, periods, _dimensions(by))
        warnings = _unfinished(periods, desk, spec)
        printer = Printer(spec.unit, desk.project.currency, spec.decimals)
        people = report.chosen_format() in ("table", "markdown")
        rows = [_row(point, by, printer if people else None) for point in points]
        report.show(_without_empty(rows) if people else rows, warnings=warnings)


@app.command(epilog="Examples:  opscli kpi explain churn_rate")
def explain(metric: Name, by: By = None, grain: Grain = None, as_of: AsOf = None) -> None:
    """What a metric means: its definition, the config version and the SQL that is run."""
    with _desk(as_of) as desk:
        spec = desk.metric(metric)
        periods = desk.periods(spec, 1, grain)
        compiled = desk.compile(spec, periods, _dimensions(by))
        project, last = desk.project, periods[-1]
        facts: dict[str, Any] = {
            "metric": spec.name,
            "label": spec.title(current()),
            "purpose": spec.purpose,
            "definition": f"{spec.document.file}:{spec.document.mark(())[0]}",
            "config_version": project.version[:12],
            "period": say("cli.period_span", label=last.label, start=last.start, end=last.end),
            "settled_after": str(spec.settle),
            "sql": compiled.sql,
        }
        text = "\n".join(f"{name:<15} {value}" for name, value in facts.items() if value and name != "sql")
        report.show_one(facts, f"{text}\n\n{compiled.sql}")


@contextmanager
def _desk(as_of: str | None) -> Iterator[Desk]:
    from opscli.metrics.query import Desk

    with session.opened(as_of) as ctx, ctx.warehouse.read() as reading:
        yield Desk(project=ctx.project, session=reading, as_of=ctx.as_of, known_at=ctx.known_at)


def _dimensions(by: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in by.split(",") if name.strip()) if by else ()


def _periods(desk: Desk, metric: Metric, grain: str | None, days: tuple[str | None, str | None]) -> tuple[Period, ...]:
    """The periods that touch [--from, --to]; without both the last complete ones."""
    from opscli.metrics.periods import GRAINS, Calendar

    unit = grain or metric.time.grain
    if unit not in GRAINS:
        raise UsageError(say("cli.no_grain", unit=unit), remedy=say("cli.use_one_of", names=listed(GRAINS)))
    since, until = (_day(text) for text in days)
    if since is None and until is None:
        return desk.periods(metric, _USUAL_PERIODS, unit)
    last = desk.periods(metric, 1, unit)[-1]
    calendar = Calendar(zone=desk.project.zone, week_start=metric.time.week_start)
    found = calendar.between(unit, since or until or last.first_day, until or last.first_day)
    if not found:
        raise UsageError(say("cli.from_after_to"), remedy=say("cli.earlier_from"))
    return found


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(say("cli.no_day", text=text), remedy=say("cli.write_day_as", example="2017-10-01")) from error


def _require_set_up(desk: Desk, metric: Metric) -> None:
    missing = desk.missing(metric)
    if missing:
        names = ", ".join(missing)
        raise DataUnusable(say("cli.metric_not_set_up", metric=metric.name, names=names), remedy="opscli import")


def _unfinished(periods: tuple[Period, ...], desk: Desk, metric: Metric) -> list[str]:
    """A period that is not over, or whose outcomes are not, must not be read as a fall."""
    young = [period.label for period in periods if period.end + metric.settle > desk.as_of]
    return [say("cli.not_complete", periods=listed(young))] if young else []


def _without_empty(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For people: a sum has no margin and no numerator, so these columns say nothing."""
    said = {name for row in rows for name, value in row.items() if value is not None or name == "value"}
    return [{name: value for name, value in row.items() if name in said} for row in rows]


def _whole(number: float | None) -> float | int | None:
    """A count as a count: 36, not 36.00."""
    return int(number) if number is not None and number == int(number) else number


def _row(point: Point, by: str | None, printer: Printer | None) -> dict[str, Any]:
    """One value: for people as it is printed in reports, for programs as it is."""
    value = point.value
    row: dict[str, Any] = {"period": point.period.label}
    if by:
        row["member"] = point.member
    if printer is not None:
        row |= {"value": printer.full(value.value), "margin": printer.margin(value.low, value.high) or None}
        parts = {"numerator": _whole(value.numerator), "denominator": _whole(value.denominator)}
        return row | parts | {"rows": value.rows}
    row |= {"value": value.value, "numerator": value.numerator, "denominator": value.denominator, "rows": value.rows}
    return row | {"low": value.low, "high": value.high}
