"""Every config kind: a schema that explains itself, a smallest file that works, and a spec that keeps every key."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from opscli.config.document import Document
from opscli.config.reader import read_yaml
from opscli.config.reference import as_yaml
from opscli.config.schemas import assemble, smallest_example, types_of, version_of
from opscli.config.validate import validate
from opscli.kinds import PACKAGE_FOLDER, config_kinds, load_config_kind, read_schema

KINDS = tuple(config_kinds())
OUTLINE = {"kind", "version", "owner", "purpose", "runbook"}
"""Keys that the document keeps for every kind; a spec need not repeat them."""
KEPT_AS = {("campaign", "class"): "class_", ("campaign", "send"): "steps", ("channel", "from"): "sender"}
"""Python's own words, and short forms that become a long one."""
PACKAGES = sorted(
    {
        rule if isinstance(rule, str) else rule["package"]
        for path in config_kinds().values()
        for rule in re.findall(r'"x-types": "([^"]+)"', path.read_text(encoding="utf-8"))
        + re.findall(r'"x-types": \{\s*"package": "([^"]+)"', path.read_text(encoding="utf-8"))
    }
)
TYPES = [(package, name) for package in PACKAGES for name in types_of(package)]


def smallest(kind: str) -> Document:
    """The smallest legal file, read as a user's file is."""
    tree, issues = read_yaml(as_yaml(smallest_example(kind)), f"{kind}.yaml")
    assert not issues
    assert tree is not None
    data = {"name": "x", **tree.data}
    version = version_of(kind)
    return Document(kind=kind, version=version, name=data["name"], file=f"{kind}.yaml", data=data, marks=tree.marks)


def described(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, bool]]:
    """Every property at and below a schema node, and whether it says what it means."""
    for name, child in node.get("properties", {}).items():
        if isinstance(child, Mapping):
            where = f"{path}.{name}"
            reference = child.get("$ref") or any("$ref" in part for part in child.get("allOf", ()))
            yield where, "description" in child or bool(reference)
            yield from described(child, where)
            yield from described(child.get("items", {}), where + "[]")


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_valid_and_closed(kind: str) -> None:
    schema = assemble(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert validate(dataclasses.replace(smallest(kind), data={**smallest(kind).data, "no_such_key": 1}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_says_what_it_means(kind: str) -> None:
    schema = assemble(kind)
    assert schema.get("description") or schema.get("title")
    assert [where for where, said in described(schema) if not said] == []
    assert [where for node in schema["$defs"].values() for where, said in described(node) if not said] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_file_is_legal_and_parses(kind: str) -> None:
    document = smallest(kind)
    assert validate(document) == ()
    spec: Any = load_config_kind(kind).parse(document)
    parameters: Any = getattr(spec, "__dataclass_params__")  # noqa: B009  mypy does not know the attribute
    assert parameters.frozen, "a spec is frozen"
    assert spec.document is document


@pytest.mark.parametrize("kind", KINDS)
def test_the_spec_keeps_every_key(kind: str) -> None:
    spec: Any = load_config_kind(kind).parse(smallest(kind))
    fields = {field.name for field in dataclasses.fields(spec)}
    stated = read_schema(config_kinds()[kind])["properties"]
    # A key with one legal value says nothing that the program would have to keep.
    own = {name for name, node in stated.items() if "const" not in node and node.get("type") != "null"} - OUTLINE
    lost = {name for name in own if KEPT_AS.get((kind, name), name) not in fields}
    assert not lost, f"keys that the schema allows and the spec forgets: {lost}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_default_of_the_schema_is_legal(kind: str) -> None:
    schema = assemble(kind)
    validator = jsonschema.Draft202012Validator(schema)
    for name, node in schema["properties"].items():
        if isinstance(node, Mapping) and "default" in node:
            assert validator.evolve(schema={**node, "$defs": schema["$defs"]}).is_valid(node["default"]), name


@pytest.mark.parametrize(("package", "name"), TYPES)
def test_a_type_is_a_module_and_a_fragment_that_explains_itself(package: str, name: str) -> None:
    fragment = types_of(package)[name]
    folder = PACKAGE_FOLDER.joinpath(*package.split(".")[1:])
    assert (folder / f"{name}.py").is_file()
    assert fragment.get("description") or fragment.get("title")
    assert [where for where, said in described(fragment) if not said] == []
    assert fragment.get("examples"), "a fragment shows its smallest form"
