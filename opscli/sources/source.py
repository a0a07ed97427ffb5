"""Kind `source`: a document → a frozen spec, and what can be wrong with it before any file is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opscli.clock import parse_duration
from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.engine.entity import Entity
from opscli.kinds import load_kind
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.rules.sugar import Written
from opscli.rules.tree import RuleInvalid
from opscli.sources.directives import flaws
from opscli.sources.expressions import AnyName, parse_condition, parse_value
from opscli.sources.formats.rows import BLANKS
from opscli.sources.gathering import Cursor
from opscli.stage import Catalog, Provided

DERIVED_NAMESPACES = ("email", "phone", "any")
"""What a customer reference may be beside an id of a customers source."""
_DEFAULT_MAX_REJECTS = "5%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """How one entity column is filled: from `text` (a source column or an expression), `column` or `value`."""

    text: str = ""
    column: str = ""
    value: str | None = None
    format: tuple[str, ...] = ()
    """Forms of dates and times, tried in their order: patterns of strptime and the words of `moments.WORDS`."""
    timezone: str = ""
    empty: tuple[str, ...] = ()
    """Texts that mean that nothing is stated, without blanks around them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A share (0..1) or a number of rows; either may be None."""

    share: float | None = None
    rows: int | None = None

    def exceeded(self, rows: int, of: int) -> bool:
        """More than the limit."""
        if self.rows is not None:
            return rows > self.rows
        return self.share is not None and rows > self.share * of

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.rows} rows" if self.rows is not None else f"{(self.share or 0) * 100:g}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """One source. `settings` are those of its type (`sources.file.FileSettings`)."""

    name: str
    type: str
    entity: str
    map: Mapping[str, Mapped] | None
    where: Written | None
    available_at: str | None
    trust: int
    refers_to: str | None
    max_rejects: Limit
    max_delta: Limit
    on_delete: str
    cursor: Cursor
    drift: str
    brand: str
    settings: Any
    document: Document


def parse(document: Document) -> SourceSpec:
    """A frozen spec of a schema-valid document."""
    data = document.data
    kind = str(data.get("type", "file"))
    stated = data.get("map")
    return SourceSpec(
        name=document.name,
        type=kind,
        entity=str(data["entity"]),
        map={name: _mapped(value) for name, value in stated.items()} if stated else None,
        where=data.get("where"),
        available_at=data.get("available_at"),
        trust=int(data.get("trust", 50)),
        refers_to=data.get("refers_to"),
        max_rejects=read_limit(data.get("max_rejects", _DEFAULT_MAX_REJECTS)),
        max_delta=read_limit(data["max_delta"]) if "max_delta" in data else Limit(),
        on_delete=str(data.get("on_delete", "keep")),
        cursor=_cursor(data.get("cursor", "file")),
        drift=str(data.get("drift", "warn")),
        brand=str(data.get("brand", "main")),
        settings=load_kind("opscli.sources", kind).settings(data),
        document=document,
    )


def provides(spec: SourceSpec) -> Iterable[Provided]:
    """The source's name, which identity, exports and other sources refer to."""
    line, _ = spec.document.mark(())
    yield Provided(category="source", name=spec.name, file=spec.document.file, line=line)


def check(spec: SourceSpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown entity or columns, required columns that stay empty, bad zones and expressions."""
    entity = catalog.entities.get(spec.entity)
    if entity is None:
        yield spec.document.issue(
            ("entity",),
            say("sources.unknown_entity", entity=spec.entity),
            how=did_you_mean(spec.entity, catalog.entities),
        )
        return
    yield from _map_issues(spec, entity)
    if spec.where is not None:
        yield from _where_issues(spec, spec.where)
    if spec.refers_to is not None:
        yield from _reference_issues(spec, entity, catalog)
    if spec.on_delete == "tombstone" and spec.cursor.column:
        yield spec.document.issue(
            ("on_delete",),
            say("sources.tombstone_cursor"),
            why=say("sources.tombstone_cursor_why"),
            how=say("sources.tombstone_cursor_how"),
        )
    yield from load_kind("opscli.sources", spec.type).check(spec.settings, spec.document)


def read_limit(value: str | float) -> Limit:
    """`5%` and 0.05 are shares, whole numbers count rows."""
    if isinstance(value, str):
        return Limit(share=float(value.rstrip("% ")) / 100)
    return Limit(rows=value) if isinstance(value, int) else Limit(share=float(value))


def _cursor(value: Any) -> Cursor:
    if value == "file":
        return Cursor()
    return Cursor(column=str(value["column"]), lookback=parse_duration(value.get("lookback", "0s")).total_seconds())


def _mapped(value: Any) -> Mapped:
    if isinstance(value, str):
        return Mapped(text=value)
    if "value" in value:
        constant = value["value"]
        return Mapped(value=str(constant).lower() if isinstance(constant, bool) else str(constant))
    return Mapped(
        column=value["column"],
        format=_forms(value.get("format", ())),
        timezone=value.get("timezone", ""),
        empty=tuple(text.strip(BLANKS) for text in value.get("empty", ())),
    )


def _forms(stated: Any) -> tuple[str, ...]:
    return (stated,) if isinstance(stated, str) else tuple(stated)


def _map_issues(spec: SourceSpec, entity: Entity) -> Iterator[Issue]:
    columns = [column.name for column in entity.columns]
    for target, mapped in (spec.map or {}).items():
        place: Place = ("map", target)
        if target not in columns:
            yield spec.document.issue(
                place, say("sources.entity_lacks", entity=spec.entity, column=target), how=did_you_mean(target, columns)
            )
        if mapped.text:
            yield from _value_issues(spec, place, mapped.text)
        yield from _reading_issues(spec, place, mapped, entity.type_of(target))
    if spec.map is not None:
        for name in entity.required:
            if name not in spec.map:
                yield spec.document.issue(
                    ("map",),
                    say("sources.unfilled", name=name, entity=spec.entity),
                    why=say("sources.unfilled_why"),
                    how=say("sources.unfilled_how", name=name),
                )


def _reading_issues(spec: SourceSpec, place: Place, mapped: Mapped, kind: str | None) -> Iterator[Issue]:
    """What a column says about how its text is read."""
    if mapped.timezone:
        yield from _zone_issues(spec, (*place, "timezone"), mapped.timezone)
    if mapped.format:
        yield from _form_issues(spec, (*place, "format"), kind, mapped.format)
    for number, text in enumerate(mapped.empty):
        if not text:
            where = (*place, "empty", number)
            yield spec.document.issue(where, say("sources.empty_blank"), how=say("sources.empty_blank_how"))


def _where_issues(spec: SourceSpec, where: Written) -> Iterator[Issue]:
    try:
        parse_condition(where, AnyName())
    except RuleInvalid as error:
        yield error.issue(spec.document, ("where",))


def _value_issues(spec: SourceSpec, place: Place, text: str) -> Iterator[Issue]:
    try:
        parse_value(text, AnyName())
    except RuleInvalid as error:
        yield error.issue(spec.document, place)


def _zone_issues(spec: SourceSpec, place: Place, zone: str) -> Iterator[Issue]:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield spec.document.issue(place, say("sources.unknown_zone", zone=zone), how=say("sources.unknown_zone_how"))


def _form_issues(spec: SourceSpec, place: Place, kind: str | None, forms: tuple[str, ...]) -> Iterator[Issue]:
    if kind not in (None, "timestamp", "date"):
        what = say("sources.form_of_no_date", column=place[1], kind=kind)
        yield spec.document.issue(place, what, how=say("sources.form_of_no_date_how"))
        return
    for number, form in enumerate(forms):
        where = (*place, number) if (*place, number) in spec.document.marks else place
        for flaw in flaws(form):
            yield spec.document.issue(where, flaw.what, how=flaw.how, offset=flaw.offset)


def _reference_issues(spec: SourceSpec, entity: Entity, catalog: Catalog) -> Iterator[Issue]:
    place: Place = ("refers_to",)
    known = (*catalog.names("source"), *DERIVED_NAMESPACES)
    if entity.customer is None:
        yield spec.document.issue(
            place, say("sources.refers_to_nobody", entity=spec.entity), how=say("sources.refers_to_nobody_how")
        )
    elif spec.refers_to not in known:
        yield spec.document.issue(
            place, say("sources.unknown_source", source=spec.refers_to), how=did_you_mean(str(spec.refers_to), known)
        )
