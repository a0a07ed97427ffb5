"""What a condition may name and ask at one place: names with their types, parameters, tags, campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from opscli.phrases import say
from opscli.stage import Catalog

IDENTITY, HISTORY, NOW = "identity", "history", "now"
"""What a function may need: who the row is about, what that customer lived through, an instant to look from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One place for conditions.

    `names` and `params` map to rule types (`any` = raw text read as what the operator needs). `zone` is where times
    without an offset are local. `known` holds, by category (tag, campaign, message), what functions over the past may
    ask for; None = the rows here are no customers with a past. `lacks` says why there is no IDENTITY, HISTORY or NOW.
    """

    names: Mapping[str, str]
    zone: str = "UTC"
    params: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, AbstractSet[str]] | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)

    def missing(self, need: str) -> str:
        """Why a function with this need has no meaning here; "" when it has."""
        if need == HISTORY and self.known is None:
            return self.lacks.get(need) or say("rules.no_customer")
        return self.lacks.get(need, "")


def scope_of(names: Scope | Mapping[str, str]) -> Scope:
    """A bare mapping is a scope with these names alone."""
    return names if isinstance(names, Scope) else Scope(names=names)


def of_rows(names: Mapping[str, str], zone: str) -> Scope:
    """Conditions over rows of an entity: they belong to customers, but are none."""
    why = say("rules.rows_only")
    return Scope(names=names, zone=zone, lacks={IDENTITY: why, HISTORY: why})


def of_facts(names: Mapping[str, str], zone: str) -> Scope:
    """Calculations of traits: they come before tags and campaigns, which stand on them."""
    return Scope(names=names, zone=zone, lacks={HISTORY: say("rules.before_tags")})


def of_files(names: Mapping[str, str]) -> Scope:
    """Expressions over a source's columns: a row means the same whenever it is read, and nobody is known yet."""
    nobody = say("rules.before_customers")
    return Scope(names=names, lacks={IDENTITY: nobody, HISTORY: nobody, NOW: say("rules.any_time")})


def of_customers(catalog: Catalog, *, params: Mapping[str, str] | None = None) -> Scope:
    """Conditions over customers: their fields and traits (a trait hides the field of its name), and their past."""
    customers = catalog.entities.get("customers")
    fields = {column.name: column.type for column in customers.columns} if customers else {}
    names = {**fields, **catalog.types("trait")}
    return Scope(names=names, zone=catalog.zone, params=params or {}, known=known_in(catalog))


def known_in(catalog: Catalog) -> dict[str, frozenset[str]]:
    """What functions over the past may ask for; `message` is a campaign, or a step of one that sends."""
    campaigns = frozenset(catalog.names("campaign"))
    return {
        "tag": frozenset(catalog.names("tag")),
        "campaign": campaigns,
        "message": campaigns | frozenset(catalog.names("message")),
    }
