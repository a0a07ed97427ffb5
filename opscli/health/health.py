"""The config kind `health`: measures, bands, and the alert of record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.rules import audience
from opscli.rules.sugar import Written
from opscli.rules.tree import RuleInvalid, family
from opscli.stage import Catalog, Provided

Target = Decimal | timedelta
"""A good or bad value: a number, or the age of a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """The weight halves with every `half_life` since the time in trait `by`."""

    by: str
    half_life: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One trait and what is good or bad about it."""

    trait: str
    good: Target
    bad: Target
    weight: Decimal = Decimal(1)
    decay: Decay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Scores where healthy and watch begin, and how far below one stays."""

    healthy: Decimal = Decimal(70)
    watch: Decimal = Decimal(40)
    hysteresis: Decimal = Decimal(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Points away from the mean of the stored scores of `window`."""

    window: timedelta = timedelta(days=30)
    by: Decimal = Decimal(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """While `when` holds, the score is at most `at`."""

    when: Written
    at: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """The alert of record. Percentages are numbers of 0 to 999, not shares."""

    fallback_owner: str
    audience: Written = "has_tag('high_value')"
    login: str = "last_login_at"
    no_login: timedelta = timedelta(days=30)
    interactions: str = "interactions_30d"
    interactions_before: str = "interactions_prev"
    interactions_drop: Decimal = Decimal(50)
    baseline_min: int = 4
    min_account_age: timedelta = timedelta(days=60)
    feeds: tuple[str, ...] = ("events", "interactions")
    freshness: timedelta = timedelta(hours=48)
    breaker: Decimal = Decimal(10)
    cooldown: timedelta = timedelta(days=14)
    owner: str = "owner_id"
    due: str = "2bd"
    priority: str = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSpec:
    """One health model."""

    name: str
    measures: tuple[Measure, ...]
    coverage: Decimal = Decimal("0.5")
    bands: Bands = field(default_factory=Bands)
    trend: Trend = field(default_factory=Trend)
    caps: tuple[Cap, ...] = ()
    alert: AlertRule | None = None
    owner: str = ""
    purpose: str = ""
    runbook: str = ""
    document: Document

    def traits(self) -> tuple[str, ...]:
        """Every trait that the score reads, sorted."""
        named = {measure.trait for measure in self.measures}
        return tuple(sorted(named | {measure.decay.by for measure in self.measures if measure.decay}))


def parse(document: Document) -> HealthSpec:
    """A frozen spec of a schema-valid document."""
    data = document.data
    return HealthSpec(
        name=document.name,
        measures=tuple(_measure(item) for item in data["measures"]),
        coverage=_number(data.get("coverage", "0.5")),
        bands=Bands(**{name: _number(value) for name, value in data.get("bands", {}).items()}),
        trend=Trend(**_converted(data.get("trend", {}), durations=("window",), numbers=("by",))),
        caps=tuple(Cap(when=item["when"], at=_number(item["at"])) for item in data.get("caps", ())),
        alert=_alert(data["alert"]) if "alert" in data else None,
        document=document,
        **{key: str(data.get(key, "")) for key in ("owner", "purpose", "runbook")},
    )


def provides(spec: HealthSpec) -> Iterable[Provided]:
    """The model's name, for reports and jobs."""
    line, _ = spec.document.mark(())
    yield Provided(category="health", name=spec.name, file=spec.document.file, line=line)


def check(spec: HealthSpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown traits, targets that do not fit their trait, bad bands, conditions that cannot be read."""
    for index, measure in enumerate(spec.measures):
        yield from _measure_issues(spec, index, measure, catalog)
    if spec.bands.watch >= spec.bands.healthy:
        yield spec.document.issue(
            ("bands",),
            say("health.bands_crossed", watch=spec.bands.watch, healthy=spec.bands.healthy),
            why=say("health.bands_crossed_why"),
            how=say("health.bands_crossed_how"),
        )
    for index, cap in enumerate(spec.caps):
        yield from _rule_issues(spec, ("caps", index, "when"), cap.when, catalog)
    if spec.alert is not None:
        yield from _alert_issues(spec, spec.alert, catalog)


def _measure(item: Mapping[str, Any]) -> Measure:
    decay = item.get("decay")
    return Measure(
        trait=item["trait"],
        good=_target(item["good"]),
        bad=_target(item["bad"]),
        weight=_number(item.get("weight", 1)),
        decay=Decay(by=decay["by"], half_life=parse_duration(decay["half_life"])) if decay else None,
    )


def _alert(data: Mapping[str, Any]) -> AlertRule:
    values = _converted(data, durations=("no_login", "min_account_age", "freshness", "cooldown"))
    for name in ("interactions_drop", "breaker"):
        if name in values:
            values[name] = Decimal(values[name].rstrip("%"))
    if "feeds" in values:
        values["feeds"] = tuple(values["feeds"])
    return AlertRule(**values)


def _converted(data: Mapping[str, Any], *, durations: tuple[str, ...], numbers: tuple[str, ...] = ()) -> dict[str, Any]:
    read = dict.fromkeys(durations, parse_duration) | dict.fromkeys(numbers, _number)
    return {name: read[name](value) if name in read else value for name, value in data.items()}


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _target(value: object) -> Target:
    return parse_duration(value) if isinstance(value, str) else _number(value)


def _measure_issues(spec: HealthSpec, index: int, measure: Measure, catalog: Catalog) -> Iterator[Issue]:
    place: Place = ("measures", index)
    yield from _trait_issues(spec, (*place, "trait"), measure.trait, catalog)
    type_ = catalog.types("trait").get(measure.trait, "")
    timely, wanted = family(type_) == "time", say("health.ages") if family(type_) == "time" else say("health.numbers")
    if family(type_) == "text":
        how = say("health.text_measure_how")
        yield spec.document.issue((*place, "trait"), say("health.text_measure", trait=measure.trait), how=how)
        return
    for key, value in (("good", measure.good), ("bad", measure.bad)):
        if type_ and isinstance(value, timedelta) != timely:
            written = spec.document.data["measures"][index][key]
            what = say("health.wrong_bound", trait=measure.trait, type=type_, key=key, value=written)
            yield spec.document.issue((*place, key), what, how=say("health.bound_how", wanted=wanted))
    if measure.good == measure.bad:
        why = say("health.no_span_why")
        yield spec.document.issue((*place, "good"), say("health.no_span"), why=why, how=say("health.no_span_how"))
    if measure.decay is not None:
        yield from _trait_issues(spec, (*place, "decay", "by"), measure.decay.by, catalog, wanted="time")


def _alert_issues(spec: HealthSpec, alert: AlertRule, catalog: Catalog) -> Iterator[Issue]:
    yield from _rule_issues(spec, ("alert", "audience"), alert.audience, catalog)
    yield from _trait_issues(spec, ("alert", "login"), alert.login, catalog, wanted="time")
    yield from _trait_issues(spec, ("alert", "interactions"), alert.interactions, catalog, wanted="number")
    yield from _trait_issues(
        spec, ("alert", "interactions_before"), alert.interactions_before, catalog, wanted="number"
    )
    for index, feed in enumerate(alert.feeds):
        if feed not in catalog.entities or catalog.entities[feed].time is None:
            timed = [name for name, entity in catalog.entities.items() if entity.time]
            how = did_you_mean(feed, timed, otherwise=say("health.no_feed_how"))
            yield spec.document.issue(("alert", "feeds", index), say("health.no_feed", feed=feed), how=how)
    customers = catalog.entities["customers"]
    if customers.type_of(alert.owner) != "text":
        fields = [column.name for column in customers.columns if column.type == "text"]
        how = did_you_mean(alert.owner, fields, otherwise=say("health.no_owner_how"))
        yield spec.document.issue(("alert", "owner"), say("health.no_owner", owner=alert.owner), how=how)


def _rule_issues(spec: HealthSpec, place: Place, written: Written, catalog: Catalog) -> Iterator[Issue]:
    try:
        audience.condition(written, catalog)
    except RuleInvalid as error:
        yield error.issue(spec.document, place)


def _trait_issues(
    spec: HealthSpec, place: Place, trait: str, catalog: Catalog, wanted: str | None = None
) -> Iterator[Issue]:
    known = catalog.types("trait")
    if trait not in known:
        names = say("health.traits_are", names=listed(sorted(known)) or say("health.none_defined"))
        how = did_you_mean(trait, known, otherwise=names)
        yield spec.document.issue(
            place, say("health.unknown_trait", trait=trait), why=say("health.unknown_trait_why"), how=how
        )
    elif wanted and family(known[trait]) != wanted:
        what = say("health.wrong_type", trait=trait, type=known[trait], wanted=wanted)
        yield spec.document.issue(place, what, how=say("health.wrong_type_how", wanted=wanted))
