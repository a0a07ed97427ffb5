"""Schemas for editors: every version of a kind as JSON Schema 2020-12, and as the draft-07 that most plug-ins read.

Editors show one text at a key, so the schemas are written in the language that is spoken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opscli.config.files import not_written, private_folder
from opscli.config.load import ANYWHERE, JOBS
from opscli.config.meaning import BY_NAME, DATA, spoken
from opscli.config.schemas import folder_of, schema_of, version_of, versions_of

SCHEMAS = Path(".opscli") / "schemas"
"""Where the files for editors lie in a project; made anew by `config schema --write`, so not kept in git."""
INDEX = "index.json"
DRAFT_07 = "http://json-schema.org/draft-07/schema#"

_RENAMED = {"$defs": "definitions", "dependentRequired": "dependencies"}


def write_schemas(root: Path, kinds: Sequence[str]) -> Iterator[Path]:
    """Write both forms of every version of the kinds, and the index; yields the files written. Raises CannotCreate."""
    folder = root / SCHEMAS
    texts = {
        name: content
        for kind in kinds
        for version in versions_of(kind)
        for name, content in _files(kind, version, schema_of(kind, version))
    }
    for name, content in {**texts, INDEX: index(kinds)}.items():
        path = folder / name
        try:
            private_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise not_written(str(path), error) from error
        yield path


def index(kinds: Sequence[str]) -> dict[str, Any]:
    """Which files belong to which schema. `yaml.schemas` is the setting of that name in editors, ready to be copied."""
    current = {kind: draft_07_name(kind, version_of(kind)) for kind in kinds}
    return {
        "schemas": [
            {
                "kind": kind,
                "version": version,
                "current": version == version_of(kind),
                "files": files_of(kind),
                "schema": schema_name(kind, version),
                "draft_07": draft_07_name(kind, version),
            }
            for kind in kinds
            for version in versions_of(kind)
        ],
        "yaml.schemas": {
            (SCHEMAS / name).as_posix(): files for kind, name in current.items() if (files := files_of(kind))
        },
    }


def files_of(kind: str) -> list[str]:
    """Patterns, relative to the project, of the YAML files of a kind; none for kinds that are folders of texts."""
    folder = folder_of(kind)
    if "x-files" in schema_of(kind, version_of(kind)):
        return []
    if folder == ".":
        return [f"configs/{kind}.yaml"]
    if folder == ANYWHERE:
        return [f"configs/**/*.{kind}.yaml"]
    # Tests lie beside what they are about. A plug-in that does not know `!` needs the first line (modeline.py).
    return ["jobs/**/*.yaml"] if folder == JOBS else [f"configs/{folder}/**/*.yaml", "!**/*.test.yaml"]


def schema_name(kind: str, version: int) -> str:
    """Name of the 2020-12 file."""
    return f"{kind}.v{version}.schema.json"


def draft_07_name(kind: str, version: int) -> str:
    """Name of the draft-07 file."""
    return f"{kind}.v{version}.draft-07.json"


def draft_07(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same rules in draft-07, which calls some keywords otherwise and ignores what stands beside a `$ref`."""
    return {**_older(schema), "$schema": DRAFT_07}


def _files(kind: str, version: int, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    told = spoken(schema)
    yield schema_name(kind, version), told
    yield draft_07_name(kind, version), draft_07(told)


def _older(node: Any) -> Any:
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    older = {_RENAMED.get(key, key): _older_value(key, value) for key, value in node.items()}
    if "$ref" in older and len(older) > 1:
        older["allOf"] = [*older.get("allOf", ()), {"$ref": older.pop("$ref")}]
    return older


def _older_value(keyword: str, value: Any) -> Any:
    if keyword == "$ref":
        return value.replace("#/$defs/", "#/definitions/")
    if keyword in BY_NAME:
        return {name: _older(child) for name, child in value.items()}
    return value if keyword in DATA else _older(value)
