"""`type: ratio`: one aggregate over another: the ratio of the sums, never the mean of ratios.

With `cohort: by_denominator` the things that the denominator counts are followed: of those that came in the period, the
share that also met the numerator's condition, at the same time or later (within `window`, when it is set).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number, share
from opscli.metrics.measure import issues, measured
from opscli.metrics.ordered import Path, walk
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.rules.aggregate import Aggregate, read
from opscli.stage import Catalog
from opscli.stats.intervals import wilson_interval

UNIT = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`path` is set for cohorts: step 1 is the denominator, step 2 the numerator."""

    numerator: Aggregate
    denominator: Aggregate
    path: Path | None = None


def parse(body: Mapping[str, Any]) -> Settings:
    numerator, denominator = read(body["numerator"]), read(body["denominator"])
    path = None
    if body.get("cohort") == "by_denominator":
        window = parse_duration(body["window"]) if "window" in body else None
        steps = (denominator.where or "true", numerator.where or "true")
        path = Path(entity=denominator.entity, column=denominator.column or "", steps=steps, window=window)
    return Settings(numerator=numerator, denominator=denominator, path=path)


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    yield from issues(settings.numerator, ("numerator",), document, catalog)
    yield from issues(settings.denominator, ("denominator",), document, catalog)
    if settings.path is None:
        return
    both = (settings.numerator, settings.denominator)
    if (
        {item.kind for item in both} != {"count_distinct"}
        or both[0].entity != both[1].entity
        or both[0].column != both[1].column
    ):
        yield document.issue(
            ("cohort",),
            say("metrics.cohort"),
            why=say("metrics.cohort_why"),
            how=say("metrics.cohort_how"),
        )


def entities(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys((settings.numerator.entity, settings.denominator.entity)))


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    if settings.path is not None:
        return [walk(settings.path, frame)]
    return measured(frame, {"numerator": settings.numerator, "denominator": settings.denominator})


def value(settings: Settings, parts: Parts) -> Value:
    """Undefined when the denominator is 0. A cohort is a share of things, so it has a Wilson interval."""
    names = ("reached_2", "reached_1") if settings.path else ("numerator", "denominator")
    top, bottom = number(parts, names[0]), number(parts, names[1])
    interval = wilson_interval(int(top), int(bottom)) if settings.path and bottom else None
    return Value(
        value=share(top, bottom),
        numerator=top,
        denominator=bottom,
        rows=int(bottom),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )
