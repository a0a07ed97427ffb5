"""Read stored health: the latest score of a customer or of all, and the sentence behind every point of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.errors import UsageError
from opscli.phrases import named, say
from opscli.stage import Context
from opscli.state.tables import customer_aliases


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureShare:
    """One measure of a score: `part` points of the score are its own, `change` of them since last time."""

    measure: str
    value: str | None
    points: Decimal | None
    weight: Decimal
    part: Decimal
    change: Decimal | None

    def as_data(self) -> dict[str, Any]:
        """JSON-ready: numbers as numbers."""
        numbers = {name: _plain(getattr(self, name)) for name in ("points", "weight", "part", "change")}
        return {"measure": self.measure, "value": self.value, **numbers}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """A stored score, taken apart. part of all measures + `capped` = score; change of all + `other` = `change`."""

    customer_id: str
    model: str
    as_of: datetime
    score: Decimal | None
    band: str
    trend: str
    coverage: float
    measures: tuple[MeasureShare, ...]
    previous: Decimal | None
    change: Decimal | None
    other: Decimal | None
    cap: Decimal | None

    @property
    def capped(self) -> Decimal:
        """Points that a cap takes away, as a number of at most 0."""
        return Decimal(0) if self.score is None else self.score - sum((item.part for item in self.measures), Decimal(0))

    def as_data(self) -> dict[str, Any]:
        """JSON-ready: numbers as numbers."""
        fields = ("customer_id", "model", "as_of", "band", "trend", "coverage")
        numbers = ("score", "previous", "change", "other", "cap", "capped")
        data = {name: getattr(self, name) for name in fields} | {name: _plain(getattr(self, name)) for name in numbers}
        return data | {"measures": [item.as_data() for item in self.measures]}


def latest(session: Session, customer: str, as_of: datetime, model: str | None = None) -> list[HealthView]:
    """The newest score of each model up to `as_of`, by model; empty when the customer was never scored."""
    chosen, params = ("AND model = ?", (customer, model)) if model else ("", (customer,))
    rows = session.dicts(
        "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY model ORDER BY as_of DESC) AS newest "
        f"FROM health_scores WHERE as_of <= {literal(as_of)} AND customer_id = ? {chosen}) h "
        "WHERE newest = 1 ORDER BY model",
        params,
    )
    return [_view(row) for row in rows]


def scores(
    session: Session, as_of: datetime, band: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """The newest score of every customer up to `as_of`, lowest first; those without a score come last."""
    wanted = "AND band = ?" if band else ""
    bounded = f"LIMIT {int(limit)}" if limit is not None else ""
    return session.dicts(
        "SELECT customer_id, model, score, band, trend, coverage, as_of FROM (SELECT *, "
        "ROW_NUMBER() OVER (PARTITION BY customer_id, model ORDER BY as_of DESC) AS newest "
        f"FROM health_scores WHERE as_of <= {literal(as_of)}) h WHERE newest = 1 {wanted} "
        f"ORDER BY CASE WHEN score IS NULL THEN 1 ELSE 0 END, score, customer_id, model {bounded}",
        (band,) if band else (),
    )


def distribution(session: Session, as_of: datetime) -> list[dict[str, Any]]:
    """Customers per model and band, of the newest scores up to `as_of`, best band first."""
    order = "CASE band WHEN 'healthy' THEN 0 WHEN 'watch' THEN 1 WHEN 'critical' THEN 2 ELSE 3 END"
    return session.dicts(
        "SELECT model, band, COUNT(*) AS customers, AVG(score) AS mean_score, MAX(as_of) AS as_of FROM (SELECT *, "
        "ROW_NUMBER() OVER (PARTITION BY customer_id, model ORDER BY as_of DESC) AS newest "
        f"FROM health_scores WHERE as_of <= {literal(as_of)}) h WHERE newest = 1 "
        f"GROUP BY model, band ORDER BY model, {order}"
    )


def find_customer(ctx: Context, text: str) -> str:
    """Customer id behind an id (also a former one), a source's id, a mail address or a phone number.

    Raises UsageError when it leads to nobody, or to several customers.
    """
    with ctx.state.read() as connection:
        query = select(customer_aliases.c.customer_id).where(customer_aliases.c.alias == text)
        known = connection.execute(query).scalar()
    with ctx.warehouse.read() as session:
        if known or _exists(session, text):
            return str(known or text)
        rows = session.rows(
            "SELECT DISTINCT customer_id FROM links WHERE ref = ? OR ref = LOWER(?) LIMIT 3", (text, text)
        )
    if len(rows) == 1:
        return str(rows[0][0])
    what = say("health.several_customers", text=text) if rows else say("health.no_customer", text=text)
    raise UsageError(what, remedy=say("health.find_customer", text=text))


def in_words(view: HealthView) -> str:
    """The score with every measure's points, weight and change in columns that add up."""
    score = "–" if view.score is None else f"{view.score}"  # noqa: RUF001  a dash stands for nothing
    lines = [
        say("health.view_title", customer=view.customer_id, model=view.model, as_of=view.as_of),
        say("health.view_score", score=score, band=named(view.band), trend=named(view.trend), coverage=view.coverage),
        "",
        *_columns(view),
    ]
    return "\n".join(lines) + "\n"


def _columns(view: HealthView) -> Iterator[str]:
    from opscli.charts.width import pad
    from opscli.charts.width import width as columns_of

    rows = [tuple(map(named, ("measure", "value", "points", "weight", "part", "change")))]
    for item in view.measures:
        points, weight, part = _cell(item.points), _cell(item.weight.normalize()), _cell(item.part)
        rows.append((item.measure, item.value or named("unknown"), points, weight, part, _signed(item.change)))
    if view.capped:
        rows.append((say("health.capped", cap=view.cap), "", "", "", _cell(view.capped), ""))
    if view.other:
        rows.append((say("health.other_changes"), "", "", "", "", _signed(view.other)))
    rows.append((named("score"), "", "", "", _cell(view.score), _signed(view.change)))
    widths = [max(columns_of(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        numbers = (pad(cell, width, right=True) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([pad(row[0], widths[0]), *numbers]).rstrip()


def _exists(session: Session, customer: str) -> bool:
    tables = session.tables() & {"customers", "health_scores"}
    return any(session.value(f"SELECT 1 FROM {table} WHERE customer_id = ? LIMIT 1", (customer,)) for table in tables)


def _view(row: Mapping[str, Any]) -> HealthView:
    drivers = json.loads(row["drivers"], parse_float=Decimal, parse_int=Decimal)
    return HealthView(
        **{name: row[name] for name in ("customer_id", "model", "as_of", "band", "trend", "coverage")},
        score=None if row["score"] is None else Decimal(str(row["score"])).quantize(Decimal("0.01")),
        measures=tuple(_share(item) for item in drivers["measures"]),
        **{name: drivers[name] for name in ("previous", "change", "other", "cap")},
    )


def _share(item: Mapping[str, Any]) -> MeasureShare:
    return MeasureShare(
        measure=item["measure"],
        value=_shown(item["value"]),
        points=item["points"],
        weight=item["weight"],
        part=Decimal(0) if item["part"] is None else item["part"],
        change=item["change"],
    )


def _shown(value: object) -> str | None:
    """A trait's value as people read it: at most two decimals, times to the minute."""
    if isinstance(value, Decimal):
        return f"{value:.2f}".removesuffix(".00")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)[:16]


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _cell(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:f}"  # noqa: RUF001  as above


def _signed(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:+f}"  # noqa: RUF001  as above
