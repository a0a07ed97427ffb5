"""Why records are one customer, or two: what each can be recognised by, and the chain of rules between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.engine.warehouse import Session
from opscli.errors import UsageError
from opscli.identity import matching
from opscli.identity.identity import IdentitySpec
from opscli.identity.job import entity_of, spec_of
from opscli.phrases import say
from opscli.stage import Context

COMPARED = ("email", "phone", "given", "family")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One step of a chain: two records and the rule on which they agree."""

    a: str
    b: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two records side by side; a row of `fields` has field, a, b, verdict (same, alike, different, unknown), note."""

    together: bool
    verdict: str
    fields: tuple[Mapping[str, str], ...]
    chain: tuple[Hop, ...]


def members(ctx: Context, customer: str) -> list[dict[str, Any]]:
    """The records of a customer with the rule that brought each in and what it can be recognised by."""
    with ctx.warehouse.read() as session:
        _match(ctx, session)
        rows = session.dicts(
            "SELECT l.source, l.source_id, l.rule, l.as_of AS since, n.standing, n.email, n.phone, n.given, n.family, "
            "k.email AS key_email, k.phone AS key_phone FROM links AS l "
            "JOIN scratch.identity_records AS r ON r.source = l.ns AND r.source_id = l.ref "
            "JOIN scratch.identity_normal AS n ON n.rec = r.rec JOIN scratch.identity_keys AS k ON k.rec = r.rec "
            "WHERE l.source = l.ns AND l.customer_id = ? ORDER BY l.source, l.source_id",
            (customer,),
        )
    if not rows:
        raise UsageError(
            say("identity.customer_without_records", customer=customer), remedy=say("identity.find_customer")
        )
    return [
        {
            "record": f"{row['source']}:{row['source_id']}",
            "rule": row["rule"],
            "since": row["since"],
            "email": _role(row["email"] or row["standing"], row["key_email"], row["standing"]),
            "phone": _role(row["phone"], row["key_phone"], None),
            "name": say(f"identity.role_{_part(row['given'], row['family'])}"),
        }
        for row in rows
    ]


def compare(ctx: Context, one: str, other: str, *, show: bool = False) -> Comparison:
    """Two records, each `source:id`. Values are shown as first letters only unless `show`."""
    with ctx.warehouse.read() as session:
        spec = _match(ctx, session)
        left, right = _record(session, one), _record(session, other)
        chain = _chain(session, spec, left["rec"], right["rec"])
    together = left["label"] == right["label"]
    fields = tuple(_field(name, left, right, show=show) for name in COMPARED)
    return Comparison(together=together, verdict=_verdict(fields, chain, together=together), fields=fields, chain=chain)


def _match(ctx: Context, session: Session) -> IdentitySpec:
    spec = spec_of(ctx)
    matching.match(session, spec, entity_of(ctx), region=ctx.project.country)
    return spec


def _record(session: Session, ref: str) -> dict[str, Any]:
    source, _, source_id = ref.partition(":")
    found = session.dicts(
        "SELECT r.rec, c.label, n.standing, n.email, n.phone, n.given, n.family, n.alike, k.email AS key_email, "
        "k.phone AS key_phone FROM scratch.identity_records AS r "
        "JOIN scratch.identity_components AS c ON c.rec = r.rec JOIN scratch.identity_normal AS n ON n.rec = r.rec "
        "JOIN scratch.identity_keys AS k ON k.rec = r.rec WHERE r.source = ? AND r.source_id = ?",
        (source, source_id),
    )
    if not found:
        raise UsageError(say("identity.no_record", ref=ref), remedy=say("identity.no_record_how"))
    return found[0]


def _field(name: str, left: Mapping[str, Any], right: Mapping[str, Any], *, show: bool) -> dict[str, str]:
    a, b = left[name], right[name]
    verdict = "unknown" if a is None or b is None else "same" if a == b else "different"
    if name == "given" and verdict == "different" and left["alike"] == right["alike"]:
        verdict = "alike"
    note = ""
    if name in ("email", "phone"):
        standing = {left["standing"], right["standing"]} if name == "email" else set()
        lost = (a and left[f"key_{name}"] is None) or (b and right[f"key_{name}"] is None)
        note = say("identity.many_names") if lost else note
        note = say("identity.team_mailbox_note") if "shared" in standing else note
        note = say("identity.no_usable_address") if "junk" in standing else note
    return {
        "field": say(f"identity.field_{name}"),
        "a": _shown(a, show),
        "b": _shown(b, show),
        "verdict": say(f"identity.verdict_{verdict}"),
        "note": note,
    }


def _shown(value: str | None, show: bool) -> str:
    if value is None:
        return ""
    return value if show else f"{value[:1]}…"


def _role(value: str | None, key: str | None, standing: str | None) -> str:
    """What an address or a number is good for in recognising somebody."""
    if standing == "junk":
        return say("identity.role_unusable")
    if standing == "shared":
        return say("identity.role_team_mailbox")
    return say(f"identity.role_{'none' if value is None else 'key' if key else 'shared_by_many'}")


def _part(given: str | None, family: str | None) -> str:
    return "full" if given and family else "part" if given or family else "none"


def _chain(session: Session, spec: IdentitySpec, start: int, end: int) -> tuple[Hop, ...]:
    """The shortest chain of agreements between two records, over the edges of their component."""
    edges = session.rows(
        "SELECT e.a, e.b, MIN(e.rule) FROM scratch.identity_edges AS e "
        "JOIN scratch.identity_components AS c ON c.rec = e.a "
        "WHERE c.label = (SELECT label FROM scratch.identity_components WHERE rec = ?) "
        "GROUP BY e.a, e.b ORDER BY e.a, e.b",
        (start,),
    )
    path = _shortest([(int(a), int(b), int(rule)) for a, b, rule in edges], start, end)
    names = {}
    for rec in {rec for a, b, _ in path for rec in (a, b)}:
        source, source_id = session.rows(
            "SELECT source, source_id FROM scratch.identity_records WHERE rec = ?", (rec,)
        )[0]
        names[rec] = f"{source}:{source_id}"
    return tuple(Hop(a=names[a], b=names[b], rule=spec.match[rule].name) for a, b, rule in path)


def _shortest(edges: Sequence[tuple[int, int, int]], start: int, end: int) -> list[tuple[int, int, int]]:
    near: dict[int, list[tuple[int, int]]] = {}
    for a, b, rule in edges:
        near.setdefault(a, []).append((b, rule))
        near.setdefault(b, []).append((a, rule))
    came: dict[int, tuple[int, int]] = {start: (start, -1)}
    queue = deque([start])
    while queue and end not in came:
        here = queue.popleft()
        for there, rule in near.get(here, ()):
            if there not in came:
                came[there] = (here, rule)
                queue.append(there)
    path: list[tuple[int, int, int]] = []
    while end in came and end != start:
        before, rule = came[end]
        path.insert(0, (before, end, rule))
        end = before
    return path


def _verdict(fields: Sequence[Mapping[str, str]], chain: Sequence[Hop], *, together: bool) -> str:
    if together:
        if len(chain) == 1:
            return say("identity.one_by_rule", rule=chain[0].rule)
        return say("identity.one_over_records", count=len(chain) - 1) if chain else say("identity.one_record")
    keys = [row for row in fields[:2] if row["verdict"] == "same" and not row["note"]]
    if keys:
        return say("identity.two_nothing_personal", field=keys[0]["field"])
    guarded = [row for row in fields[:2] if row["verdict"] == "same"]
    if guarded:
        return say("identity.two_guarded", field=guarded[0]["field"], note=guarded[0]["note"])
    return say("identity.two_nothing")
