"""Which source value fills which entity column, as SQL over one file's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from opscli.config.validate import did_you_mean
from opscli.engine.dialect import Dialect
from opscli.engine.entity import Entity
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.rules.tree import Expression, RuleInvalid
from opscli.sources.blanks import trimmed
from opscli.sources.expressions import AnyName, Rendered, names_in, parse_condition, parse_value, render
from opscli.sources.formats.rows import Rows, text_literal
from opscli.sources.numbers import POINT, PROVEN
from opscli.sources.source import Mapped, SourceSpec
from opscli.sources.values import Style, read_text

_RULE_TYPES = ("text", "integer", "float", "money", "boolean", "timestamp", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One entity column: SQL of its source value, that value's type, and how a text is read.

    `broken` is SQL that is true when an operand of an expression was no such value.
    """

    target: str
    type: str
    given: str
    given_type: str
    style: Style
    broken: str = "FALSE"
    raw: bool = False
    """`given` is a text as the source has it: not trimmed yet, so that typed columns need not be."""
    timezone: str = ""
    span: tuple[datetime, datetime] | None = None


def mapping_of(spec: SourceSpec, entity: Entity) -> Mapping[str, Mapped]:
    """The map as stated, or every entity column from the column of its name."""
    if spec.map is not None:
        return spec.map
    return {column.name: Mapped(column=column.name) for column in entity.columns}


def wanted_columns(spec: SourceSpec, entity: Entity) -> tuple[tuple[str, ...], frozenset[str]]:
    """Source columns that the mapping mentions, and those of them that fill a money column as they are."""
    names: list[str] = []
    exact = set()
    for target, mapped in mapping_of(spec, entity).items():
        mentioned = names_in(mapped.text) if mapped.text else (mapped.column,) if mapped.column else ()
        names.extend(mentioned)
        if entity.type_of(target) == "money" and mentioned and mentioned in ((mapped.text,), (mapped.column,)):
            exact.add(mentioned[0])
    if spec.where:
        names.extend(parse_condition(spec.where, AnyName()).names)
    if spec.available_at and entity.type_of(spec.available_at) is None:
        names.append(spec.available_at)
    if spec.cursor.column:
        names.append(spec.cursor.column)
    return tuple(dict.fromkeys(names)), frozenset(exact)


def optional_columns(spec: SourceSpec, entity: Entity) -> frozenset[str]:
    """Source columns that may be missing: without a map, those of entity columns that a row may lack."""
    if spec.map is not None:
        return frozenset()
    return frozenset(column.name for column in entity.columns) - {*entity.required, *entity.key}


def number_columns(spec: SourceSpec, entity: Entity) -> dict[str, str]:
    """Source columns of numbers → the logical type that they fill; float where expressions calculate with them."""
    found: dict[str, str] = {}
    for target, mapped in mapping_of(spec, entity).items():
        mentioned = names_in(mapped.text) if mapped.text else (mapped.column,) if mapped.column else ()
        kind = entity.type_of(target) if mentioned in ((mapped.text,), (mapped.column,)) else "float"
        if kind in ("integer", "float", "money"):
            # A column that fills two is as fine as the finer of them.
            found |= {name: str(kind) for name in mentioned if kind != "integer" or name not in found}
    return found


def local_columns(spec: SourceSpec) -> dict[str, tuple[str, ...]]:
    """Source columns of local times → the forms in which they are written, none for the usual ones.

    One that is read in several ways is left out: nothing is known of its times before they are read.
    """
    stated = {
        (mapped.column, mapped.format) for mapped in (spec.map or {}).values() if mapped.column and mapped.timezone
    }
    names = [name for name, _ in stated]
    return {name: forms for name, forms in sorted(stated) if names.count(name) == 1}


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A source's mapping applied to one file's columns."""

    spec: SourceSpec
    entity: Entity
    rows: Rows
    dialect: Dialect

    def filled(self) -> tuple[Filled, ...]:
        """Every entity column. Raises DataUnusable when the file lacks a column that the mapping names."""
        stated = mapping_of(self.spec, self.entity)
        return tuple(self._filled(column.name, column.type, stated.get(column.name)) for column in self.entity.columns)

    def condition(self) -> str:
        """SQL of `where`, TRUE without one."""
        if not self.spec.where:
            return "TRUE"
        mentioned = parse_condition(self.spec.where, AnyName()).names
        return self._rendered(parse_condition(self.spec.where, self._types(mentioned))).value

    def stated_availability(self) -> str:
        """SQL of the instant in the source column that `available_at` names; NULL without one."""
        name = self.spec.available_at
        if not name or self.entity.type_of(name) is not None:
            return "CAST(NULL AS TIMESTAMP)"
        found = self._column(name)
        return (
            read_text(found.value, "timestamp", Style(), self.dialect)
            if found.type == "text"
            else f"CAST({found.value} AS TIMESTAMP)"
        )

    def _filled(self, target: str, kind: str, mapped: Mapped | None) -> Filled:
        style = Style(
            decimal=self._decimal(self._mentioned(mapped)),
            forms=mapped.format if mapped else (),
            blanks=self.rows.blanks,
        )
        if mapped is None or self._may_be_absent(target, mapped):
            empty = f"CAST(NULL AS {self.dialect.type(kind)})"
            return Filled(target=target, type=kind, given=empty, given_type=kind, style=style)
        if mapped.value is not None:
            return Filled(target=target, type=kind, given=text_literal(mapped.value), given_type="text", style=style)
        name = mapped.column or mapped.text
        raw = self.rows.columns.get(name) == "text"
        if raw:
            found = Rendered(value=self.dialect.quote(name), type="text")
        else:
            found = self._column(mapped.column) if mapped.column else self._text(mapped.text)
        local = kind == "timestamp" and found.type in ("text", "timestamp", "date")
        return Filled(
            target=target,
            type=kind,
            given=self._unless_empty(found.value, mapped, raw=raw),
            given_type=found.type,
            broken=found.broken,
            raw=raw,
            style=style,
            timezone=mapped.timezone if local else "",
            span=self.rows.spans.get(mapped.column),
        )

    def _unless_empty(self, value: str, mapped: Mapped, *, raw: bool) -> str:
        """SQL of a value, NULL where the mapping says that its text means nothing."""
        if not mapped.empty:
            return value
        text = trimmed(value, self.rows.blanks) if raw else f"CAST({value} AS VARCHAR)"
        # Not a list: the engine joins every row with those of some length.
        empty = " OR ".join(f"{text} = {text_literal(word)}" for word in mapped.empty)
        return f"CASE WHEN {empty} THEN NULL ELSE {value} END"

    def _may_be_absent(self, target: str, mapped: Mapped) -> bool:
        """Without a map, a file need not hold the columns that a row may lack."""
        optional = self.spec.map is None and target not in (*self.entity.required, *self.entity.key)
        return optional and mapped.column not in self.rows.columns

    def _text(self, text: str) -> Rendered:
        """A column's name, else an expression."""
        if text in self.rows.columns:
            return self._column(text)
        expression = parse_value(text, self._names(text))
        return self._rendered(expression) if expression is not None else self._column(text)

    def _column(self, name: str) -> Rendered:
        kind = self.rows.columns.get(name)
        if kind is None and self.rows.open_columns:
            return Rendered(value="CAST(NULL AS VARCHAR)", type="text")
        if kind is None:
            raise self._missing(name)
        quoted = self.dialect.quote(name)
        if kind == "text":
            return Rendered(value=trimmed(quoted, self.rows.blanks), type="text")
        if kind == "float":
            # Frames write missing numbers as NaN; DuckDB 2.0 answers isnan() from Parquet's statistics, blind to it.
            return Rendered(
                value=f"CASE WHEN CAST({quoted} AS VARCHAR) = 'nan' THEN NULL ELSE {quoted} END", type="float"
            )
        return Rendered(value=quoted, type=kind)

    def _names(self, text: str) -> Mapping[str, str]:
        """Rule types of the columns that an expression may name; an unknown one is a missing column."""
        try:
            return self._types(names_in(text))
        except RuleInvalid:
            return self._types(())  # the parse that follows tells what is wrong

    def _types(self, mentioned: Iterable[str]) -> Mapping[str, str]:
        known = {name: kind for name, kind in self.rows.columns.items() if kind in _RULE_TYPES}
        known = {name: "any" if kind == "text" else kind for name, kind in known.items()}
        for name in mentioned:
            if name not in known and not self.rows.open_columns:
                raise self._missing(name)
            known.setdefault(name, "any")
        return known

    def _rendered(self, expression: Expression) -> Rendered:
        columns = {name: self._column(name).value for name in expression.names}
        style = Style(decimal=self._decimal(expression.names))

        def read(sql: str, kind: str) -> str:
            return read_text(sql, kind, style, self.dialect)

        return render(expression, columns, self.dialect, read)

    def _mentioned(self, mapped: Mapped | None) -> tuple[str, ...]:
        return ((mapped.column or mapped.text),) if mapped is not None else ()

    def _decimal(self, names: Iterable[str]) -> str:
        """The decimal sign of these columns, where they agree on one."""
        found = {self.rows.decimals.get(name, self.rows.decimal) for name in names}
        sign = found.pop() if len(found) == 1 else self.rows.decimal
        # Nobody has looked at the column yet, so a number that could be two is left to the second reading.
        return PROVEN if self.rows.unstaged and sign == POINT else sign

    def _missing(self, name: str) -> DataUnusable:
        columns = say("sources.its_columns", columns=listed(self.rows.columns))
        hint = did_you_mean(name, self.rows.columns, otherwise=columns)
        return DataUnusable(
            say("sources.no_column", file=self.rows.label, name=name),
            remedy=say("sources.no_column_how", hint=hint, file=self.spec.document.file),
        )
