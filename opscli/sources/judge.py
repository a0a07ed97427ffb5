"""From source rows to typed, judged entity rows: one query, as named steps.

picked   the source value of each entity column, and whether an expression's operand was unreadable
typed    the same values typed; a text that is none of its type is NULL
placed   local times in UTC, customer references in their namespace
and then `#problem`: the number of the first thing that is wrong with a row, NULL when nothing is
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opscli.engine.checks import checks
from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.engine.query import Pipeline
from opscli.sources.batches import FILE
from opscli.sources.blanks import trimmed
from opscli.sources.formats.rows import LINE, Rows, text_literal
from opscli.sources.mapping import FileMapping, Filled
from opscli.sources.moments import states_zone
from opscli.sources.source import SourceSpec
from opscli.sources.values import REASONS, read_raw, read_text, read_typed, reason_sql
from opscli.sources.zones import utc_sql

PROBLEM = "#problem"
REASON = "#reason"
AVAILABLE = "#available"
"""When a row could first be known, where the source says so (else NULL)."""
NAMESPACE = "customer_ns"


@dataclass(frozen=True, slots=True)
class _Problem:
    """A way to be wrong: SQL over the placed row that is true then, and SQL of its reason code."""

    column: str
    sql: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The query, with columns "#file", "#line", the entity's, customer_ns, "#available", "#problem" and "#reason".

    `columns` names the entity column that each problem number is about; from `first_by_row` on they are the entity's
    columns in their order, then none, for rules that are judged row by row afterwards.
    """

    sql: str
    columns: tuple[str, ...]
    first_by_row: int


def judged_rows(spec: SourceSpec, entity: Entity, rows: Rows, dialect: Dialect) -> Judged:
    """The query over a batch's rows. Raises DataUnusable when the file lacks a column that the mapping names."""
    mapping = FileMapping(spec, entity, rows, dialect)
    return _Compiler(spec, entity, mapping, mapping.filled(), dialect).judged()


@dataclass(frozen=True, slots=True)
class _Compiler:
    spec: SourceSpec
    entity: Entity
    mapping: FileMapping
    filled: tuple[Filled, ...]
    dialect: Dialect

    def judged(self) -> Judged:
        problems = tuple(self._problems())
        pipeline = (
            Pipeline()
            .step("picked", self._picked())
            .step("typed", self._typed())
            .step("placed", self._placed())
            .step("judged", f"SELECT *, {self._case(problems)} AS {self._quote(PROBLEM)} FROM placed")
        )
        names = ", ".join(self._quote(column.name) for column in self.entity.columns)
        names += f", {NAMESPACE}" if self.entity.customer else ""
        reasons = " ".join(f"WHEN {number} THEN {problem.reason}" for number, problem in enumerate(problems))
        reason = f"CASE {self._quote(PROBLEM)} {reasons} END" if problems else "CAST(NULL AS VARCHAR)"
        select = (
            f"SELECT {self._quote(FILE)}, {self._quote(LINE)}, {names}, {self._quote(AVAILABLE)}, "
            f"{self._quote(PROBLEM)}, {reason} AS {self._quote(REASON)} FROM judged"
        )
        by_row = (*(column.name for column in self.entity.columns), "")
        return Judged(
            sql=pipeline.sql(select),
            columns=(*(problem.column for problem in problems), *by_row),
            first_by_row=len(problems),
        )

    def _picked(self) -> str:
        items = [self._quote(FILE), self._quote(LINE)]
        for field in self.filled:
            items.append(f"{field.given} AS {self._given(field)}")
            if field.broken != "FALSE":
                items.append(f"{field.broken} AS {self._broken(field)}")
        items.append(f"{self.mapping.stated_availability()} AS {self._quote('given:' + AVAILABLE)}")
        where = f" WHERE {self.mapping.condition()}" if self.spec.where else ""
        return f"SELECT {', '.join(items)} FROM {self.mapping.rows.relation} AS source_rows{where}"

    def _typed(self) -> str:
        typed = ", ".join(f"{self._typed_value(field)} AS {self._quote(field.target)}" for field in self.filled)
        return f"SELECT *, {typed} FROM picked"

    def _typed_value(self, field: Filled) -> str:
        given = self._given(field)
        if field.raw:
            return read_raw(given, field.type, field.style, self.dialect)
        if field.given_type == "text":
            return read_text(given, field.type, field.style, self.dialect)
        return read_typed(given, field.given_type, field.type, self.dialect)

    def _placed(self) -> str:
        changed = [text for field in self.filled for text in self._replacements(field)]
        exchange = f" REPLACE ({', '.join(changed)})" if changed else ""
        namespace = f", {self._namespace()} AS {NAMESPACE}" if self.entity.customer else ""
        available = self._quote("given:" + AVAILABLE)
        if self.spec.available_at and self.entity.type_of(self.spec.available_at):
            available = self._quote(self.spec.available_at)
        return f"SELECT *{exchange}{namespace}, {available} AS {self._quote(AVAILABLE)} FROM typed"

    def _replacements(self, field: Filled) -> Iterator[str]:
        name = self._quote(field.target)
        if field.timezone:
            zoned = states_zone(self._stated(field), field.style.forms) if field.given_type == "text" else "FALSE"
            if zoned != "TRUE":
                shifted = utc_sql(name, field.timezone, field.span)
                yield f"CASE WHEN {zoned} THEN {name} ELSE {shifted} END AS {name}"
        if field.target == self.entity.customer:
            yield f"{self._reference(name)} AS {name}"

    def _reference(self, name: str) -> str:
        """The reference as `links.ref` writes it: addresses in lower case, phone numbers as digits behind a plus."""
        if self.spec.refers_to == "email":
            return f"lower({name})"
        if self.spec.refers_to == "phone":
            return f"CASE WHEN {name} LIKE '+%' THEN '+' ELSE '' END || regexp_replace({name}, '[^0-9]', '', 'g')"
        if self.spec.refers_to in (None, "any"):
            return f"CASE WHEN {name} LIKE '%@%' THEN lower({name}) ELSE {name} END"
        return name

    def _namespace(self) -> str:
        name = self._quote(str(self.entity.customer))
        chosen = text_literal(self.spec.refers_to) if self.spec.refers_to else ""
        chosen = chosen or f"CASE WHEN {name} LIKE '%@%' THEN 'email' ELSE 'any' END"
        return f"CASE WHEN {name} IS NOT NULL THEN {chosen} END"

    def _problems(self) -> Iterator[_Problem]:
        for field in self.filled:
            if field.broken != "FALSE":
                yield _Problem(field.target, self._broken(field), "'not_a_number'")
            if field.type not in (field.given_type, "text"):
                stated = self._stated(field)
                unread = f"({self._quote(field.target)} IS NULL AND {stated} IS NOT NULL)"
                reason = text_literal(REASONS.get(field.type, "not_usable"))
                if field.given_type == "text":
                    reason = reason_sql(stated, field.type, field.style)
                yield _Problem(field.target, unread, reason)
        for check in checks(self.entity, self.dialect):
            yield _Problem(check.column, check.violated, text_literal(check.reason))

    def _case(self, problems: tuple[_Problem, ...]) -> str:
        arms = " ".join(f"WHEN {problem.sql} THEN {number}" for number, problem in enumerate(problems))
        return f"CASE {arms} END" if arms else "CAST(NULL AS INTEGER)"

    def _quote(self, name: str) -> str:
        return self.dialect.quote(name)

    def _given(self, field: Filled) -> str:
        return self._quote(f"given:{field.target}")

    def _stated(self, field: Filled) -> str:
        """SQL of the value as the source has it, without blanks around it."""
        return trimmed(self._given(field), field.style.blanks) if field.raw else self._given(field)

    def _broken(self, field: Filled) -> str:
        return self._quote(f"broken:{field.target}")
