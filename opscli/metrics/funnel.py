"""`type: funnel`: things that enter step 1 in a period and how many of them reach each later step, in order.

The value is the overall rate (last step of first step); the step-to-step rates stand beside it, always named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.clock import parse_duration
from opscli.config.document import Document
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value, number, share
from opscli.metrics.ordered import Path, path_issues, walk
from opscli.outcome import Issue
from opscli.stage import Catalog
from opscli.stats.intervals import wilson_interval

UNIT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`names` are the steps' names, as many as `path.steps`."""

    path: Path
    names: tuple[str, ...]


def parse(body: Mapping[str, Any]) -> Settings:
    entity, _, column = body["of"].partition(".")
    window = parse_duration(body["window"]) if "window" in body else None
    steps = tuple(step["where"] for step in body["steps"])
    path = Path(entity=entity, column=column, steps=steps, window=window)
    return Settings(path=path, names=tuple(step["name"] for step in body["steps"]))


def check(settings: Settings, document: Document, catalog: Catalog) -> Iterable[Issue]:
    places = [("steps", index, "where") for index in range(len(settings.names))]
    return path_issues(settings.path, ("of",), places, document, catalog)


def entities(settings: Settings) -> tuple[str, ...]:
    return (settings.path.entity,)


def sources(settings: Settings, frame: Frame) -> Sequence[Source]:
    return [walk(settings.path, frame)]


def value(settings: Settings, parts: Parts) -> Value:
    """Overall rate with its Wilson interval."""
    names = settings.path.parts()
    counts = {name: number(parts, name) for name in names}
    first, last = counts[names[0]], counts[names[-1]]
    interval = wilson_interval(int(last), int(first)) if first else None
    return Value(
        value=share(last, first),
        numerator=last,
        denominator=first,
        rows=int(first),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        parts=counts,
    )
