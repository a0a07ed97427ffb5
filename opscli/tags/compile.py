"""All tags of a project → one query: who has which tag now, pins and exclusive dimensions included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from opscli.engine.dialect import Dialect
from opscli.engine.query import Pipeline
from opscli.errors import ConfigInvalid
from opscli.ids import fingerprint
from opscli.outcome import Issue
from opscli.rules import audience
from opscli.rules.order import ordered
from opscli.rules.scope import Scope
from opscli.rules.sql import literal, render
from opscli.rules.target import Target
from opscli.rules.text import source
from opscli.rules.tree import Expression
from opscli.stage import Catalog
from opscli.tags.tags import Tag, TagSpec, condition_of, needs

FLAGS = "scratch.tags_flags"
PINS = "scratch.tags_pins"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyTag:
    """A tag with its checked condition; `before` are the tags that win over it in an exclusive dimension."""

    tag: Tag
    spec: TagSpec
    condition: Expression
    before: tuple[str, ...]

    @property
    def name(self) -> str:
        """The tag's name."""
        return self.tag.name

    @property
    def rule_hash(self) -> str:
        """What the membership stands on: the canonical condition and, where exclusive, what wins over it."""
        return fingerprint([self.spec.dimension, self.name, source(self.condition), list(self.before)])[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Where conditions find their names, and for which engine and instant they are printed."""

    catalog: Catalog
    dialect: Dialect
    as_of: datetime


def ready(specs: Sequence[TagSpec], scope: Scope) -> tuple[ReadyTag, ...]:
    """Every tag, checked, each after those that it needs. Raises ConfigInvalid with every problem."""
    found: dict[str, ReadyTag] = {}
    waits: dict[str, frozenset[str]] = {}
    issues: list[Issue] = []
    for spec in specs:
        for tag in spec.tags:
            condition = condition_of(spec, tag, scope)
            if isinstance(condition, Issue):
                issues.append(condition)
                continue
            before = tuple(item.name for item in spec.tags[: tag.position]) if spec.exclusive else ()
            found[tag.name] = ReadyTag(tag=tag, spec=spec, condition=condition, before=before)
            waits[tag.name] = needs(spec, tag)
    if issues:
        raise ConfigInvalid(sorted(issues))
    return tuple(found[name] for name in ordered(waits))


def flags_sql(tags: Sequence[ReadyTag], names: Names, pinned: Mapping[str, frozenset[str]]) -> Pipeline:
    """One row per customer with a boolean per tag, named like the tag; `pinned` maps a dimension to its tags with pins.

    The condition's names are those of the first step; later steps add the tags level by level.
    """
    quote = names.dialect.quote
    used = sorted({name for tag in tags for name in tag.condition.names})
    columns = "".join(
        f",\n  {audience.column(name, names.catalog, names.dialect)} AS {quote(f'v:{name}')}" for name in used
    )
    pins = sorted({tag for group in pinned.values() for tag in group})
    verdicts = "".join(
        f",\n  MAX(CASE WHEN tag = {literal(tag)} THEN verdict END) AS {quote(f'pin:{tag}')}" for tag in pins
    )
    pipeline = Pipeline().step("pins", f"SELECT customer_id{verdicts}\nFROM {PINS} GROUP BY customer_id")
    pin_columns = "".join(f", pins.{quote(f'pin:{tag}')}" for tag in pins)
    pipeline = pipeline.step(
        "level_0",
        f'SELECT p.customer_id AS "customer_id"{columns}{pin_columns}\nFROM {audience.FROM}\n'
        "LEFT JOIN pins ON pins.customer_id = p.customer_id",
    )
    target = Target(
        dialect=names.dialect,
        as_of=names.as_of,
        columns=lambda name: quote(f"v:{name}"),
        has_tag=quote,
        identity='f."customer_id"',  # the alias keeps it apart from the history's own column
    )
    for level, group in enumerate(_levels(tags), start=1):
        flags = ",\n  ".join(f"{_member(tag, target, pinned)} AS {quote(tag.name)}" for tag in group)
        pipeline = pipeline.step(f"level_{level}", f"SELECT *,\n  {flags}\nFROM level_{level - 1} f")
    result = "".join(f", {quote(tag.name)}" for tag in tags)
    return pipeline.step("flags", f'SELECT "customer_id"{result} FROM {pipeline.last}')


def members_sql(tags: Sequence[ReadyTag], dialect: Dialect, pinned: Mapping[str, frozenset[str]]) -> str:
    """One row per member: customer_id, dimension, tag, origin, rule_hash, from the flags."""
    if not tags:
        text, kind = "CAST(NULL AS {0})", dialect.type("text")
        nulls = ", ".join(
            f'{text.format(kind)} AS "{name}"' for name in ("customer_id", "dimension", "tag", "origin", "rule_hash")
        )
        return f"SELECT * FROM (SELECT {nulls}) none WHERE FALSE"
    return "\nUNION ALL\n".join(_members_of(tag, dialect, pinned) for tag in tags)


def _members_of(tag: ReadyTag, dialect: Dialect, pinned: Mapping[str, frozenset[str]]) -> str:
    origin = "'rule'"
    if tag.name in pinned.get(tag.spec.dimension, ()):
        added = f"SELECT customer_id FROM {PINS} WHERE tag = {literal(tag.name)} AND verdict = 'add'"
        origin = f"CASE WHEN f.customer_id IN ({added}) THEN 'pin' ELSE 'rule' END"
    return (
        f"SELECT f.customer_id, {literal(tag.spec.dimension)} AS dimension, {literal(tag.name)} AS tag, "
        f"{origin} AS origin, {literal(tag.rule_hash)} AS rule_hash FROM {FLAGS} f WHERE f.{dialect.quote(tag.name)}"
    )


def _levels(tags: Sequence[ReadyTag]) -> list[list[ReadyTag]]:
    """Tags in groups, each of which needs only the groups before it."""
    depth: dict[str, int] = {}
    groups: list[list[ReadyTag]] = []
    for tag in tags:
        depth[tag.name] = 1 + max((depth[name] for name in needs(tag.spec, tag.tag) if name in depth), default=0)
        groups += [[] for _ in range(depth[tag.name] - len(groups))]
        groups[depth[tag.name] - 1].append(tag)
    return groups


def _member(tag: ReadyTag, target: Target, pinned: Mapping[str, frozenset[str]]) -> str:
    """Whether a customer has the tag, never NULL.

    A pin wins over the condition. In an exclusive dimension a pinned tag also wins over every other tag of it (of
    several pinned ones the first), and without pins the first whose condition holds.
    """
    quote = target.dialect.quote
    pins = pinned.get(tag.spec.dimension, frozenset())
    holds = f"COALESCE({render(tag.condition, target)}, FALSE)"
    if tag.before:
        holds = f"{holds} AND NOT ({' OR '.join(quote(name) for name in tag.before)})"
    others = sorted(pins) if tag.spec.exclusive else []
    if others:
        free = " AND ".join(f"COALESCE({quote(f'pin:{name}')}, '') <> 'add'" for name in others)
        holds = f"{free} AND {holds}"
    if tag.name not in pins:
        return f"({holds})"
    first = "".join(f" AND NOT {quote(name)}" for name in tag.before) if tag.spec.exclusive else ""
    own = quote(f"pin:{tag.name}")
    return f"(CASE WHEN {own} = 'add'{first} THEN TRUE WHEN {own} IN ('add', 'remove') THEN FALSE ELSE {holds} END)"
