"""The whole JSON Schema of each kind, assembled from the fragments that lie beside the code.

A fragment may say at any object `"x-types": "opscli.delivery.channels"`: then each type in that package adds its
own properties, chosen by the property `type`. The long form `{"package": …, "by": …, "default": …}` names another
property, or the type that holds when it is left out; with `"by": null` the type's name is itself a key, the fragment
its value, one of them (with `"many": true` any number of them). The `$defs` of shared.json (label, secret, duration,
share, url_or_secret) exist in every kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from opscli.kinds import PACKAGE_FOLDER, config_kinds, frozen_versions, kinds_in, read_schema

SHARED = Path(__file__).parent / "shared.json"
"""`properties` that every kind has, those of kinds that presets ship, and `$defs` that every kind may refer to."""


@cache
def assemble(kind: str) -> dict[str, Any]:
    """The schema of a whole document of that kind. Raises KeyError for an unknown kind."""
    schema: dict[str, Any] = _copy(read_schema(config_kinds()[kind]))
    shared = read_schema(SHARED)
    definitions: dict[str, Any] = {**_copy(shared["$defs"]), **schema.get("$defs", {})}
    more = {**shared["properties"], **(shared["x-preset-properties"] if schema.get("x-presets") else {})}
    for name, node in _copy(more).items():
        schema["properties"].setdefault(name, node)
    schema["$defs"] = definitions
    schema = _expand(schema, definitions)
    expanded = {name: _expand(node, definitions) for name, node in list(definitions.items())}
    schema["$defs"] = {**definitions, **expanded}  # a type that is expanded inside a definition brings its own
    return schema


def folder_of(kind: str) -> str:
    """Folder of a kind under configs/: `tags`, `.` for the single files, `../jobs`."""
    folder: str = read_schema(config_kinds()[kind])["x-folder"]
    return folder


def schema_of(kind: str, version: int) -> dict[str, Any]:
    """The schema of a whole document in one version, the current or a frozen one. Raises KeyError for any other."""
    return assemble(kind) if version == version_of(kind) else read_schema(frozen_versions(kind)[version])


def versions_of(kind: str) -> tuple[int, ...]:
    """Every version that can be read, oldest first; the last is the current one, the others are upgraded to it."""
    return (*frozen_versions(kind), version_of(kind))


def version_of(kind: str) -> int:
    """The current version of a kind's schema."""
    version: int = read_schema(config_kinds()[kind])["x-version"]
    return version


def smallest_example(kind: str) -> Mapping[str, Any]:
    """The smallest legal file of a kind."""
    example: Mapping[str, Any] = read_schema(config_kinds()[kind])["examples"][0]
    return example


def types_of(package: str) -> dict[str, dict[str, Any]]:
    """Fragments of the types in a package folder, by name."""
    folder = PACKAGE_FOLDER.joinpath(*package.split(".")[1:])
    return {name: _copy(read_schema(folder / f"{name}.schema.json")) for name in kinds_in(package)}


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _expand(node: Any, definitions: dict[str, Any]) -> Any:
    """The node with every `x-types` replaced by the types' own properties."""
    if isinstance(node, list):
        return [_expand(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    # Expanded once at the root, because a type's own definitions join them on the way.
    expanded = {key: value if key == "$defs" else _expand(value, definitions) for key, value in node.items()}
    rule = node.get("x-types")
    if isinstance(rule, str):
        rule = {"package": rule}
    # A property may be called x-types too, then its value is a schema without a package.
    return _with_types(expanded, rule, definitions) if isinstance(rule, dict) and "package" in rule else expanded


def _with_types(node: dict[str, Any], rule: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    fragments = {name: _hoisted(name, part, definitions) for name, part in types_of(rule["package"]).items()}
    by = rule.get("by", "type")
    if by is None:
        return _by_key(node, fragments, many=rule.get("many", False))
    return _by_property(node, fragments, by, rule.get("default"))


def _by_key(node: dict[str, Any], fragments: Mapping[str, dict[str, Any]], *, many: bool) -> dict[str, Any]:
    """The types' names are keys beside the node's own properties: exactly one of them, or any number."""
    own = {key: value for key, value in node.items() if key != "x-types"}
    properties = {**node.get("properties", {}), **fragments}
    one = {} if many else {"oneOf": [{"required": [name]} for name in fragments]}
    return {**own, "properties": properties, "additionalProperties": False, **one}


def _by_property(
    node: dict[str, Any], fragments: Mapping[str, dict[str, Any]], by: str, default: str | None
) -> dict[str, Any]:
    """One branch per type; each has the node's properties and its own, and no others."""
    own = {key: value for key, value in node.items() if key not in ("additionalProperties", "x-types", "$defs")}
    own_properties = node.get("properties", {})
    branches = []
    for name, fragment in fragments.items():
        condition: dict[str, Any] = {"properties": {by: {"const": name}}}
        if default != name:
            condition["required"] = [by]
        then = {
            **{key: value for key, value in fragment.items() if key not in ("$schema", "examples", "title", "$defs")},
            "properties": {**fragment.get("properties", {}), **dict.fromkeys(own_properties, True)},
            "additionalProperties": False,
        }
        branches.append({"if": condition, "then": then})
    words = own_properties.get(by, {})
    required = [*own.get("required", ()), *([by] if default is None else [])]
    return {
        **own,
        "required": list(dict.fromkeys(required)),
        "properties": {**own_properties, by: {**words, "enum": list(fragments)}},
        "allOf": [*own.get("allOf", ()), *branches],
    }


def _hoisted(name: str, fragment: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The fragment with its own `$defs` moved to the root under `<type>.<name>`, so that its references hold there."""
    local = fragment.pop("$defs", {})
    renamed = {f"#/$defs/{key}": f"#/$defs/{name}.{key}" for key in local}
    for key, value in local.items():
        definitions[f"{name}.{key}"] = _referring(value, renamed)
    moved: dict[str, Any] = _referring(_expand(fragment, definitions), renamed)
    return moved


def _referring(node: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_referring(item, renamed) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: renamed.get(value, value) if key == "$ref" and isinstance(value, str) else _referring(value, renamed)
        for key, value in node.items()
    }
