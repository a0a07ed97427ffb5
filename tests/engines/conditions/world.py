"""What random conditions are judged over: columns of every type with edge values, and a small past."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from opscli.clock import END_OF_TIME
from opscli.rules.scope import Scope

ZONE = "Europe/London"
AS_OF = datetime(2026, 4, 30, 23, 30)  # noqa: DTZ001  naive UTC; already 1 May in London
ROWS = 200
UNKNOWN_SHARE = 0.35

COLUMNS: Mapping[str, str] = {
    "i": "integer", "k": "integer", "m": "money", "p": "money", "f": "float", "g": "float", "s": "text", "u": "text",
    "t": "timestamp", "v": "timestamp", "d": "date", "e": "date", "b": "boolean", "c": "boolean",
}  # fmt: skip
TAGS = ("vip", "new", "o'clock")
CAMPAIGNS = ("winback", "welcome")
MESSAGES = ("winback", "welcome", "winback/offer", "welcome/hello")
SCOPE = Scope(
    names=COLUMNS,
    zone=ZONE,
    known={"tag": frozenset(TAGS), "campaign": frozenset(CAMPAIGNS), "message": frozenset(MESSAGES)},
)

_DAYS = (
    date(1, 1, 1), date(1900, 2, 28), date(1999, 12, 31), date(2000, 2, 29), date(2024, 2, 29), date(2025, 5, 1),
    date(2026, 3, 29), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1), date(2026, 10, 25), date(9999, 12, 31),
)  # fmt: skip
VALUES: Mapping[str, Sequence[Any]] = {
    "integer": (
        0, 1, -1, 2, 3, 5, -7, 10, 100, 2**31 - 1, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), 123456789012345678,
    ),
    "money": tuple(map(Decimal, (
        "0", "0.0001", "-0.0001", "0.5", "1.5", "2.5", "-2.5", "0.285", "2.675", "19.99", "-19.99", "100", "5000",
        "123456789.1234", "9007199254740.9931", "99999999999999.9999", "-99999999999999.9999",
    ))),
    "float": (
        0.0, -0.0, 0.1, 0.3, 0.5, -0.5, 1.5, 2.5, -2.5, 0.285, 1.005, 2.675, 1e-9, -3.0, 7.0, 1e15, 0.49999999999999994,
        4503599627370497.5, 9007199254740993.0, 1e29, -1e31, 1e-31, 1.7e308, 5e-324, float("nan"), float("inf"), float("-inf"),
    ),
    "text": (
        "", " ", "a", "a ", "A", "ab", "aB", "B", "z", "Z", "é", "e\u0301", "É", "Straße", "STRASSE", "ΌΣΟΣ", "όσος", "İstanbul",
        "\u0131I", "ﬁn", "ŉ", "ᾳ", "ǆ", "日本", "日本語", "😀", "👩‍👩‍👧", "%", "_", "a%", "a_b", "axb", "it's", '"', "\\", "a\\_b", "a\\%",
        "'; DROP TABLE x; --", "\u00a0", "\u200b", "\U00010400", "null", "NULL", "1",
    ),
    "date": _DAYS,
    "timestamp": (
        *(datetime(day.year, day.month, day.day) for day in _DAYS),  # noqa: DTZ001  naive UTC
        *(AS_OF - timedelta(days=n) for n in (-1, 0, 1, 7, 30, 365)),
        AS_OF - timedelta(days=30, microseconds=-1), AS_OF + timedelta(microseconds=1), AS_OF - timedelta(hours=23),
        datetime(2026, 3, 29, 0, 59, 59, 999999), datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 0, 30),  # noqa: DTZ001
        datetime(2025, 4, 30, 23, 0), datetime(2024, 5, 1, 22, 59),  # noqa: DTZ001  as above
    ),
    "boolean": (True, False),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the world: its columns with their logical types, and its rows."""

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


def world(seed: int = 5) -> dict[str, Table]:
    """The table `x` that conditions are judged over, and the tables of the past, by name."""
    chance = random.Random(seed)  # noqa: S311  repeatable data, no secret
    rows = [
        {
            "n": n, "customer_id": f"c_{n:03}",
            **{name: None if chance.random() < UNKNOWN_SHARE else chance.choice(VALUES[kind]) for name, kind in COLUMNS.items()},
        }
        for n in range(ROWS)
    ]  # fmt: skip
    ids = [str(row["customer_id"]) for row in rows]
    return {"x": Table(columns={"n": "integer", "customer_id": "text", **COLUMNS}, rows=rows), **_past(chance, ids)}


def _past(chance: random.Random, ids: list[str]) -> dict[str, Table]:
    """Each customer has a former id too (the first ones have two); what happened stands under any of them."""
    links = [
        {"ns": "former", "ref": f"old_{n}", "customer_id": name} for n, name in enumerate([*ids, *ids[: ROWS // 4]])
    ]
    others = [{"ns": "email", "ref": ids[n], "customer_id": ids[n - 1]} for n in range(20)]
    ids = [*ids, *(link["ref"] for link in links)]
    moments = [AS_OF - timedelta(days=n) for n in (-1, 0, 1, 6, 7, 8, 29, 30, 31, 200)]
    history: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    enrolments: list[dict[str, Any]] = []
    for number in range(3 * ROWS):
        start, end = sorted(chance.choices([*moments, END_OF_TIME], k=2))
        history.append(
            {"customer_id": chance.choice(ids), "tag": chance.choice(TAGS), "entered_at": start, "left_at": end}
        )
        campaign, step = chance.choice([("winback", "offer"), ("winback", "last"), ("welcome", "hello")])
        person = chance.choice([*ids, None])
        messages.append({"message_key": f"k{number}", "campaign": campaign, "step": step, "customer_id": person})
        common = {"campaign": campaign, "customer_id": person}
        kinds = [kind for kind in ("sent", "clicked", "bounced") if chance.random() < 0.5]
        events += [
            {"message_key": f"k{number}", "kind": kind, "occurred_at": chance.choice(moments),
             "machine": chance.choice([True, False, None]), **common} for kind in kinds
        ]  # fmt: skip
        kinds = [
            kind for kind in ("entered", "finished", "exited", "held_out") if kind == "entered" or chance.random() < 0.2
        ]
        enrolments += [
            {"enrolment_id": f"e{number}", "kind": kind, "occurred_at": chance.choice(moments), **common}
            for kind in kinds
        ]
    types = {"entered_at": "timestamp", "left_at": "timestamp", "occurred_at": "timestamp", "machine": "boolean"}
    tables = {
        "tag_history": history, "messages": messages, "message_events": events, "enrolment_events": enrolments,
        "links": [*links, *others],
    }  # fmt: skip
    return {
        name: Table(columns={column: types.get(column, "text") for column in rows[0]}, rows=rows)
        for name, rows in tables.items()
    }
