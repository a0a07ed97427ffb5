"""`type: survey`: NPS (0..10; promoters 9 and 10, detractors 0 to 6; in points) or CSAT (1..5; share of 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opscli.config.document import Document
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number
from opscli.metrics.measure import issues, measured
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.rules.aggregate import Aggregate, read
from opscli.stage import Catalog
from opscli.stats.intervals import nps, wilson_interval

UNIT = "points"

_BANDS = {
    "nps": {"good": (9, 10), "middle": (7, 8), "bad": (0, 6)},
    "csat": {"good": (4, 5), "middle": (3, 3), "bad": (1, 2)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`of` counts the answers that belong to the survey; `scale` is nps or csat."""

    of: Aggregate
    scale: str


def parse(body: Mapping[str, Any]) -> Settings:
    written = {"count": body["of"], **({"where": body["where"]} if "where" in body else {})}
    return Settings(of=read(written), scale=body["scale"])


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    if settings.of.column is None:
        yield document.issue(("of",), say("metrics.survey_of"), how=say("metrics.survey_of_how"))
    yield from issues(settings.of, ("of",), document, catalog)


def entities(settings: Settings) -> tuple[str, ...]:
    return (settings.of.entity,)


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    """Answers outside the scale are in no band, so they are not counted."""
    found = {}
    for name, (low, high) in _BANDS[settings.scale].items():
        band = f"{settings.of.column} between {low} and {high}"
        both = {"all": [settings.of.where, band]} if settings.of.where else band
        found[name] = replace(settings.of, where=both)
    return measured(frame, found)


def value(settings: Settings, parts: Parts) -> Value:
    """NPS in points with the margin of a difference of shares; CSAT as a share with its Wilson interval."""
    good, middle, bad = (int(number(parts, name)) for name in ("good", "middle", "bad"))
    answers = good + middle + bad
    counts = {"good": float(good), "middle": float(middle), "bad": float(bad)}
    if not answers:
        return Value(value=None, parts=counts)
    interval = nps(good, middle, bad) if settings.scale == "nps" else wilson_interval(good, answers)
    return Value(
        value=interval.estimate,
        numerator=float(good - bad if settings.scale == "nps" else good),
        denominator=float(answers),
        rows=answers,
        low=interval.low,
        high=interval.high,
        parts=counts,
    )
