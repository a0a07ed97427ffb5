from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.unit.identity.conftest import World, person

OLD, NEW = datetime(2026, 1, 1), datetime(2026, 2, 1)  # noqa: DTZ001  naive UTC, as everywhere


def golden(world: World, *rows: dict[str, object], columns: str = "*") -> list[tuple[object, ...]]:
    world.load(*rows)
    world.dedupe()
    return world.rows(f"SELECT {columns} FROM customers")


def test_the_newest_usable_value_wins_and_junk_never_does(world: World) -> None:
    rows = golden(
        world,
        person("crm:1", "Ann Lee", "Ann+old@Mail.org", "212-555-0123", at=OLD, city="Leeds", segment="gold"),
        person("web:1", "ann lee", "ann@mail.org", "000-0000", at=NEW, city=" ", segment="silver"),
        columns="first_name, email, phone, city, segment, merged_records",
    )
    assert rows == [("ann", "ann@mail.org", "+12125550123", "Leeds", "silver", 2)]
    lineage = world.rows("SELECT field, source, rule FROM lineage WHERE field IN ('phone', 'segment') ORDER BY field")
    assert lineage == [("phone", "crm", "most_recent"), ("segment", "web", "most_recent")]


def test_a_team_mailbox_is_shown_only_where_there_is_nothing_else(world: World) -> None:
    own = person("crm:1", "Ann Lee", "ann@mail.org", "212-555-0123", at=OLD)
    team = person("web:1", "Ann Lee", "info@mail.org", "212-555-0123", at=NEW)
    assert golden(world, own, team, columns="email") == [("ann@mail.org",)]
    assert golden(world, team, columns="email") == [("info@mail.org",)]


def test_an_address_moves_as_one(world: World) -> None:
    rows = golden(
        world,
        person("crm:1", "Ann Lee", "ann@x.org", at=OLD, street="1 High St", city="Leeds", postcode="01234"),
        person("web:1", "Ann Lee", "ann@x.org", at=NEW, city="York"),
        columns="street, city, postcode",
    )
    assert rows == [(None, "York", None)]


def test_each_method_chooses_in_its_way(world: World) -> None:
    chosen = {
        "segment": "most_recent", "plan": "source_trust", "title": "most_frequent",
        "region": "longest", "owner_id": "earliest", "signup_source": "latest",
    }  # fmt: skip
    world.configure(survivorship={"fields": chosen, "groups": [], "trust": ["shop", "crm"]})
    records = (("crm:1", OLD, "aaa"), ("shop:1", OLD, "aa"), ("web:1", OLD, "b"), ("web:2", NEW, "b"))
    rows = golden(
        world,
        *(person(ref, "Ann Lee", "ann@x.org", at=at, **dict.fromkeys(chosen, value)) for ref, at, value in records),
        columns=", ".join(chosen),
    )
    assert rows == [("b", "aa", "b", "aaa", "aa", "b")]


@pytest.mark.parametrize(("config", "expected"), [({}, False), ({"fields": {"email_opt_in": "any_true"}}, True)])
def test_consent_is_the_most_restrictive_unless_said_otherwise(
    world: World, config: dict[str, object], expected: bool
) -> None:
    world.configure(survivorship=config)
    rows = golden(
        world,
        person("crm:1", "Ann Lee", "ann@x.org", at=OLD, email_opt_in=False),
        person("web:1", "Ann Lee", "ann@x.org", at=NEW, email_opt_in=True),
        person("web:2", "Ann Lee", "ann@x.org", at=NEW),
        columns="email_opt_in",
    )
    assert rows == [(expected,)]


def test_types_survive_and_the_first_contact_counts(world: World) -> None:
    rows = golden(
        world,
        person("crm:1", "Ann Lee", "ann@x.org", at=NEW, created_at=NEW, birth_date=date(2000, 2, 29)),
        person("web:1", "Ann Lee", "ann@x.org", at=OLD, created_at=OLD),
        columns="created_at, birth_date",
    )
    assert rows == [(OLD, date(2000, 2, 29))]


def test_a_record_of_nothing_is_a_customer_of_nothing(world: World) -> None:
    assert golden(world, person("crm:1"), columns="email, phone, first_name, merged_records") == [(None, None, None, 1)]
