"""Work out one health model inside an open session: its scores, its alert's verdict, and the tasks that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.calendars.business import BusinessCalendar, due_at
from opscli.calendars.holidays import PublicHolidays, public_holidays
from opscli.engine.versions import literal, visible
from opscli.engine.warehouse import Session
from opscli.errors import ConfigInvalid, DataUnusable
from opscli.health.alert import SKIPPED, Alerting, Verdict, drafts_sql, judged_sql
from opscli.health.health import AlertRule, HealthSpec
from opscli.health.score import Scoring, scoring_sql
from opscli.outcome import Issue
from opscli.phrases import both, either, listed, say
from opscli.rules import audience
from opscli.rules import sql as rules_sql
from opscli.rules.sugar import Written
from opscli.stage import Context

_SAMPLE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """One health model's part of a plan: tables in scratch and what they hold."""

    name: str
    scored: str
    """Scratch table of this instant's scores."""
    scores: int
    """How many of them are to be appended; the others are stored already."""
    bands: Mapping[str, int]
    drafts: str
    """Scratch table of the tasks to create; "" when none were looked for."""
    verdict: Verdict
    stop: str
    """Why the circuit breaker stops the step, or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """`position` numbers the model among those of the run: its scratch tables bear it."""

    ctx: Context
    session: Session
    spec: HealthSpec
    position: int

    def plan(self, known: Any) -> ModelPlan:
        """Scores, and with an alert block its verdict and drafts. `known` = this alert's tasks so far (Arrow)."""
        scored = f"scratch.health_scored_{self.position}"
        self.session.execute(f"CREATE OR REPLACE TABLE {scored} AS {self._scoring()}")
        bands = {
            str(band): int(count)
            for band, count in self.session.rows(f"SELECT band, COUNT(*) FROM {scored} GROUP BY 1")
        }
        fresh = self._not_stored(scored) if self._does("score") else 0
        bands = bands if self._does("score") else {}
        verdict, drafts = self._alert(known) if self._does("alert") else (Verdict(), "")
        stop = ""
        if self.spec.alert and verdict.breaks(self.spec.alert.breaker):
            stop = say(
                "health.too_many",
                name=self.spec.name,
                new=verdict.new,
                eligible=verdict.eligible,
                breaker=self.spec.alert.breaker,
            )
        return ModelPlan(
            name=self.spec.name, scored=scored, scores=fresh, bands=bands, drafts=drafts, verdict=verdict, stop=stop
        )

    def sample(self, drafts: str) -> list[dict[str, Any]]:
        """A few of the planned tasks."""
        if not drafts:
            return []
        return self.session.dicts(
            f"SELECT customer_id, owner, priority, reason FROM {drafts} ORDER BY customer_id LIMIT {_SAMPLE}"
        )

    def _does(self, part: str) -> bool:
        return self.ctx.options.get("part") in (None, part)

    def _condition(self, written: Written) -> str:
        """A condition over p (profiles) and c (customers), with tags as of now."""
        catalog = self.ctx.project.catalog
        target = audience.target(catalog, self.session.dialect, self.ctx.as_of)
        return rules_sql.render(audience.condition(written, catalog), target)

    def _scoring(self) -> str:
        columns, dialect = self.session.columns("profiles"), self.session.dialect
        missing = [trait for trait in self.spec.traits() if trait not in columns]
        if missing:
            raise DataUnusable(
                say("health.no_trait_yet", names=listed(missing)),
                remedy=say("health.no_trait_yet_how"),
            )
        scoring = Scoring(
            spec=self.spec,
            dialect=dialect,
            as_of=self.ctx.as_of,
            types={trait: dialect.logical(columns[trait]) for trait in self.spec.traits()},
            caps=tuple((self._condition(cap.when), str(cap.at)) for cap in self.spec.caps),
        )
        return scoring_sql(scoring)

    def _not_stored(self, scored: str) -> int:
        """How many rows are new: a score stored for this instant stays as it was told."""
        stored = (
            f"SELECT customer_id FROM health_scores WHERE model = {rules_sql.literal(self.spec.name)} "
            f"AND as_of = {literal(self.ctx.as_of)}"
        )
        sql = f"SELECT COUNT(*) FROM {scored} WHERE customer_id NOT IN ({stored})"
        return int(self.session.value(sql))

    def _alert(self, known: Any) -> tuple[Verdict, str]:
        alert = self.spec.alert
        if alert is None:
            return Verdict(), ""
        newest = self._newest(alert)
        if not newest:
            return Verdict(off=say("health.not_set_up", feeds=either(alert.feeds))), ""
        stale = self._stale(alert, newest)
        if stale and self.ctx.options.get("part") == "alert":
            raise DataUnusable(say("health.withheld", stale=stale), remedy=say("health.withheld_how"))
        if stale:
            return Verdict(withheld=stale), ""
        alerting = self._alerting(alert, known)
        judged, drafts = f"scratch.health_judged_{self.position}", f"scratch.health_drafts_{self.position}"
        self.session.execute(f"CREATE OR REPLACE TABLE {judged} AS {judged_sql(alerting)}")
        self.session.execute(f"CREATE OR REPLACE TABLE {drafts} AS {drafts_sql(alerting, judged)}")
        return self._verdict(judged), drafts

    def _alerting(self, alert: AlertRule, known: Any) -> Alerting:
        tasks_so_far = f"scratch.health_tasks_{self.position}"
        self.session.create(
            tasks_so_far, {"customer_id": "text", "episode": "text", "status": "text", "created_at": "timestamp"}
        )
        self.session.insert_arrow(tasks_so_far, known)
        project = self.ctx.project
        place = BusinessCalendar(zone=project.zone, holidays=holidays_of(project.country))
        return Alerting(
            rule=alert,
            dialect=self.session.dialect,
            as_of=self.ctx.as_of,
            due_at=due_at(self.ctx.as_of, alert.due, place),
            audience=self._condition(alert.audience),
            scored=f"scratch.health_scored_{self.position}",
            known=tasks_so_far,
            staff=self._staff(),
            locale=project.locale,
        )

    def _staff(self) -> str | None:
        """People on the staff list who are active; None when no list is kept."""
        if "staff" not in self.session.tables() or not self.session.value("SELECT COUNT(*) FROM staff"):
            return None
        return "(SELECT DISTINCT staff_id FROM staff WHERE COALESCE(active, TRUE))"

    def _newest(self, alert: AlertRule) -> dict[str, datetime]:
        """The newest event time of each feed that has rows."""
        present = self.session.tables()
        newest: dict[str, datetime] = {}
        for feed in alert.feeds:
            entity = self.ctx.project.entities[feed]
            if entity.versions_table not in present or entity.time is None:
                continue
            rows = visible(entity, as_of=self.ctx.as_of, known_at=self.ctx.known_at)
            latest = self.session.value(f"SELECT MAX({self.session.dialect.quote(entity.time)}) FROM {rows} v")
            if latest is not None:
                newest[feed] = latest
        return newest

    def _stale(self, alert: AlertRule, newest: Mapping[str, datetime]) -> str:
        """Which feeds are too old to judge by; "" when none is. Silence of a dead feed is not silence of customers."""
        oldest = self.ctx.as_of - alert.freshness
        stale = [
            say("health.feed_ends", feed=feed, latest=latest) for feed, latest in newest.items() if latest < oldest
        ]
        hours = int(alert.freshness.total_seconds() // 3600)
        return say("health.too_old", feeds=both(stale), hours=hours, as_of=self.ctx.as_of) if stale else ""

    def _verdict(self, judged: str) -> Verdict:
        counted = "COUNT(*) AS eligible, COUNT(CASE WHEN fires THEN 1 END) AS fired"
        skips = ", ".join(f"COUNT(CASE WHEN skip = '{reason}' THEN 1 END) AS {reason}" for reason in SKIPPED)
        row = self.session.dicts(f"SELECT {counted}, {skips} FROM {judged}")[0]
        skipped = {reason: int(row[reason]) for reason in SKIPPED if row[reason]}
        new = int(row["fired"]) - sum(skipped.values())
        return Verdict(eligible=int(row["eligible"]), fired=int(row["fired"]), new=new, skipped=skipped)


def holidays_of(country: str) -> PublicHolidays:
    """Raises ConfigInvalid for a country of which no holidays are known: no task could be given a due day."""
    try:
        return public_holidays(country)
    except ValueError as error:
        how = say("calendars.no_holidays_how")
        raise ConfigInvalid([Issue(file="configs/project.yaml", line=1, column=1, what=str(error), how=how)]) from error
