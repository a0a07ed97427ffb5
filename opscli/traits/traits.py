"""The config kind `traits`: a file of named facts about each customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from opscli.config.document import Document
from opscli.outcome import Issue
from opscli.phrases import both, listed, say
from opscli.rules.aggregate import WINDOW_KEYS, Aggregate, AggregateInvalid, read
from opscli.rules.language import mentions
from opscli.rules.language import parse as parse_rule
from opscli.rules.order import circle, edges_of
from opscli.rules.scan import CONSTANTS, KEYWORDS
from opscli.rules.tree import UNTYPED, RuleInvalid
from opscli.stage import Catalog, Part, Provided
from opscli.traits.model import AGGREGATES, KINDS, Trait, TraitSpec
from opscli.traits.resolve import resolve_one

NEEDS = "trait needs"
"""Catalog category of the edges between traits, named `user used`, so that a cycle over several files is seen."""


def parse(document: Document) -> TraitSpec:
    """The traits of a file; one that cannot be read becomes a problem of the spec."""
    traits: list[Trait] = []
    problems: list[Issue] = []
    for name, node in document.data["traits"].items():
        try:
            traits.append(_trait(name, node, document))
        except AggregateInvalid as error:
            problems.append(error.issue(document, ("traits", name, error.key)))
    return TraitSpec(name=document.name, traits=tuple(traits), problems=tuple(problems), document=document)


def provides(spec: TraitSpec) -> Iterable[Provided]:
    """Each trait with its type, and its edges to the traits that it is computed from."""
    for trait in spec.traits:
        line, _ = spec.document.mark(trait.place)
        file = spec.document.file_of(trait.place)
        yield Provided(category="trait", name=trait.name, type=_stated_type(trait), file=file, line=line)
        for used in _inputs(trait):
            yield Provided(category=NEEDS, name=f"{trait.name} {used}", file=file, line=line)


def check(spec: TraitSpec, catalog: Catalog) -> Iterable[Issue]:
    """Unknown entities, columns and traits, wrong types, and traits that are computed from themselves."""
    yield from spec.problems
    types = catalog.types("trait")
    edges = edges_of(catalog.names(NEEDS))
    for trait in spec.traits:
        path = circle(trait.name, edges)
        if trait.name in KEYWORDS | CONSTANTS:
            what = say("traits.word_of_conditions", trait=trait.name)
            yield spec.document.issue(
                trait.place, what, why=say("traits.word_of_conditions_why"), how=say("traits.another_name")
            )
        elif path:
            yield trait.issue(
                trait.kind,
                say("traits.circle", trait=trait.name),
                why=" → ".join(path),
                how=say("traits.break_circle"),
            )
        elif isinstance(found := resolve_one(trait, types, catalog.entities, catalog.zone), Issue):
            yield found


def parts(spec: TraitSpec) -> Iterable[Part]:
    """Each trait, with the entity that it reads or the traits that it is computed from."""
    for trait in spec.traits:
        entity = trait.aggregate.entity if trait.aggregate else trait.column.partition(".")[0]
        yield Part(
            place=trait.place,
            entities=frozenset({entity} - {""}),
            defines=(("trait", trait.name),),
            uses=frozenset(("trait", name) for name in _inputs(trait)),
        )


def _trait(name: str, node: Mapping[str, Any], document: Document) -> Trait:
    kinds = [kind for kind in KINDS if kind in node]
    if len(kinds) != 1:
        what = say("traits.two_kinds", trait=name, kinds=both(kinds)) if kinds else say("traits.no_kind", trait=name)
        error = RuleInvalid(what, how=say("traits.one_kind", names=listed(KINDS)))
        raise AggregateInvalid(kinds[-1] if kinds else "", error)
    kind = kinds[0]
    label = node.get("label", "")
    if kind == "expr":
        return Trait(name=name, kind=kind, expression=node["expr"], label=label, document=document)
    if kind == "ntile":
        groups = int(node.get("of", 5))
        return Trait(name=name, kind=kind, expression=node["ntile"], groups=groups, label=label, document=document)
    if kind == "field":
        return Trait(name=name, kind=kind, column=node["field"], label=label, document=document)
    column = node["top"] if kind == "top" else ""
    aggregate = _ranking(node) if kind == "top" else read(node)
    return Trait(name=name, kind=kind, aggregate=aggregate, column=column, label=label, document=document)


def _ranking(node: Mapping[str, Any]) -> Aggregate:
    """What ranks the values of `top`: its `by` in the trait's window, by default the number of rows."""
    entity = node["top"].partition(".")[0]
    window = {key: node[key] for key in WINDOW_KEYS if key in node}
    by = read({**node.get("by", {"count": entity}), **window})
    if by.entity != entity:
        error = RuleInvalid(
            say("traits.other_ranking", entity=entity, other=by.entity),
            how=say("traits.other_ranking_how", entity=entity),
        )
        raise AggregateInvalid("by", error)
    return by


def _inputs(trait: Trait) -> tuple[str, ...]:
    return tuple(sorted(mentions(trait.expression)[0])) if trait.expression else ()


def _stated_type(trait: Trait) -> str:
    """The type, or `entity.column` where it is that column's (`Catalog.types` looks it up)."""
    if trait.kind in {"top", "field"}:
        return trait.column
    if trait.kind == "ntile":
        return "integer"
    if trait.kind == "expr":
        return _calculated_type(trait.expression)
    aggregate = trait.aggregate
    if aggregate is None or trait.kind not in AGGREGATES:
        return ""
    fixed = {"count": "integer", "count_distinct": "integer", "avg": "float"}.get(trait.kind)
    return fixed or f"{aggregate.entity}.{aggregate.column}"


def _calculated_type(text: str) -> str:
    """Type of a calculation, as far as its form alone tells; `any` where it does not."""
    try:
        return parse_rule(text, dict.fromkeys(mentions(text)[0], UNTYPED)).type
    except RuleInvalid:
        return ""
