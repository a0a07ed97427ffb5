"""The functions of the condition language, one entry each: its arguments, its type and its SQL.

Its words are in the catalogue: `rules.words_call_<name>`, `…_<n>` with n values where the last may be left out, and
`rules.words_not_call_<name>` of `not f(…)` where that reads better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from opscli.rules import past
from opscli.rules.numbers import exact
from opscli.rules.scope import HISTORY, IDENTITY, NOW
from opscli.rules.target import Target
from opscli.rules.tree import Node

SECONDS_A_DAY = "86400.0"

Printer = Callable[[Sequence[Node], Sequence[str], Target], str]
"""(argument nodes, their SQL, target) → SQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function.

    `arguments`: a family (number text time boolean) for values; `alike` for values of one family; for plain values
    only: `duration` ('30d'), `days` ('-3d'), `label` (a name), `tag`, `campaign` or `message` (a name that config
    defines), `count` (a whole number from 1), `digits` (0..8). The last `optional` ones may be left out; `variadic`
    repeats the last; `zone` at the end is filled in, not written. `result` is a type, or `same` as the arguments'.
    `needs` is what the place must have (`scope.Scope.lacks`).
    """

    arguments: tuple[str, ...]
    result: str
    example: str
    sql: Printer
    needs: str = ""
    optional: int = 0
    variadic: bool = False

    @property
    def zoned(self) -> bool:
        """Whether the business zone is its last argument."""
        return self.arguments[-1] == "zone"

    @property
    def written(self) -> tuple[str, ...]:
        """Arguments that people write."""
        return self.arguments[:-1] if self.zoned else self.arguments


def _days_since(_parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    seconds = target.dialect.seconds_between(args[0], target.instant(target.as_of))
    return f"({seconds} / {SECONDS_A_DAY})"


def _within(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    span = parts[1].value
    start = target.as_of - (span if isinstance(span, timedelta) else timedelta())
    return f"({args[0]} >= {target.instant(start)} AND {args[0]} < {target.instant(target.as_of)})"


def _round(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    """Half away from zero everywhere; a double is rounded as `x * 10^digits`, with IEEE's result at each step."""
    digits = int(args[1]) if len(args) > 1 else 0
    if parts[0].type == "integer":
        return args[0]
    if exact(parts[0]):
        return f"ROUND({args[0]}, {digits})"
    scale = 10**digits
    return f"({target.dialect.whole(f'{args[0]} * {scale}')} / {scale})" if digits else target.dialect.whole(args[0])


def _floor(parts: Sequence[Node], args: Sequence[str], _target: Target) -> str:
    """A whole number stays what it is; FLOOR would make a DOUBLE of it."""
    return args[0] if parts[0].type == "integer" else f"FLOOR({args[0]})"


def _bucket(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    return target.dialect.hash_bucket(args[0], target.identity, int(str(parts[1].value)))


def _simple(name: str) -> Printer:
    return lambda _parts, args, _target: f"{name}({', '.join(args)})"


FUNCTIONS: dict[str, Function] = {
    "lower": Function(
        arguments=("text",),
        result="text",
        example="lower(city)",
        sql=lambda _parts, args, target: target.dialect.lower(args[0]),
    ),
    "upper": Function(
        arguments=("text",),
        result="text",
        example="upper(country)",
        sql=lambda _parts, args, target: target.dialect.upper(args[0]),
    ),
    "length": Function(arguments=("text",), result="integer", example="length(postcode)", sql=_simple("LENGTH")),
    "coalesce": Function(
        arguments=("alike", "alike"),
        result="same",
        example="coalesce(orders_90d, 0)",
        sql=_simple("COALESCE"),
        variadic=True,
    ),
    "abs": Function(arguments=("number",), result="same", example="abs(interaction_change)", sql=_simple("ABS")),
    "round": Function(
        arguments=("number", "digits"), result="same", example="round(avg_order_value, 2)", sql=_round, optional=1
    ),
    "floor": Function(arguments=("number",), result="same", example="floor(avg_order_value)", sql=_floor),
    "days_since": Function(
        arguments=("time",), result="float", example="days_since(last_login_at)", sql=_days_since, needs=NOW
    ),
    "within": Function(
        arguments=("time", "duration"),
        result="boolean",
        example="within(last_login_at, '30d')",
        sql=_within,
        needs=NOW,
    ),
    "anniversary": Function(
        arguments=("time", "days", "zone"),
        result="boolean",
        example="anniversary(birthday, '-3d')",
        sql=past.anniversary,
        needs=NOW,
        optional=1,
    ),
    "has_tag": Function(
        arguments=("tag",), result="boolean", example="has_tag('high_value')", sql=past.has_tag, needs=HISTORY
    ),
    "had_tag": Function(
        arguments=("tag", "duration"),
        result="boolean",
        example="had_tag('churned', '180d')",
        sql=past.had_tag,
        needs=HISTORY,
        optional=1,
    ),
    "tag_since": Function(
        arguments=("tag",),
        result="timestamp",
        example="days_since(tag_since('churned')) > 30",
        sql=past.tag_since,
        needs=HISTORY,
    ),
    "received": Function(
        arguments=("message", "duration"),
        result="boolean",
        example="received('winback/offer', '7d')",
        sql=past.received,
        needs=HISTORY,
        optional=1,
    ),
    "clicked": Function(
        arguments=("message", "duration"),
        result="boolean",
        example="clicked('winback', '7d')",
        sql=past.clicked,
        needs=HISTORY,
        optional=1,
    ),
    "in_campaign": Function(
        arguments=("campaign",),
        result="boolean",
        example="in_campaign('winback')",
        sql=past.in_campaign,
        needs=HISTORY,
    ),
    "bucket": Function(
        arguments=("label", "count"),
        result="integer",
        example="bucket('spring_test', 100) < 10",
        sql=_bucket,
        needs=IDENTITY,
    ),
}
