"""The registries are folder listings: a kind is a module with a JSON-Schema fragment beside it.

`type: email` is `delivery/channels/email.py` with `email.schema.json`; dropping both files in adds the kind.
"""

from __future__ import annotations

import importlib
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE_FOLDER = Path(__file__).parent


@cache
def kinds_in(package: str) -> tuple[str, ...]:
    """Names of the types in a package folder, sorted: modules with a `<name>.schema.json` that states no `x-folder`."""
    folder = PACKAGE_FOLDER.joinpath(*package.split(".")[1:])
    names = (path.name.removesuffix(".schema.json") for path in folder.glob("*.schema.json") if not _is_config(path))
    return tuple(sorted(name for name in names if folder.joinpath(f"{name}.py").exists()))


def load_kind(package: str, name: str) -> ModuleType:
    """Import the module of one type. Raises KeyError when the folder has no such type."""
    if name not in kinds_in(package):
        raise KeyError(name)
    return importlib.import_module(f"{package}.{name}")


@cache
def config_kinds() -> dict[str, Path]:
    """Every config kind and its schema: files `<kind>.schema.json` anywhere in the package that state `x-folder`."""
    paths = sorted(PACKAGE_FOLDER.rglob("*.schema.json"))
    named = {path.name.removesuffix(".schema.json"): path for path in paths if _is_config(path)}
    return {name: path for name, path in named.items() if "." not in name}  # `health.v1` is a frozen version of health


@cache
def frozen_versions(kind: str) -> dict[int, Path]:
    """Earlier versions of a kind: `<kind>.v<N>.schema.json` beside its schema, whole and never changed again."""
    schema = config_kinds()[kind]
    paths = schema.parent.glob(f"{kind}.v*.schema.json")
    numbered = {int(path.name.split(".")[1].removeprefix("v")): path for path in paths}
    return dict(sorted(numbered.items()))


@cache
def load_upgrade(kind: str, version: int) -> ModuleType:
    """The module `<kind>_v<N>` beside a frozen version; its `upgrade(data)` gives the data in the next version."""
    relative = config_kinds()[kind].parent.joinpath(f"{kind}_v{version}").relative_to(PACKAGE_FOLDER)
    return importlib.import_module(".".join(("opscli", *relative.parts)))


def load_config_kind(kind: str) -> ModuleType:
    """The module beside a config kind's schema; it offers `parse`, `provides` and `check`."""
    relative = config_kinds()[kind].parent.joinpath(kind).relative_to(PACKAGE_FOLDER)
    return importlib.import_module(".".join(("opscli", *relative.parts)))


@cache
def read_schema(path: Path) -> dict[str, Any]:
    """The JSON document of a schema fragment."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _is_config(path: Path) -> bool:
    return "x-folder" in read_schema(path)
