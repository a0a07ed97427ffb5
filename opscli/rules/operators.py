"""The functions of the condition language, one entry each: its arguments, its type, its SQL and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from opscli.rules.target import Target
from opscli.rules.tree import Node

SECONDS_A_DAY = "86400.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function.

    `arguments`: a family (number text time boolean) for values; `alike` for values of one family; for plain values
    only: `duration` ('30d'), `label` (a name), `count` (a whole number from 1), `digits` (0..8). The last `optional`
    ones may be left out; `variadic` repeats the last. `result` is a type, or `same` as the arguments'. `sql` gets the
    argument nodes and their SQL. `words` are templates per locale; `negated` those of `not f(…)`.
    """

    arguments: tuple[str, ...]
    result: str
    example: str
    sql: Callable[[Sequence[Node], Sequence[str], Target], str]
    words: Mapping[str, str]
    negated: Mapping[str, str] | None = None
    optional: int = 0
    variadic: bool = False


def _days_since(_parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    seconds = target.dialect.seconds_between(args[0], target.instant(target.as_of))
    return f"({seconds} / {SECONDS_A_DAY})"


def _within(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    span = parts[1].value
    start = target.as_of - (span if isinstance(span, timedelta) else timedelta())
    return f"({args[0]} >= {target.instant(start)} AND {args[0]} < {target.instant(target.as_of)})"


def _round(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    """Half away from zero everywhere: PostgreSQL rounds DOUBLE half to even, so it rounds NUMERIC there."""
    digits = args[1] if len(args) > 1 else "0"
    if parts[0].type != "float":
        return f"ROUND({args[0]}, {digits})"
    exact = args[0] if target.dialect.name == "duckdb" else f"CAST({args[0]} AS NUMERIC)"
    return f"CAST(ROUND({exact}, {digits}) AS {target.dialect.type('float')})"


def _has_tag(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    return target.has_tag(str(parts[0].value))


def _bucket(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    return target.dialect.hash_bucket(args[0], target.identity, int(str(parts[1].value)))


def _simple(name: str) -> Callable[[Sequence[Node], Sequence[str], Target], str]:
    return lambda _parts, args, _target: f"{name}({', '.join(args)})"


FUNCTIONS: dict[str, Function] = {
    "lower": Function(
        arguments=("text",),
        result="text",
        example="lower(city)",
        sql=_simple("LOWER"),
        words={"en": "{0} in lower case", "zh": "{0}的小写"},
    ),
    "upper": Function(
        arguments=("text",),
        result="text",
        example="upper(country)",
        sql=_simple("UPPER"),
        words={"en": "{0} in upper case", "zh": "{0}的大写"},
    ),
    "length": Function(
        arguments=("text",),
        result="integer",
        example="length(postcode)",
        sql=_simple("LENGTH"),
        words={"en": "the length of {0}", "zh": "{0}的长度"},
    ),
    "coalesce": Function(
        arguments=("alike", "alike"),
        result="same",
        example="coalesce(orders_90d, 0)",
        sql=_simple("COALESCE"),
        words={"en": "the first known of {all}", "zh": "{all}中首个已知的值"},
        variadic=True,
    ),
    "abs": Function(
        arguments=("number",),
        result="same",
        example="abs(interaction_change)",
        sql=_simple("ABS"),
        words={"en": "the size of {0}", "zh": "{0}的绝对值"},
    ),
    "round": Function(
        arguments=("number", "digits"),
        result="same",
        example="round(avg_order_value, 2)",
        sql=_round,
        words={"en": "{0} rounded", "zh": "{0}的四舍五入值"},
        optional=1,
    ),
    "floor": Function(
        arguments=("number",),
        result="same",
        example="floor(avg_order_value)",
        sql=_simple("FLOOR"),
        words={"en": "{0} rounded down", "zh": "{0}的向下取整值"},
    ),
    "days_since": Function(
        arguments=("time",),
        result="float",
        example="days_since(last_login_at)",
        sql=_days_since,
        words={"en": "the days since {0}", "zh": "距{0}的天数"},
    ),
    "within": Function(
        arguments=("time", "duration"),
        result="boolean",
        example="within(last_login_at, '30d')",
        sql=_within,
        words={"en": "{0} lies within the last {1}", "zh": "{0}在最近{1}内"},
        negated={"en": "{0} does not lie within the last {1}", "zh": "{0}不在最近{1}内"},
    ),
    "has_tag": Function(
        arguments=("label",),
        result="boolean",
        example="has_tag('high_value')",
        sql=_has_tag,
        words={"en": "has the tag {0}", "zh": "带有标签{0}"},
        negated={"en": "does not have the tag {0}", "zh": "没有标签{0}"},
    ),
    "bucket": Function(
        arguments=("label", "count"),
        result="integer",
        example="bucket('spring_test', 100) < 10",
        sql=_bucket,
        words={"en": "the bucket of {0} (0 to {1}, without {1})", "zh": "{0}的分桶(0至{1},不含{1})"},
    ),
}
