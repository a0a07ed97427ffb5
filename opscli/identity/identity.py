"""configs/identity.yaml: rules that join records, guards, and survivorship."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.engine.entity import Entity
from opscli.engine.former import FORMER
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.stage import Catalog, Provided

BUILT_IN_KEYS = ("email", "phone", "personal", "name", "first_name", "last_name", "sole")
"""Keys that rules know besides the plain columns of customers."""
_BESIDE = frozenset({"personal", "name", "first_name", "last_name", "sole"})
"""Keys that are too common to join people by themselves."""
_RESERVED_SOURCES = ("email", "phone", "any", FORMER)
_BOOLEAN_METHODS = frozenset({"any_true", "all_true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Records that agree on all keys of `all_of` are one customer."""

    name: str
    all_of: tuple[str, ...]

    @property
    def sole(self) -> bool:
        """Does it attach records that know no first name to the only person behind a value?"""
        return "sole" in self.all_of


STANDARD = (
    Rule(name="email_and_name", all_of=("email", "personal")),
    Rule(name="phone_and_name", all_of=("phone", "personal")),
    Rule(name="email_of_one", all_of=("email", "sole")),
)
"""What `match: standard` means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivorship:
    """Which value wins; see the schema for the methods."""

    default: str = "most_recent"
    fields: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = (("street", "city", "postcode", "region", "country"),)
    trust: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Limits. `max_delta` None is off; `delta_stated` tells that from "not said", where the project's limit holds."""

    max_delta: float | None = None
    max_cluster: int = 50
    hub_records: int = 10
    hub_names: int = 4
    deny_emails: tuple[str, ...] = ()
    deny_phones: tuple[str, ...] = ()
    role_locals: tuple[str, ...] = ()
    delta_stated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySpec:
    """A parsed identity.yaml."""

    name: str
    match: tuple[Rule, ...]
    survivorship: Survivorship
    guards: Guards
    owner: str = ""
    purpose: str = ""
    runbook: str = ""
    document: Document


def parse(document: Document) -> IdentitySpec:
    """The spec of a schema-valid document."""
    data = document.data
    stated = data.get("match", "standard")
    rules = STANDARD if stated == "standard" else tuple(Rule(name=r["name"], all_of=tuple(r["all_of"])) for r in stated)
    return IdentitySpec(
        name=document.name,
        match=rules,
        survivorship=_survivorship(data.get("survivorship", {})),
        guards=_guards(data.get("guards", {})),
        owner=data.get("owner", ""),
        purpose=data.get("purpose", ""),
        runbook=data.get("runbook", ""),
        document=document,
    )


def _survivorship(data: Mapping[str, Any]) -> Survivorship:
    shipped = Survivorship()
    return Survivorship(
        default=data.get("default", shipped.default),
        fields=dict(data.get("fields", {})),
        groups=tuple(tuple(group) for group in data.get("groups", shipped.groups)),
        trust=tuple(data.get("trust", ())),
    )


def _guards(data: Mapping[str, Any]) -> Guards:
    lists: dict[str, Any] = {name: tuple(data.get(name, ())) for name in ("deny_emails", "deny_phones", "role_locals")}
    numbers: dict[str, Any] = {n: data[n] for n in ("max_cluster", "hub_records", "hub_names") if n in data}
    limit = data.get("max_delta")
    return Guards(
        max_delta=None if limit is None else float(limit), delta_stated="max_delta" in data, **numbers, **lists
    )


def provides(spec: IdentitySpec) -> Iterable[Provided]:  # noqa: ARG001  nobody names an identity or its rules
    """Nothing."""
    return ()


def check(spec: IdentitySpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown keys, fields and sources; rules that would join strangers; methods on the wrong type."""
    entity = catalog.entities.get("customers")
    if entity is None:
        return
    yield from _rule_issues(spec, entity)
    yield from _field_issues(spec, entity)
    known = catalog.names("source")
    for index, source in enumerate(spec.survivorship.trust):
        if known and source not in known:
            yield _unknown(spec, ("survivorship", "trust", index), "source", source, known)
    for source in known:
        if source in _RESERVED_SOURCES:
            yield spec.document.issue(
                (),
                say("identity.reserved_source", source=source),
                why=say("identity.reserved_source_why"),
                how=say("identity.reserved_source_how"),
            )


def _rule_issues(spec: IdentitySpec, entity: Entity) -> Iterator[Issue]:
    columns = [column.name for column in entity.columns]
    seen: set[str] = set()
    for index, rule in enumerate(spec.match):
        place = ("match", index)
        for position, key in enumerate(rule.all_of):
            if key not in BUILT_IN_KEYS and key not in columns:
                yield _unknown(spec, (*place, "all_of", position), "key", key, (*BUILT_IN_KEYS, *columns))
        if rule.name in seen:
            yield spec.document.issue(
                (*place, "name"), say("identity.rule_twice", rule=rule.name), how=say("identity.own_name")
            )
        seen.add(rule.name)
        if set(rule.all_of) <= _BESIDE:
            yield spec.document.issue(
                (*place, "all_of"),
                say("identity.joins_strangers", rule=rule.name),
                why=say("identity.joins_strangers_why"),
                how=say("identity.joins_strangers_how"),
            )
        if rule.sole and (len(rule.all_of) != 2 or not set(rule.all_of) & {"email", "phone"}):  # noqa: PLR2004  sole and its key
            yield spec.document.issue((*place, "all_of"), say("identity.sole_alone"))


def _field_issues(spec: IdentitySpec, entity: Entity) -> Iterator[Issue]:
    columns = tuple(column.name for column in entity.columns)
    survivorship = spec.survivorship
    for name, method in survivorship.fields.items():
        place = ("survivorship", "fields", name)
        if name not in columns:
            yield _unknown(spec, place, "field", name, columns)
        elif method in _BOOLEAN_METHODS and entity.type_of(name) != "boolean":
            yield spec.document.issue(
                place,
                say("identity.for_booleans", method=method),
                why=say("identity.field_is", name=name, type=entity.type_of(name)),
            )
    if survivorship.default in _BOOLEAN_METHODS:
        yield spec.document.issue(
            ("survivorship", "default"), say("identity.for_booleans_only", method=survivorship.default)
        )
    if "groups" not in spec.document.data.get("survivorship", {}):
        return
    taken: set[str] = set()
    for index, group in enumerate(survivorship.groups):
        for position, name in enumerate(group):
            place_in_group = ("survivorship", "groups", index, position)
            if name not in columns:
                yield _unknown(spec, place_in_group, "field", name, columns)
            if name in taken:
                yield spec.document.issue(
                    place_in_group, say("identity.in_two_groups", name=name), how=say("identity.keep_in_one")
                )
            taken.add(name)


def _unknown(spec: IdentitySpec, place: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> Issue:
    return spec.document.issue(place, say(f"identity.unknown_{what}", name=name), how=did_you_mean(name, known))
