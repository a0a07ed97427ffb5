"""What a KPI says in the handbook: how it is made, and what it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opscli.config.handbook import Book, Entry
from opscli.phrases import listed, named, say

if TYPE_CHECKING:
    from opscli.metrics.metric import Metric


def metric(spec: Metric, book: Book) -> Entry:
    """A KPI in words."""
    data = spec.document.data
    made = [str(data[key]) for key in ("of", "formula", "from", "revenue") if isinstance(data.get(key), str)]
    made += [_aggregate(data[key]) for key in ("numerator", "denominator") if isinstance(data.get(key), Mapping)]
    goal = spec.target.value if spec.target else 0.0
    target = (
        say("handbook.target", value=f"{goal:.0%}" if spec.unit == "percent" else f"{goal:g}") if spec.target else ""
    )
    does = [say("handbook.made_by", type=named(spec.type), of=listed(made))]
    does += [say("handbook.split_by", dimensions=listed(spec.dimensions))] if spec.dimensions else []
    return Entry(
        title=book.text(data.get("label")),
        reads=spec.kind.entities(spec.settings),
        does=tuple(does),
        rules=tuple((place, book.words(rule)) for place, rule in _conditions(data)),
        limits=(target,) if target else (),
    )


def _aggregate(data: Mapping[str, Any]) -> str:
    """`{count_distinct: deals.deal_id, where: …}` in short: its first key and what it is of."""
    key, of = next(iter(data.items()))
    return f"{named(str(key))} {of}"


def _conditions(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Filters, each with what it filters."""
    for key, value in data.items():
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, Mapping) and "where" in item:
                yield str(item.get("name", named(str(key)))), item["where"]
        if key == "where":
            yield say("handbook.only_rows"), value
