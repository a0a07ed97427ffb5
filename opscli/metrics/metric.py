"""Kind `metric`: what a number is made of, how it is printed, what it should be and who owns it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from opscli.clock import parse_duration
from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.kinds import load_kind
from opscli.metrics.kind import MetricType
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.stage import Catalog, Part, Provided

PACKAGE = "opscli.metrics"
SPLITS = "metric dimension"
"""Catalog category of what metrics may be split by, named `metric dimension`."""
COMMON = frozenset(
    [
        "kind",
        "version",
        "name",
        "label",
        "type",
        "time",
        "dimensions",
        "unit",
        "decimals",
        "good",
        "target",
        "min_sample",
        "complete_after",
        "maturity",
        "zero_denominator",
        "advice",
        "owner",
        "purpose",
        "runbook",
        "extends",
        "without",
    ]
)
"""Keys that every metric has; all others belong to its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """`column` is entity.column, None for the entity's own time."""

    column: str | None = None
    grain: str = "month"
    week_start: str = "monday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A goal with the bounds beyond which it needs attention or is missed badly."""

    value: float
    warn_below: float | None = None
    crit_below: float | None = None
    warn_above: float | None = None
    crit_above: float | None = None

    def state(self, value: float | None, good: str) -> str:
        """met, near (missed, but within the warn bound), warn, crit; none without a value."""
        if value is None:
            return "none"
        if _beyond(value, self.crit_below, self.crit_above):
            return "crit"
        if _beyond(value, self.warn_below, self.warn_above):
            return "warn"
        missed = value > self.value if good == "down" else value < self.value
        bounded = any(bound is not None for bound in (self.warn_below, self.warn_above))
        return ("near" if bounded else "warn") if missed else "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `settings` is what its type's `parse` made of the keys that are the type's own."""

    name: str
    type: str
    settings: object
    document: Document
    label: Mapping[str, str]
    time: Time = field(default_factory=Time)
    dimensions: tuple[str, ...] = ()
    unit: str = "number"
    decimals: int | None = None
    good: str = "none"
    target: Target | None = None
    min_sample: int = 1
    complete_after: timedelta = timedelta()
    maturity: timedelta = timedelta()
    advice: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    owner: str = ""
    purpose: str = ""
    runbook: str = ""

    @property
    def kind(self) -> MetricType:
        """The module of its type."""
        return type_of(self.type)

    @property
    def settle(self) -> timedelta:
        """How long after its end a period can be judged."""
        return self.complete_after + self.maturity

    def title(self, locale: str) -> str:
        """The label in a language, else in English, else the name."""
        return spoken(self.label, locale) or self.name.replace("_", " ").capitalize()


def type_of(name: str) -> MetricType:
    """The module of a type. Raises KeyError for an unknown one."""
    return cast("MetricType", load_kind(PACKAGE, name))


def spoken(label: Mapping[str, str], locale: str) -> str:
    """A label in a language (`zh-CN` finds `zh`), else in English, else in any."""
    return label.get(locale.partition("-")[0]) or label.get("en") or next(iter(label.values()), "")


def parse(document: Document) -> Metric:
    data = document.data
    kind = type_of(data["type"])
    time = data.get("time", {})
    target = data.get("target")
    advice = {side: languages(text) for side, text in data.get("advice", {}).items()}
    return Metric(
        name=document.name,
        type=data["type"],
        settings=kind.parse({key: value for key, value in data.items() if key not in COMMON}),
        document=document,
        label=languages(data.get("label", {})),
        time=Time(**time) if isinstance(time, Mapping) else Time(column=time),
        dimensions=tuple(data.get("dimensions", ())),
        unit=data.get("unit", kind.UNIT),
        decimals=data.get("decimals"),
        good=data.get("good", "none"),
        target=Target(**{key: float(value) for key, value in target.items()}) if target else None,
        min_sample=data.get("min_sample", 1),
        complete_after=_duration(data, "complete_after"),
        maturity=_duration(data, "maturity"),
        advice=advice,
        **{key: data.get(key, "") for key in ("owner", "purpose", "runbook")},
    )


def languages(label: Any) -> dict[str, str]:
    """A label as language → text; a plain text is taken as English."""
    return {"en": label} if isinstance(label, str) else dict(label)


def provides(spec: Metric) -> Iterable[Provided]:
    """The metric by name, its `type` here is the metric type; and `metric dimension` for each that it is split by."""
    line, _ = spec.document.mark(())
    file = spec.document.file
    yield Provided(category="metric", name=spec.name, type=spec.type, file=file, line=line)
    for name in dict.fromkeys(spec.dimensions):
        yield Provided(category=SPLITS, name=f"{spec.name} {name}", file=file, line=line)


def parts(spec: Metric) -> Iterable[Part]:
    """The metric as a whole, with the entities that it reads and the metrics that it is computed from."""
    read = {*spec.kind.entities(spec.settings), *([spec.time.column.partition(".")[0]] if spec.time.column else ())}
    inputs = spec.document.data.get("inputs", {}).values()
    yield Part(
        place=(),
        entities=frozenset(read),
        defines=(("metric", spec.name),),
        uses=frozenset(("metric", name) for name in inputs),
    )


def check(spec: Metric, catalog: Catalog) -> Iterable[Issue]:
    """Names of entities, columns, metrics and dimensions; conditions; a target on the wrong side."""
    yield from spec.kind.check(spec.settings, spec.document, catalog)
    yield from _time_issues(spec, catalog)
    yield from _dimension_issues(spec, catalog)
    target = spec.target
    if target and target.warn_below is not None and target.warn_below > target.value:
        yield spec.document.issue(("target", "warn_below"), say("metrics.warn_below"), how=say("metrics.lower_it"))
    if target and target.warn_above is not None and target.warn_above < target.value:
        yield spec.document.issue(("target", "warn_above"), say("metrics.warn_above"), how=say("metrics.raise_it"))


def _time_issues(spec: Metric, catalog: Catalog) -> Iterable[Issue]:
    if spec.time.column is None:
        return
    place = ("time", "column") if isinstance(spec.document.data["time"], Mapping) else ("time",)
    name, _, column = spec.time.column.partition(".")
    entity = catalog.entities.get(name)
    if entity is None:
        known = say("metrics.entities_are", names=listed(sorted(catalog.entities)))
        how = did_you_mean(name, catalog.entities, otherwise=known)
        yield spec.document.issue(place, say("metrics.unknown_entity", entity=name), how=how)
    elif entity.type_of(column) != "timestamp":
        times = [item.name for item in entity.columns if item.type == "timestamp"]
        known = say("metrics.instants_are", names=listed(times) or say("metrics.none"))
        how = did_you_mean(column, times, otherwise=known)
        yield spec.document.issue(place, say("metrics.no_instant", column=column, entity=name), how=how)


def _dimension_issues(spec: Metric, catalog: Catalog) -> Iterable[Issue]:
    """A dimension must be a column of every entity that is counted, or of the customers."""
    customers = catalog.entities.get("customers")
    for index, name in enumerate(spec.dimensions):
        for entity_name in spec.kind.entities(spec.settings):
            entity = catalog.entities.get(entity_name)
            if entity is None or entity.type_of(name):
                continue
            if not (entity.customer and customers and customers.type_of(name)):
                what = say("metrics.no_dimension", entity=entity_name, name=name)
                columns = [item.name for owner in (entity, customers) if owner for item in owner.columns]
                how = did_you_mean(name, columns, otherwise=say("metrics.no_dimension_how"))
                yield spec.document.issue(("dimensions", index), what, how=how)


def _duration(data: Mapping[str, Any], key: str) -> timedelta:
    return parse_duration(data[key]) if key in data else timedelta()


def _beyond(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
