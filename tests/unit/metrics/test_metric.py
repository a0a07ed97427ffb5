from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from opscli.config.document import Document
from opscli.config.schemas import assemble, types_of
from opscli.engine.entity import standard_entities
from opscli.metrics import metric
from opscli.metrics.metric import Metric, Target
from opscli.stage import Catalog, Provided


def parse(**body: Any) -> Metric:
    data = {"kind": "metric", "version": 1, "name": "m", **body}
    return metric.parse(
        Document(kind="metric", version=1, name="m", file="configs/metrics/m.yaml", data=data, marks={})
    )


def problems(**body: Any) -> list[str]:
    known = {"revenue": Provided(category="metric", name="revenue", type="sum")}
    catalog = Catalog({"metric": known}, standard_entities())
    return [issue.what for issue in metric.check(parse(**body), catalog)]


def test_every_key_of_the_schema_is_a_field_or_belongs_to_the_type() -> None:
    fields = {field.name for field in dataclasses.fields(Metric)} - {"document", "settings"}
    written = set(assemble("metric")["properties"])

    assert written - fields == {"kind", "version", "zero_denominator", "extends", "without"}
    assert written == metric.COMMON


@pytest.mark.parametrize("name", sorted(types_of("opscli.metrics")))
def test_the_example_of_every_type_has_no_problem(name: str) -> None:
    example = types_of("opscli.metrics")[name]["examples"][0]
    known = {key: Provided(category="metric", name=key, type="sum") for key in ("revenue", "orders")}
    spec = parse(type=name, **example)

    assert list(metric.check(spec, Catalog({"metric": known}, standard_entities()))) == []
    assert spec.unit == metric.type_of(name).UNIT


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"type": "sum", "of": "orders.amont"}, 'orders has no column "amont"'),
        ({"type": "sum", "of": "order.amount"}, 'unknown entity "order"'),
        ({"type": "sum", "of": "orders.status"}, "sum of text"),
        ({"type": "count", "of": "orders", "where": "colour = 'red'"}, 'unknown name "colour" in a condition'),
        ({"type": "count", "of": "orders", "time": "orders.status"}, '"status" is no instant of orders'),
        ({"type": "count", "of": "orders", "dimensions": ["planet"]}, 'orders has no column "planet" to split by'),
        ({"type": "repeat", "of": "products"}, "products has no customer reference"),
        ({"type": "derived", "inputs": {"a": "nothing"}, "formula": "a"}, 'unknown metric "nothing"'),
        ({"type": "derived", "inputs": {"a": "revenue"}, "formula": "a / b"}, 'unknown name "b" in the formula'),
        ({"type": "derived", "inputs": {"a": "revenue"}, "formula": "a.real"}, "the formula may not hold attribute"),
        ({"type": "derived", "inputs": {"a": "revenue"}, "formula": "open(a)"}, "the formula may not hold call"),
        ({"type": "count", "of": "orders", "target": {"value": 5, "warn_below": 6}}, "warn_below lies above the target's value"),
    ],
)  # fmt: skip
def test_a_metric_that_cannot_be_counted_is_refused(body: dict[str, Any], what: str) -> None:
    assert what in problems(**body)


@pytest.mark.parametrize(
    ("value", "state"), [(0.22, "met"), (0.21, "near"), (0.199, "warn"), (0.169, "crit"), (None, "none"), (0.2, "near")]
)
def test_a_target_is_met_at_its_value_and_a_bound_is_not_below_itself(value: float | None, state: str) -> None:
    assert Target(value=0.22, warn_below=0.20, crit_below=0.17).state(value, "up") == state


def test_a_target_of_something_that_should_be_low_is_missed_above() -> None:
    target = Target(value=0.05, warn_above=0.07)

    assert [target.state(value, "down") for value in (0.04, 0.05, 0.06, 0.08)] == ["met", "met", "near", "warn"]
