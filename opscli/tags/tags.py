"""The config kind `tags`: the tags of one dimension, each with its condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from opscli.config.document import Document
from opscli.config.project import parse_share
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.rules.language import condition, mentions
from opscli.rules.order import circle, edges_of
from opscli.rules.scope import Scope, of_customers
from opscli.rules.sugar import Written
from opscli.rules.tree import Expression, RuleInvalid
from opscli.stage import Catalog, Part, Provided

NEEDS = "tag needs"
"""Catalog category of the edges between tags, named `user used`, so that a cycle over several files is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One tag as written; `position` is its index in the file."""

    name: str
    when: Written
    position: int
    label: str | Mapping[str, str] = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSpec:
    """One tags file: a dimension and its tags in order; `exclusive` = the first whose condition holds wins."""

    name: str
    dimension: str
    exclusive: bool
    max_delta: float | None
    tags: tuple[Tag, ...]
    document: Document


def parse(document: Document) -> TagSpec:
    """The tags of a file."""
    data = document.data
    tags = tuple(
        Tag(
            name=node["name"],
            when=node["when"],
            position=position,
            label=node.get("label", ""),
            purpose=node.get("purpose", ""),
        )
        for position, node in enumerate(data["tags"])
    )
    return TagSpec(
        name=document.name,
        dimension=data["dimension"],
        exclusive=bool(data.get("exclusive", False)),
        max_delta=parse_share(data["max_delta"]) if "max_delta" in data else None,
        tags=tags,
        document=document,
    )


def provides(spec: TagSpec) -> Iterable[Provided]:
    """The dimension, each tag, and its edges to the tags that its condition asks for."""
    line, _ = spec.document.mark(("dimension",))
    file = spec.document.file_of(("dimension",))
    yield Provided(category="dimension", name=spec.dimension, file=file, line=line)
    for tag in spec.tags:
        line, _ = spec.document.mark(("tags", tag.position))
        file = spec.document.file_of(("tags", tag.position))
        yield Provided(category="tag", name=tag.name, file=file, line=line)
        for used in sorted(needs(spec, tag)):
            yield Provided(category=NEEDS, name=f"{tag.name} {used}", file=file, line=line)


def check(spec: TagSpec, catalog: Catalog) -> Iterable[Issue]:
    """Conditions that cannot be read or typed, tags named twice in the file, tags that lean on themselves."""
    scope = of_customers(catalog)
    edges = edges_of(catalog.names(NEEDS))
    seen: set[str] = set()
    for tag in spec.tags:
        place = ("tags", tag.position, "name")
        if tag.name in seen:
            yield spec.document.issue(place, say("tags.tag_twice", tag=tag.name), how=say("tags.rename_one"))
        seen.add(tag.name)
        found = condition_of(spec, tag, scope)
        if isinstance(found, Issue):
            yield found
        path = circle(tag.name, edges)
        if path:
            why = " → ".join(path)
            yield spec.document.issue(
                place, say("tags.tag_circle", tag=tag.name), why=why, how=say("tags.break_circle")
            )


def parts(spec: TagSpec) -> Iterable[Part]:
    """Each tag, with the traits and the other tags that its condition asks for."""
    for tag in spec.tags:
        names, tags = mentions(tag.when)
        yield Part(
            place=("tags", tag.position),
            defines=(("tag", tag.name), ("dimension", spec.dimension)),
            uses=frozenset({("trait", name) for name in names} | {("tag", name) for name in tags}),
        )


def condition_of(spec: TagSpec, tag: Tag, scope: Scope) -> Expression | Issue:
    """The checked condition of a tag, or its problem with its place."""
    try:
        return condition(tag.when, scope)
    except RuleInvalid as error:
        return error.issue(spec.document, ("tags", tag.position, "when"))


def needs(spec: TagSpec, tag: Tag) -> frozenset[str]:
    """Tags that must be settled before this one: those that its condition asks for; in an exclusive dimension also the
    one before it, as the first whose condition holds wins.
    """
    asked = mentions(tag.when)[1]
    before = {spec.tags[tag.position - 1].name} if spec.exclusive and tag.position else frozenset[str]()
    return asked | before
