"""The functions over the past, read in Python from the rows of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tests.engines.conditions.world import AS_OF, ZONE, Table


@dataclass(frozen=True)
class Past:
    """What each customer lived through; every window is [AS_OF - span, AS_OF)."""

    tables: Mapping[str, Table]
    _persons: dict[str, dict[str, list[Mapping[str, Any]]]] = field(default_factory=dict)
    _known: dict[tuple[str, str, tuple[Any, ...]], Any] = field(default_factory=dict)

    def answer(self, name: str, person: str, asked: tuple[Any, ...]) -> Any:
        """What the function of this name says; looked up once."""
        key = (name, person, asked)
        if key not in self._known:
            self._known[key] = getattr(self, name)(person, *asked)
        return self._known[key]

    def has_tag(self, person: str, tag: str) -> bool:
        return any(row["entered_at"] <= AS_OF < row["left_at"] for row in self._tags(person, tag))

    def had_tag(self, person: str, tag: str, span: timedelta | None = None) -> bool:
        return any(
            row["entered_at"] < AS_OF and (span is None or row["left_at"] > AS_OF - span)
            for row in self._tags(person, tag)
        )

    def tag_since(self, person: str, tag: str) -> datetime | None:
        """The beginning of the chain of intervals, each of which begins before the one before has ended."""
        since: datetime | None = None
        until = datetime(1, 1, 1)  # noqa: DTZ001  naive UTC
        for row in sorted(self._tags(person, tag), key=lambda row: row["entered_at"]):
            if row["entered_at"] <= AS_OF:
                since = row["entered_at"] if since is None or row["entered_at"] > until else since
                until = max(until, row["left_at"])
        return since if until > AS_OF else None

    def received(self, person: str, message: str, span: timedelta | None = None) -> bool:
        return any(row["message_key"] not in self._bounced for row in self._events(person, message, "sent", span))

    def clicked(self, person: str, message: str, span: timedelta | None = None) -> bool:
        return any(not row["machine"] for row in self._events(person, message, "clicked", span))

    def in_campaign(self, person: str, campaign: str) -> bool:
        return any(
            row["campaign"] == campaign and row["kind"] == "entered" and row["occurred_at"] < AS_OF
            and row["enrolment_id"] not in self._over for row in self._of("enrolment_events", person)
        )  # fmt: skip

    @cached_property
    def _today(self) -> dict[str, str]:
        """Former id → the customer that it leads to."""
        return {row["ref"]: row["customer_id"] for row in self.tables["links"].rows if row["ns"] == "former"}

    @cached_property
    def _bounced(self) -> set[str]:
        rows = self.tables["message_events"].rows
        return {row["message_key"] for row in rows if row["kind"] == "bounced" and row["occurred_at"] < AS_OF}

    @cached_property
    def _over(self) -> set[str]:
        rows = self.tables["enrolment_events"].rows
        return {row["enrolment_id"] for row in rows if row["kind"] != "entered" and row["occurred_at"] < AS_OF}

    @cached_property
    def _steps(self) -> dict[str, str]:
        return {row["message_key"]: row["step"] for row in self.tables["messages"].rows}

    def _of(self, table: str, person: str) -> list[Mapping[str, Any]]:
        if table not in self._persons:
            groups: dict[str, list[Mapping[str, Any]]] = {}
            for row in self.tables[table].rows:
                groups.setdefault(self._today.get(row["customer_id"], row["customer_id"]), []).append(row)
            self._persons[table] = groups
        return self._persons[table].get(person, [])

    @staticmethod
    def anniversary(moment: datetime, offset: Sequence[timedelta], *, day: bool) -> bool:
        """The day of AS_OF in the business zone, less the offset, is that day in a later year."""
        today = _local(AS_OF) - (offset[0] if offset else timedelta())
        try:
            born = moment.date() if day else _local(moment)
        except OverflowError:  # before year 1 in the zone: no anniversary of the days that are asked for
            return False
        if (born.month, born.day) == (2, 29) and today.month == 2 and (today + timedelta(days=1)).month == 3:
            return born.year < today.year
        return (born.month, born.day) == (today.month, today.day) and born.year < today.year

    def _tags(self, person: str, tag: str) -> list[Mapping[str, Any]]:
        return [row for row in self._of("tag_history", person) if row["tag"] == tag]

    def _events(self, person: str, message: str, kind: str, span: timedelta | None) -> list[Mapping[str, Any]]:
        campaign, _, step = message.partition("/")
        return [
            row for row in self._of("message_events", person)
            if (row["campaign"], row["kind"]) == (campaign, kind) and row["occurred_at"] < AS_OF
            and (span is None or row["occurred_at"] >= AS_OF - span) and (not step or self._steps[row["message_key"]] == step)
        ]  # fmt: skip


def _local(moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).date()
