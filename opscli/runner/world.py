"""What a case sees when its expectations are judged, and when two values count as the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from opscli.clock import iso, parse_instant
from opscli.runner.case import Part

if TYPE_CHECKING:
    from opscli.stage import Context

_CLOSE = 1e-5
"""Numbers agree within a thousandth of a percent unless the test says how far off they may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message that was handed over."""

    to: str
    campaign: str
    step: str
    channel: str
    template: str
    subject: str
    body: str
    """Text and HTML part, one below the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The stores at one moment of a case; `ctx.as_of` is that moment, `mails` are those since the moment before."""

    ctx: Context
    ids: Mapping[str, str]
    """Id in the test → customer id. Several ids may lead to one customer once dedupe has run."""
    records: Mapping[str, str]
    """Id in the test → `source:id` of the record."""
    mails: Sequence[Mail]

    def customer(self, name: str) -> str:
        """Who an id of the test is by now."""
        return self.ids.get(name, name)

    def called(self, customer_id: str) -> str:
        """What the test calls a customer."""
        return next((name for name, found in self.ids.items() if found == customer_id), customer_id)

    def place_of(self, kind: str, name: str, *path: str | int) -> str:
        """`file:line:col` of a node in a document of the project; its own place when the path is not in it."""
        found = next(item for item in self.ctx.project.documents if (item.kind, item.name) == (kind, name))
        return str(Part(document=found, place=path, data=None))


def agree(expected: Any, got: Any, *, zone: str = "UTC", within: float | None = None) -> bool:
    """Whether a value is as expected; times are compared as instants, numbers within a margin."""
    if expected is None or got is None:
        return expected is None and got is None
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    try:
        if isinstance(got, datetime):
            return parse_instant(str(expected), zone) == got
        if isinstance(expected, int | float):
            return abs(float(got) - expected) <= (abs(expected) * _CLOSE if within is None else within)
    except (TypeError, ValueError):  # a text that is no time or number is not the expected one
        return False
    return str(expected) == str(got)


def shown(value: Any) -> str:
    """A value as it stands in a test file."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, str):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}".rstrip("0").rstrip(".")
