"""Write tests: a commented beginning, or a real customer without what tells who it is, so that a report becomes a test.

Of a customer only those columns are kept that tags, traits and the gate look at. Personal columns are left out, the
address is made up, keys are numbered anew and other ids get a name of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from opscli.clock import iso
from opscli.config.files import create, write_atomically
from opscli.engine.entity import Entity
from opscli.engine.versions import literal, visible
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable, UsageError
from opscli.phrases import say
from opscli.stage import Context
from opscli.traits.model import Resolved

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9_-]*)*")
_CUSTOMER = "a"
_ALWAYS = ("email", "email_opt_in")
"""Columns of customers that decide whether a message may go; the address itself is made up."""
_MOST_ROWS = 4000


def skeleton(now: datetime) -> str:
    """A small test that says how to go on."""
    day = (now - timedelta(days=1)).date().isoformat()
    return "\n".join(
        (
            f"# {say('testing.draft_head')}",
            "kind: test",
            "version: 1",
            f"as_of: {day}  # {say('testing.draft_as_of')}",
            "given:",
            f"  customers: [{{id: {_CUSTOMER}}}]  # {say('testing.draft_customers')}",
            f"  # orders: [{{customer_ref: {_CUSTOMER}, amount: 120, ordered_at: -10d}}]",
            f"  # consents: {{{_CUSTOMER}: granted}}",
            f"expect:  # {say('testing.draft_expect')}",
            f"  tags: {{{_CUSTOMER}: []}}  # {say('testing.draft_tags')}",
            f"  # messages: [{{to: {_CUSTOMER}, campaign: NAME, subject: {{contains: TEXT}}}}]",
            f"# then: [{{after: 3d, expect: {{messages: []}}}}]  # {say('testing.draft_then')}",
            "",
        )
    )


def write(root: Path, name: str, text: str, *, force: bool) -> Path:
    """Write `configs/<name>.test.yaml` (a bare name goes to configs/tests/). Raises UsageError, CannotCreate."""
    stem = name.removeprefix("configs/").removesuffix(".yaml").removesuffix(".test")
    if not _NAME.fullmatch(stem):
        raise UsageError(say("testing.bad_name", name=name), remedy="opscli test new tags/value")
    path = root / "configs" / (stem if "/" in stem else f"tests/{stem}")
    path = path.with_name(f"{path.name}.test.yaml")
    if path.exists() and not force:
        raise UsageError(say("testing.is_there", file=path.relative_to(root)), remedy=say("testing.is_there_how"))
    shown = path.relative_to(root).as_posix()
    if path.exists():
        write_atomically(path, text, shown)
    else:
        create(root, {shown: text})
    return path


@dataclass(slots=True)
class _Mask:
    """Names for ids: the same id gets the same name, and nothing leads back."""

    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def name(self, column: str, value: str) -> str:
        number = sum(1 for known, _ in self.names if known == column) + 1
        return self.names.setdefault((column, value), f"{column.removesuffix('_id')}-{number}")


def from_a_customer(ctx: Context, customer_id: str) -> str:
    """A customer's records and present tags as a test at the time of its profile. Raises DataUnusable without one."""
    from opscli.tags.explain import profile_time

    with ctx.warehouse.read() as session:
        as_of = profile_time(session, customer_id)
        now = literal(as_of)
        held = session.rows(
            f"SELECT tag, origin FROM tag_history WHERE customer_id = ? AND entered_at <= {now} AND left_at > {now} "
            "ORDER BY dimension, tag",
            (customer_id,),
        )
        given = _records(ctx.at(as_of=as_of), session, customer_id)
    relative = _relative_tags(ctx)
    expected = [tag for tag, _ in held if tag not in relative]
    lines = [f"# {say('testing.draft_masked', date=iso(as_of)[:10])}"]
    lines += [f"# {say('testing.draft_relative', tags=', '.join(sorted(relative)))}"] if relative else []
    lines += ["kind: test", "version: 1", f"as_of: {iso(as_of)}", "given:"]
    for name, rows in given.items():
        lines += [f"  {name}:", *(f"    - {_flow(row)}" for row in rows)]
    pinned = [tag for tag, origin in held if origin == "pin"]
    lines += [f"  tags: {_flow({_CUSTOMER: pinned})}"] if pinned else []
    lines += ["expect:", f"  tags: {_flow({_CUSTOMER: expected})}", ""]
    return "\n".join(lines)


def _records(ctx: Context, session: Session, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by entity, masked."""
    used = _used_columns(ctx)
    entities, mask = ctx.project.entities, _Mask()
    golden = session.dicts("SELECT * FROM customers WHERE customer_id = ?", (customer_id,))[0]
    kept = _masked(golden, entities["customers"], used["customers"] | set(_ALWAYS), mask)
    address = {"email": f"{_CUSTOMER}@example.com"} if golden.get("email") else {}
    found = {"customers": [{"id": _CUSTOMER, **kept, **address}]}
    for name, columns in sorted(used.items()):
        entity = entities[name]
        if entity.customer and name != "customers" and entity.versions_table in session.tables():
            rows = _rows(ctx, session, entity, customer_id)
            found[name] = [{entity.customer: _CUSTOMER, **_masked(row, entity, columns, mask)} for row in rows]
    number = sum(map(len, found.values()))
    if number > _MOST_ROWS:
        raise DataUnusable(say("testing.too_many_rows", number=number, most=_MOST_ROWS))
    return {name: rows for name, rows in found.items() if rows}


def _rows(ctx: Context, session: Session, entity: Entity, customer_id: str) -> list[dict[str, Any]]:
    reference, time = session.dialect.quote(str(entity.customer)), entity.time or entity.key[0]
    rows = visible(entity, as_of=ctx.as_of, known_at=ctx.known_at)
    return session.dicts(
        f"SELECT r.* FROM {rows} AS r JOIN links AS l ON l.ns = r.customer_ns AND l.ref = r.{reference} "
        f"WHERE l.customer_id = ? ORDER BY r.{session.dialect.quote(time)}",
        (customer_id,),
    )


def _masked(row: Mapping[str, Any], entity: Entity, used: set[str], mask: _Mask) -> dict[str, Any]:
    """The used columns that say nothing about a person; ids by new names, times in UTC."""
    kept: dict[str, Any] = {}
    for column in entity.columns:
        value = row.get(column.name)
        if value is None or column.name not in used or column.personal or column.name == entity.customer:
            continue
        if column.name in entity.key and column.name != entity.time:
            continue  # a test numbers the keys that it leaves out
        is_id = column.name.endswith("_id") and isinstance(value, str)
        kept[column.name] = mask.name(column.name, value) if is_id else _plain(value)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _used_columns(ctx: Context) -> dict[str, set[str]]:
    """Columns by entity that tags look at, directly or through traits, and the event times of these entities."""
    from opscli.rules.language import mentions

    traits = _resolved(ctx)
    names = {name for tag in _tags(ctx) for name in mentions(tag.when)[0]}
    needed = _closure(names, traits)
    used: dict[str, set[str]] = {"customers": names - set(traits)}
    for trait in (traits[name] for name in needed):
        if trait.aggregate is None:
            used["customers"] |= {trait.trait.column.partition(".")[2]}
            continue
        entity = ctx.project.entities[trait.aggregate.aggregate.entity]
        words = set(re.findall(r"\w+", json.dumps(trait.trait.document.data["traits"][trait.name])))
        columns = {column.name for column in entity.columns}
        used.setdefault(entity.name, set()).update(
            words & columns, [entity.time] if entity.time else [], entity.required
        )
    return used


def _relative_tags(ctx: Context) -> set[str]:
    """Tags that lean on ranks among all customers, which one customer cannot show."""
    from opscli.rules.language import mentions

    traits = _resolved(ctx)
    ranked = {name for name, trait in traits.items() if trait.trait.kind == "ntile"}
    return {tag.name for tag in _tags(ctx) if _closure(mentions(tag.when)[0], traits) & ranked}


def _closure(names: Iterable[str], traits: Mapping[str, Resolved]) -> set[str]:
    """Traits among the names, and those that they are computed from."""
    found: set[str] = set()
    waiting = [name for name in names if name in traits]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [item for item in traits[name].inputs if item in traits]
    return found


def _resolved(ctx: Context) -> dict[str, Resolved]:
    from opscli.traits.model import TraitSpec
    from opscli.traits.resolve import resolve

    project = ctx.project
    found = resolve(project.all("traits", TraitSpec), project.entities, project.zone)
    return {trait.name: trait for trait in found}


def _tags(ctx: Context) -> Sequence[Any]:
    from opscli.tags.tags import TagSpec

    return [tag for spec in ctx.project.all("tags", TagSpec) for tag in spec.tags]


def _flow(value: Any) -> str:
    """One line of YAML; what other readers take for a time or a number stands in quotes."""
    import yaml

    return str(yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)).strip()
