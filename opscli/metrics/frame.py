"""For which periods, members and instant a metric is compiled, and the SQL that all types share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.engine.versions import literal, visible
from opscli.errors import UsageError
from opscli.metrics.periods import Period
from opscli.phrases import listed, say
from opscli.rules.target import Target

NO_MEMBER = "(none)"
"""The member of rows whose dimension is empty."""
_JOINED = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Everything that a type's SQL depends on besides its own settings."""

    dialect: Dialect
    entities: Mapping[str, Entity]
    as_of: datetime
    known_at: datetime
    periods: tuple[Period, ...]
    by: tuple[str, ...] = ()
    times: Mapping[str, str] = field(default_factory=dict)
    """Entity → column, where a metric counts by another time than the entity's own."""
    linked: bool = True
    """Whether references are resolved to customers; without it each reference is its own customer."""
    customer_columns: frozenset[str] = frozenset()
    """Columns of the golden customers, usable as dimensions of everything that customers do."""
    zone: str = "UTC"

    def columns(self, entity: str) -> dict[str, str]:
        """Column → rule type of an entity."""
        return {column.name: column.type for column in self.entities[entity].columns}

    def time(self, entity: str) -> str:
        """The time column of an entity for this metric."""
        column = self.times.get(entity) or self.entities[entity].time
        if column is None:
            raise UsageError(say("metrics.no_time", entity=entity), remedy=say("metrics.no_time_how"))
        return f"e.{self.dialect.quote(column)}"

    def rows(self, entity: str, *, people: bool = True) -> str:
        """FROM clause of the visible rows as `e`; with `l` (link), `c` (customer) where `people` or a dimension ask."""
        spec = self.entities[entity]
        sql = f"{visible(spec, as_of=self.as_of, known_at=self.known_at)} e"
        if self.linked and spec.customer and (people or self._golden(entity)):
            ref = self.dialect.quote(spec.customer)
            sql += f" LEFT JOIN links l ON l.ns = e.customer_ns AND l.ref = e.{ref}"
            if self._golden(entity):
                sql += " LEFT JOIN customers c ON c.customer_id = l.customer_id"
        return sql

    def person(self, entity: str) -> str:
        """SQL of the customer of a row; a reference that leads to nobody is one of its own. NULL without one."""
        spec = self.entities[entity]
        if not spec.customer:
            raise UsageError(say("metrics.no_customer", entity=entity), remedy=say("metrics.no_customer_how"))
        reference = f"e.customer_ns || ':' || e.{self.dialect.quote(spec.customer)}"
        return f"COALESCE(l.customer_id, {reference})" if self.linked else reference

    def target(self, entity: str) -> Target:
        """Where the names of a condition live: the entity's columns; its reference is the resolved customer."""
        spec = self.entities[entity]
        columns = {name: f"e.{self.dialect.quote(name)}" for name in self.columns(entity)}
        if spec.customer:
            columns[spec.customer] = self.person(entity)
        return Target(dialect=self.dialect, as_of=self.as_of, columns=columns)

    def member(self, entity: str) -> str:
        """SQL of the member of a row: '' overall, else the dimensions' values, joined by a dot."""
        if not self.by:
            return "''"
        return f" || '{_JOINED}' || ".join(self._dimension(entity, name) for name in self.by)

    def buckets(self, *, before: timedelta = timedelta()) -> str:
        """Parenthesised SELECT of (period, low, high, early_low, early_high); the early bounds lie `before` earlier."""
        rows = ", ".join(
            f"({index}, {literal(p.start)}, {literal(p.end)}, {literal(p.start - before)}, {literal(p.end - before)})"
            for index, p in enumerate(self.periods)
        )
        return f"(SELECT * FROM (VALUES {rows}) AS v(period, low, high, early_low, early_high))"

    def _dimension(self, entity: str, name: str) -> str:
        spec = self.entities[entity]
        place = "e" if spec.type_of(name) else "c" if self._has_golden(entity, name) else ""
        if not place:
            known = [*self.columns(entity), *sorted(self.customer_columns if spec.customer else ())]
            raise UsageError(
                say("metrics.cannot_split", entity=entity, name=name),
                remedy=say("metrics.use_one_of", names=listed(known)),
            )
        value = f"CAST({place}.{self.dialect.quote(name)} AS {self.dialect.type('text')})"
        return f"COALESCE(NULLIF({value}, ''), '{NO_MEMBER}')"

    def _golden(self, entity: str) -> bool:
        own = self.columns(entity)
        return any(name not in own and self._has_golden(entity, name) for name in self.by)

    def _has_golden(self, entity: str, name: str) -> bool:
        return bool(self.entities[entity].customer) and self.linked and name in self.customer_columns
