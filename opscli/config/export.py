"""Schemas for editors: each kind as JSON Schema 2020-12, and as the draft-07 that most YAML plug-ins read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from opscli.config.schemas import assemble, version_of

DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def write_schemas(folder: Path, kinds: tuple[str, ...]) -> Iterator[Path]:
    """Write `<kind>.v<N>.schema.json` and its draft-07 twin for each kind; yields the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        schema = assemble(kind)
        stem = f"{kind}.v{version_of(kind)}"
        for name, content in ((f"{stem}.schema.json", schema), (f"{stem}.draft-07.json", draft_07(schema))):
            path = folder / name
            path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            yield path


def draft_07(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same rules in draft-07, which calls some keywords otherwise and ignores what stands beside a `$ref`."""
    return {**_older(schema), "$schema": DRAFT_07}


def modeline(folder: str, kind: str) -> str:
    """First line of a config file that tells an editor its schema."""
    return f"# yaml-language-server: $schema={folder}/{kind}.v{version_of(kind)}.draft-07.json"


def _older(node: Any) -> Any:
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, dict | Mapping):
        return node.replace("#/$defs/", "#/definitions/") if isinstance(node, str) else node
    renamed = {"$defs": "definitions", "dependentRequired": "dependencies"}
    older = {renamed.get(key, key): _older(value) for key, value in node.items()}
    if "$ref" in older and len(older) > 1:
        older["allOf"] = [*older.get("allOf", ()), {"$ref": older.pop("$ref")}]
    return older
