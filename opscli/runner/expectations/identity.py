"""Expect who is the same person, who is not, and what the golden record says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from opscli.config.validate import did_you_mean
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.case import Failure, Part, Scope
from opscli.runner.world import World, agree, shown

NEEDS = ("customers", "links")


def check(part: Part, scope: Scope) -> Iterable[Issue]:
    """Records that are not given, fields that customers do not have."""
    for word in ("same", "apart"):
        for index, group in enumerate(part.data.get(word, ())):
            for place, name in enumerate(group):
                yield from scope.unknown_customer(part.below(word, index, place), name)
    fields = [column.name for column in scope.catalog.entities["customers"].columns]
    for name, golden in part.below("golden").items() if "golden" in part.data else ():
        yield from scope.unknown_customer(golden, name)
        for field, value in golden.items():
            if field not in fields:
                yield value.issue(say("testing.unknown_field", field=field), how=did_you_mean(field, fields))


def judge(part: Part, world: World) -> Iterable[Failure]:
    """Each pair that came out otherwise, with what the two records share and the rules that met; golden fields."""
    for word, wanted in (("same", True), ("apart", False)):
        for index, group in enumerate(part.data.get(word, ())):
            for one, other in combinations(group, 2):
                if (world.customer(one) == world.customer(other)) is not wanted:
                    yield _pair(part.below(word, index), one, other, world)
    for name, golden in part.below("golden").items() if "golden" in part.data else ():
        yield from _golden(name, golden, world)


def _pair(at: Part, one: str, other: str, world: World) -> Failure:
    together = world.customer(one) == world.customer(other)
    words = (say("testing.one_person"), say("testing.two_people"))
    return Failure(
        at=at,
        what=say("testing.other_person", one=one, other=other),
        expected=words[1] if together else words[0],
        got=words[0] if together else words[1],
        why=tuple(_why(world, one, other)),
    )


def _why(world: World, one: str, other: str) -> Iterator[str]:
    from opscli.identity.explain import compare

    found = compare(world.ctx, world.records[one], world.records[other], show=True)
    yield found.verdict
    yield from (f"  {hop.a} – {hop.b}: {hop.rule}" for hop in found.chain)  # noqa: RUF001  between two
    for field in found.fields:
        note = f" ({field['note']})" if field["note"] else ""
        yield f"  {field['field']}: {field['a']} | {field['b']}: {field['verdict']}{note}"


def _golden(name: str, golden: Part, world: World) -> Iterator[Failure]:
    customer = world.customer(name)
    with world.ctx.warehouse.read() as session:
        rows = session.dicts("SELECT * FROM customers WHERE customer_id = ?", (customer,))
        query = "SELECT field, source, source_id, rule FROM lineage WHERE customer_id = ?"
        lineage = {
            field: f"{field}: {source}:{record} ({rule})"
            for field, source, record, rule in session.rows(query, (customer,))
        }
    for field, value in golden.items():
        got = rows[0].get(field) if rows else None
        if not agree(value.data, got, zone=world.ctx.project.zone):
            yield Failure(
                at=value,
                what=say("testing.other_golden", customer=name, field=field),
                expected=shown(value.data),
                got=shown(got),
                why=(lineage[field],) if field in lineage else (),
            )
