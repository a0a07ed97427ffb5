"""A metric and a frame → one SQL statement for all periods and members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from opscli.errors import UsageError
from opscli.metrics.derived import Settings as Derived
from opscli.metrics.frame import Frame
from opscli.metrics.kind import Parts, Source, Value
from opscli.metrics.metric import Metric
from opscli.phrases import listed, say

_INPUT = "{input}__{part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """`sql` gives period (index into the frame's periods), member and one column a part, ordered."""

    sql: str
    parts: tuple[str, ...]


def compile_metric(metric: Metric, frame: Frame, metrics: Mapping[str, Metric]) -> Compiled:
    """The statement of a metric; `metrics` are the project's, for derived ones."""
    unknown = [name for name in frame.by if metric.dimensions and name not in metric.dimensions]
    if unknown:
        raise UsageError(
            say("metrics.not_split", metric=metric.name, names=listed(unknown)),
            remedy=say("metrics.not_split_how", dimensions=listed(metric.dimensions), file=metric.document.file),
        )
    return _joined(_sources(metric, frame, metrics), frame)


def entities_of(metric: Metric, metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """Entities that a metric reads, those of its inputs included."""
    if isinstance(metric.settings, Derived):
        found = [name for item in metric.settings.inputs.values() for name in entities_of(metrics[item], metrics)]
        return tuple(dict.fromkeys(found))
    return metric.kind.entities(metric.settings)


def value_of(metric: Metric, parts: Parts, metrics: Mapping[str, Metric]) -> Value:
    """The value of one period and member from a row of the statement."""
    if not isinstance(metric.settings, Derived):
        return metric.kind.value(metric.settings, parts)
    inputs: dict[str, float | None] = {}
    rows = []
    for name, source in metric.settings.inputs.items():
        prefix = _INPUT.format(input=name, part="")
        own = {key.removeprefix(prefix): value for key, value in parts.items() if key.startswith(prefix)}
        found = value_of(metrics[source], own, metrics)
        inputs[name] = found.value
        rows.append(found.rows)
    return replace(metric.kind.value(metric.settings, inputs), rows=min(rows))


def _sources(metric: Metric, frame: Frame, metrics: Mapping[str, Metric]) -> list[Source]:
    if isinstance(metric.settings, Derived):
        return [
            _renamed(source, name, frame)
            for name, item in metric.settings.inputs.items()
            for source in _sources(metrics[item], frame, metrics)
        ]
    timed = frame
    if metric.time.column is not None:
        entity, _, column = metric.time.column.partition(".")
        timed = replace(frame, times={entity: column})
    return list(metric.kind.sources(metric.settings, timed))


def _renamed(source: Source, name: str, frame: Frame) -> Source:
    """A source whose parts carry the input's name, so that two inputs of one type stay apart."""
    names = [_INPUT.format(input=name, part=part) for part in source.parts]
    quote = frame.dialect.quote
    columns = ", ".join(f"{quote(part)} AS {quote(new)}" for part, new in zip(source.parts, names, strict=True))
    return Source(sql=f"SELECT period, member, {columns} FROM (\n{source.sql}\n) AS input", parts=tuple(names))


def _joined(sources: Sequence[Source], frame: Frame) -> Compiled:
    """All sources side by side: each row of a source fills its own parts, grouping puts them together."""
    parts = tuple(part for source in sources for part in source.parts)
    double, quote = frame.dialect.type("float"), frame.dialect.quote
    selects = []
    for index, source in enumerate(sources):
        columns = ", ".join(
            f"CAST({quote(part) if part in source.parts else 'NULL'} AS {double}) AS {quote(part)}" for part in parts
        )
        selects.append(f"SELECT period, member, {columns} FROM source_{index}")
    steps = ",\n".join(f"source_{index} AS (\n{source.sql}\n)" for index, source in enumerate(sources))
    totals = ", ".join(f"MAX({quote(part)}) AS {quote(part)}" for part in parts)
    sql = (
        f"WITH {steps}\nSELECT period, member, {totals}\nFROM (\n"
        + "\nUNION ALL\n".join(selects)
        + "\n) AS parts\nGROUP BY period, member\nORDER BY period, member"
    )
    return Compiled(sql=sql, parts=parts)
