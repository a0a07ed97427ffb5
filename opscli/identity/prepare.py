"""Number the records and attach their normal forms: `scratch.identity_records`, then `scratch.identity_keys`.

Python sees each distinct raw value once; everything per record is a join on the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from opscli.clock import END_OF_TIME
from opscli.engine.versions import literal
from opscli.engine.warehouse import Session
from opscli.identity import emails, names, phones
from opscli.identity.identity import BUILT_IN_KEYS, Guards, Rule

PLAIN = "key_"
"""Prefix of customer columns that rules compare as they are; keeps them apart from the normal forms."""
Normaliser = Callable[..., Sequence[str | None]]


def number_records(session: Session) -> int:
    """Open records into scratch, numbered by (source, source_id), whatever order they lie in; how many."""
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_records AS "
        "SELECT ROW_NUMBER() OVER (ORDER BY source, source_id) AS rec, open_records.* FROM ("
        "SELECT records.*, ROW_NUMBER() OVER (PARTITION BY source, source_id ORDER BY known_from DESC, load_seq "
        "DESC) AS newest "
        f"FROM records WHERE known_to = {literal(END_OF_TIME)}) AS open_records WHERE newest = 1"
    )
    return int(session.value("SELECT COUNT(*) FROM scratch.identity_records") or 0)


def attach_normal_forms(session: Session, *, region: str, guards: Guards, rules: Sequence[Rule]) -> None:
    """Normal forms of every record, and the columns that the rules join on, before hubs lose their role."""
    columns = set(session.columns("scratch.identity_records"))

    def field(name: str) -> str:
        return f"r.{session.dialect.quote(name)}" if name in columns else "CAST(NULL AS VARCHAR)"

    denied = frozenset(guards.deny_emails)
    refused = frozenset(guards.deny_phones)
    roles = frozenset(guards.role_locals)
    _distinct(
        session, "emails", (field("email"),), ("mail", "match", "standing"), lambda raw: _email(raw, denied, roles)
    )
    _distinct(
        session,
        "phones",
        (field("phone"), field("country")),
        ("e164", "match"),
        lambda raw, country: _phone(raw, phones.region_of(country, region), refused),
    )
    person = (field("first_name"), field("last_name"), field("full_name"))
    _distinct(session, "names", person, ("given", "family", "initial", "alike"), _name)
    _join(session, field, person, plain_columns(rules))


def plain_columns(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Columns that rules compare as they are, such as a loyalty number; sorted."""
    return tuple(sorted({key for rule in rules for key in rule.all_of} - set(BUILT_IN_KEYS)))


def _join(session: Session, field: Callable[[str], str], person: Sequence[str], plain: Sequence[str]) -> None:
    quote = session.dialect.quote
    extra = "".join(
        f", NULLIF(LOWER(TRIM(CAST({field(name)} AS VARCHAR))), '') AS {quote(PLAIN + name)}" for name in plain
    )
    same_name = " AND ".join(f"n.raw{i} IS NOT DISTINCT FROM {column}" for i, column in enumerate(person))
    session.execute(
        "CREATE OR REPLACE TABLE scratch.identity_normal AS SELECT r.rec, e.mail, e.match AS address, e.standing, "
        "CASE WHEN e.standing = 'key' THEN e.match END AS email, p.e164, p.match AS phone, "
        "n.given, n.family, n.initial, n.alike, CASE WHEN n.given IS NOT NULL AND n.family IS NOT NULL "
        f"THEN LEAST(n.given, n.family) || ' ' || GREATEST(n.given, n.family) END AS pair{extra} "
        "FROM scratch.identity_records AS r "
        f"LEFT JOIN scratch.identity_emails AS e ON e.raw0 = {field('email')} "
        f"LEFT JOIN scratch.identity_phones AS p ON p.raw0 = {field('phone')} "
        f"AND p.raw1 IS NOT DISTINCT FROM {field('country')} "
        f"LEFT JOIN scratch.identity_names AS n ON {same_name}"
    )


def _distinct(session: Session, name: str, raw: Sequence[str], made: Sequence[str], normalise: Normaliser) -> None:
    """`scratch.identity_<name>`: each distinct combination of raw values (first one known) with its normal forms."""
    import pyarrow as pa

    table = f"scratch.identity_{name}"
    raw_names = [f"raw{i}" for i in range(len(raw))]
    session.create(table, dict.fromkeys((*raw_names, *made), "text"))
    chosen = ", ".join(f"{column} AS {alias}" for column, alias in zip(raw, raw_names, strict=True))
    known = f"{raw[0]} IS NOT NULL" if name != "names" else "COALESCE(" + ", ".join(raw) + ") IS NOT NULL"
    schema = pa.schema([(column, pa.string()) for column in (*raw_names, *made)])
    query = f"SELECT DISTINCT {chosen} FROM scratch.identity_records AS r WHERE {known}"
    done = [
        pa.Table.from_arrays(list(_columns(batch, normalise, len(made))), schema=schema)
        for batch in session.batches(query)
    ]
    for part in done:  # only now: a session runs nothing else while it streams
        session.insert_arrow(table, part)


def _columns(batch: Any, normalise: Normaliser, width: int) -> Iterator[Any]:
    import pyarrow as pa

    raw = [column.cast(pa.string()) for column in batch.columns]
    made = [normalise(*values) for values in zip(*(column.to_pylist() for column in raw), strict=True)]
    yield from raw
    for position in range(width):
        yield pa.array([values[position] for values in made], type=pa.string())


def _email(raw: str, denied: frozenset[str], roles: frozenset[str]) -> tuple[str | None, ...]:
    email = emails.normalise(raw)
    if email is None:
        return (None, None, "junk")
    if email.match in denied or email.mail in denied:
        return (email.mail, email.match, "junk")
    role = email.match.partition("@")[0] in roles and email.standing == "key"
    return (email.mail, email.match, "shared" if role else email.standing)


def _phone(raw: str, region: str, refused: frozenset[str]) -> tuple[str | None, ...]:
    phone = phones.normalise(raw, region)
    return (None, None) if phone is None or phone.e164 in refused else (phone.e164, phone.match)


def _name(first: str | None, last: str | None, whole: str | None) -> tuple[str | None, ...]:
    name = names.normalise(first, last, whole)
    return (name.given, name.family, name.initial, name.alike)
