"""Config kind `test`: given these records at this time, expect these tags, this path, this mail, this number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from opscli.clock import parse_duration
from opscli.config.document import Document, Place
from opscli.kinds import load_kind
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner import given
from opscli.runner.case import EXPECTATIONS, Case, Expectation, Moment, Part, Scope
from opscli.stage import Catalog, Provided


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """One test file as written; `all_cases` is what it comes to."""

    name: str
    as_of: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    then: tuple[Mapping[str, Any], ...]
    cases: tuple[Mapping[str, Any], ...]
    document: Document

    def all_cases(self) -> tuple[Case, ...]:
        """The cases: those of `cases:`, else the file itself is one."""
        if not self.cases:
            return (self._case((), self.document.data, ()),)
        shared = (Part(document=self.document, place=("given",), data=self.given),) if self.given else ()
        return tuple(self._case(("cases", index), node, shared) for index, node in enumerate(self.cases))

    def _case(self, place: Place, node: Mapping[str, Any], shared: tuple[Part, ...]) -> Case:
        root = Part(document=self.document, place=place, data=node)
        first = _moment(root, shared, as_of=str(node.get("as_of", self.as_of)))
        later = (_moment(root.below("then", index), (), as_of="") for index in range(len(node.get("then", ()))))
        name = str(node["name"]) if place else self.name.removesuffix(".test")
        return Case(name=name, moments=(first, *later), document=self.document)


def _moment(part: Part, shared: tuple[Part, ...], *, as_of: str) -> Moment:
    node = part.data
    own = (part.below("given"),) if node.get("given") else ()
    return Moment(
        given=(*shared, *own),
        expect=dict(part.below("expect").items()) if "expect" in node else {},
        as_of=as_of or str(node.get("as_of", "")),
        after=parse_duration(node["after"]) if "after" in node else None,
        place=part,
    )


def parse(document: Document) -> Tests:
    """The file as written."""
    data = document.data
    return Tests(
        name=document.name,
        as_of=data["as_of"],
        given=data.get("given", {}),
        expect=data.get("expect", {}),
        then=tuple(data.get("then", ())),
        cases=tuple(data.get("cases", ())),
        document=document,
    )


def provides(spec: Tests) -> Iterable[Provided]:  # noqa: ARG001  nobody names a test
    """Nothing."""
    return ()


def check(spec: Tests, catalog: Catalog) -> Iterable[Issue]:
    """Records that do not fit their entity, names that nobody knows, times out of order, cases that expect nothing."""
    document = spec.document
    yield from given.check_records(document, catalog)
    if spec.cases and (spec.expect or spec.then):
        key = "expect" if spec.expect else "then"
        yield document.issue((key,), say("testing.beside_cases", key=key), how=say("testing.into_a_case"))
    seen: set[str] = set()
    for case in spec.all_cases():
        first = case.moments[0].place
        if case.name in seen:
            yield first.below("name").issue(say("testing.case_twice", name=case.name), how=say("testing.rename_case"))
        seen.add(case.name)
        if not case.expected():
            yield first.issue(say("testing.expects_nothing"), how=say("testing.add_expect"))
        yield from _check_case(case, catalog)


def _check_case(case: Case, catalog: Catalog) -> Iterator[Issue]:
    issue = _bad_time(case, catalog)
    if issue is not None:
        yield issue
        return
    scope = Scope(catalog=catalog, customers=case.customers(), addressed=case.addressed())
    for moment, as_of in zip(case.moments, case.times(catalog.zone), strict=True):
        for part in moment.given:
            yield from given.check_beside(part, scope, as_of)
        for key, part in moment.expect.items():
            yield from expectation(key).check(part, scope)


def _bad_time(case: Case, catalog: Catalog) -> Issue | None:
    """The first moment whose time is none, or lies before the one before it."""
    before = None
    for moment in case.moments:
        place = moment.place.below("as_of") if "as_of" in moment.place.data else moment.place
        try:
            as_of = moment.instant(before, catalog.zone)
        except ValueError as error:
            return place.issue(str(error))
        if before is not None and as_of <= before:
            return place.issue(say("testing.not_later"), how=say("testing.order_moments"))
        before = as_of
    return None


def expectation(key: str) -> Expectation:
    """The module behind a key of `expect:`."""
    return cast("Expectation", load_kind(EXPECTATIONS, key))
