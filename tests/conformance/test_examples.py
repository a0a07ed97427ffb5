"""The smallest and the full file of every kind: legal in both forms of the schema, and a project that compiles."""

from __future__ import annotations

import copy
import itertools
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from opscli.cli.table import COMMANDS
from opscli.config.document import Document
from opscli.config.example import commented, full, small
from opscli.config.export import draft_07
from opscli.config.new import create, new_files, next_command
from opscli.config.reader import read_yaml
from opscli.config.schemas import assemble, schema_of, version_of, versions_of
from opscli.config.validate import validate
from opscli.errors import ConfigInvalid
from opscli.kinds import config_kinds
from opscli.outcome import Issue
from opscli.runner.compile import check_project

KINDS = tuple(config_kinds())
SMALLEST = """
kind: source
version: 1
name: orders
path: data/orders.csv
entity: orders
map: {order_id: id, ordered_at: date, amount: total, customer_ref: email}
---
kind: identity
version: 1
match: standard
---
kind: traits
version: 1
traits: {revenue_365d: {sum: orders.amount, within: 365d}}
---
kind: tags
version: 1
dimension: value
tags: [{name: high_value, when: "revenue_365d >= 5000"}]
---
kind: channel
version: 1
name: email
type: email
host: smtp.example.com
user: {env: SMTP_USER}
password: {env: SMTP_PASSWORD}
from: "Shop <hello@example.com>"
postal_address: "1 High Street, London"
unsubscribe: {mailto: unsubscribe@example.com}
---
kind: topic
version: 1
name: offers
policy: soft_opt_in
---
kind: campaign
version: 1
name: may
topic: offers
audience: "has_tag('high_value')"
at: 2026-05-04 09:00
send: {template: may}
---
kind: health
version: 1
measures: [{trait: revenue_365d, good: 5000, bad: 0}]
---
kind: metric
version: 1
name: average_order_value
type: avg
of: orders.amount
time: orders.ordered_at
---
kind: report
version: 1
name: daily
layout: [{kpi: average_order_value}]
---
kind: job
version: 1
name: nightly
schedule: "30 2 * * *"
steps: [import, dedupe, profiles, tags, campaigns, send, report: daily]
---
kind: test
version: 1
as_of: 2026-05-01
given: {customers: [{id: a}], orders: [{order_id: "1", customer_ref: a, amount: 6000, ordered_at: "2026-04-01T00:00:00Z"}]}
expect: {tags: {a: [high_value]}}
"""
"""The smallest legal file of each kind, as promised to users; a new version of a kind keeps reading it."""
NAMES = {"source": "orders", "traits": "basics", "tags": "value", "channel": "email", "topic": "offers", "job": "nightly",
         "template": "may", "campaign": "may", "health": "standard", "metric": "average_order_value", "report": "daily",
         "identity": "identity", "entity": "visits", "test": "value"}  # fmt: skip
WRONG: tuple[Any, ...] = (None, "?? no such word", -1, True, [], {}, {"env": "A", "file": "b"})
PEOPLE = "path: data/people.csv\nentity: customers\nmap: {id: id, email: email, created_at: created_at}\n"
LOGINS = (
    "traits:\n  last_login_at: {max: events.occurred_at}\n  interactions_30d: {count: interactions, within: 30d}\n"
    "  interactions_prev: {count: interactions, within: 30d, offset: 30d}\n"
)
RECENCY = "traits:\n  last_order_at: {max: orders.ordered_at}\n  orders_90d: {count: orders, within: 90d}\n"
"""What the full examples lean on beside each other."""


def read(text: str) -> dict[str, Any]:
    tree, problems = read_yaml(text, "x.yaml")
    assert tree is not None
    assert problems == ()
    return dict(tree.data)


def problems(root: Path) -> list[str]:
    try:
        check_project(root)
    except ConfigInvalid as error:
        return [str(issue) for issue in error.issues if isinstance(issue, Issue)]
    return []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The smallest files of all kinds together, and three that the full ones lean on."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text(commented("project", small("project")), encoding="utf-8")
    for kind, name in NAMES.items():
        create(tmp_path, new_files(kind, name, whole=False))
    for file, kind, text in (
        ("sources/people", "source", PEOPLE),
        ("traits/logins", "traits", LOGINS),
        ("traits/recency", "traits", RECENCY),
    ):
        (tmp_path / "configs" / f"{file}.yaml").write_text(f"kind: {kind}\nversion: 1\n{text}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("text", SMALLEST.split("---\n"), ids=lambda text: text.split()[1])
def test_the_smallest_file_is_the_promised_one_and_stays_legal(text: str) -> None:
    data = read(text)
    kind, version = data["kind"], data["version"]
    assert data in schema_of(kind, version)["examples"]
    assert small(kind) == data or version < version_of(kind)


def test_the_smallest_files_together_are_a_project(root: Path) -> None:
    assert problems(root) == []


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_the_full_file_works_beside_the_smallest_ones(root: Path, kind: str) -> None:
    files = new_files(kind, NAMES[kind], whole=True)
    for file, text in files.items():
        (root / file).write_text(text, encoding="utf-8")
    if kind == "traits":  # has these among its own
        (root / "configs" / "traits" / "recency.yaml").unlink()
    assert problems(root) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_full_file_has_every_key_and_no_stopgap(kind: str) -> None:
    data, text = full(kind), commented(kind, full(kind), others=True)
    missing = set(assemble(kind)["properties"]) - set(data)
    assert all(f"# - {key}: " in text for key in missing), missing
    assert "text" not in leaves(data), "a key without example, default or choice of words"


@pytest.mark.parametrize(("kind", "make"), list(itertools.product(KINDS, (small, full))))
def test_a_commented_file_reads_as_its_data_under_true_comments(kind: str, make: Any) -> None:
    data = make(kind)
    text = commented(kind, data, others=True)
    assert read(text) == data
    assert max(map(len, text.splitlines())) <= 120 or "x-files" in assemble(kind)
    notes = {" ".join(found.replace("#", " ").split()) for found in re.findall(r"(?:^ *#.*\n)+", text, re.MULTILINE)}
    for key in set(data) - {"kind", "version", "name"}:
        words = " ".join(str(described(kind, key, data)).split())
        assert any(note.startswith(words) for note in notes), (key, words)


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_command_exists(kind: str) -> None:
    words = next_command(kind, "x").split()[1:]
    assert words[0] in COMMANDS


@pytest.mark.parametrize(("kind", "version"), [(kind, version) for kind in KINDS for version in versions_of(kind)])
def test_both_forms_of_the_schema_and_our_check_agree(kind: str, version: int) -> None:
    schema = schema_of(kind, version)
    twin = jsonschema.Draft7Validator(draft_07(schema))
    plain = jsonschema.Draft202012Validator(schema)
    current = [full(kind), small(kind)] if version == version_of(kind) else []
    checked = refused = 0
    for start in (*schema["examples"], *current):
        cases = list(spoilt(start))
        chosen_cases = random.Random(kind).sample(cases, min(len(cases), 150))  # noqa: S311  the same ones each time
        for data in (start, *chosen_cases):
            document = Document(kind=kind, version=version, name="x", file="x.yaml", data=data, marks={})
            verdict = not validate(document)
            assert (twin.is_valid(data), plain.is_valid(data)) == (verdict, verdict), data
            checked, refused = checked + 1, refused + (not verdict)
    assert refused > checked / 2 > 5


def spoilt(data: Any) -> Iterator[Any]:
    """The data with one thing changed, at every place: another type, an empty value, a key too many or too few."""
    for place in places(data):
        yield from (changed(data, place, value) for value in WRONG)
        parent = at(data, place[:-1])
        if isinstance(parent, dict):
            yield {**data} if not place else without(data, place)
    for place in [(), *places(data)]:
        if isinstance(at(data, place), dict):
            yield changed(data, (*place, "no such key"), 1)


def places(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*place, key)
        yield from places(value, (*place, key))


def at(data: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        data = data[key]
    return data


def changed(data: Any, place: tuple[Any, ...], value: Any) -> Any:
    data = copy.deepcopy(data)
    at(data, place[:-1])[place[-1]] = value
    return data


def without(data: Any, place: tuple[Any, ...]) -> Any:
    data = copy.deepcopy(data)
    del at(data, place[:-1])[place[-1]]
    return data


def leaves(data: Any) -> list[Any]:
    return [value for value in (at(data, place) for place in places(data)) if not isinstance(value, dict | list)]


def described(kind: str, key: str, data: Mapping[str, Any]) -> str:
    schema = assemble(kind)
    nodes = [schema, *(rule["then"] for rule in schema.get("allOf", ()) if chosen(rule, data, schema))]
    stated = next(node["properties"][key] for node in nodes if isinstance(node.get("properties", {}).get(key), dict))
    reference = stated.get("$ref") or (stated.get("allOf") or [{}])[0].get("$ref", "")
    name = reference.removeprefix("#/$defs/")
    return str(stated.get("description") or schema["$defs"][name]["description"])


def chosen(rule: Mapping[str, Any], data: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    words = rule.get("if", {}).get("properties", {})
    return bool(words) and all(
        data.get(key, schema["properties"][key].get("default")) == word["const"] for key, word in words.items()
    )
