"""Every text of a schema says itself in Chinese too, beside the English one, so that a kind brings all its texts along."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from opscli.config.meaning import BY_NAME, DATA, TRANSLATED
from opscli.config.schemas import SHARED
from opscli.engine.entity import standard_entities
from opscli.kinds import PACKAGE_FOLDER, read_schema

FRAGMENTS = sorted(
    path for path in PACKAGE_FOLDER.rglob("*.schema.json") if not re.search(r"\.v\d+\.schema", path.name)
)
"""The current ones: a frozen version keeps every byte."""
CHINESE = re.compile("[\u4e00-\u9fff]")
CODE = re.compile(r"`[^`]*`")
TEXTS = (*TRANSLATED, "x-form")


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema node with its place; names that people give and data are no nodes."""
    if isinstance(node, list):
        for item in node:
            yield from nodes(item, place)
    elif isinstance(node, Mapping):
        yield place, node
        for keyword, value in node.items():
            if keyword in (*BY_NAME, "x-preset-properties") and isinstance(value, Mapping):
                for name, child in value.items():
                    yield from nodes(child, f"{place}.{name}")
            elif keyword not in DATA and not keyword.startswith("x-"):
                yield from nodes(value, f"{place}[]" if keyword == "items" else place)


def flaws(schema: Mapping[str, Any]) -> Iterator[str]:
    for place, node in nodes(schema):
        for word in TEXTS:
            english, chinese = pair(node, word, root=node is schema)
            if english and (english == chinese or not CHINESE.search(chinese)):
                yield f"{place} {word}: no Chinese beside {english!r}"
            elif sorted(CODE.findall(english)) != sorted(CODE.findall(chinese)):
                yield f"{place} {word}: other code words than {english!r}"


def pair(node: Mapping[str, Any], word: str, *, root: bool) -> tuple[str, str]:
    """The English and the Chinese text. The title of a fragment is read only where it has no description."""
    if word == "x-form":
        texts = node.get(word, "")
        return (texts["en"], texts["zh"]) if isinstance(texts, Mapping) else (texts, "")
    stated = node.get(word)
    if not isinstance(stated, str) or (word == "title" and root and "description" in node):
        return "", ""
    return stated, node.get(f"x-{word}", {}).get("zh", "")


@pytest.mark.parametrize("path", [*FRAGMENTS, SHARED], ids=lambda path: path.name)
def test_every_text_of_a_schema_has_its_chinese(path: Path) -> None:
    assert list(flaws(read_schema(path))) == []


@pytest.mark.parametrize("name", sorted(standard_entities()))
def test_every_column_of_a_shipped_entity_has_its_chinese(name: str) -> None:
    schema = standard_entities()[name].schema
    assert all("description" in node for node in schema["properties"].values())
    assert list(flaws(schema)) == []


def test_a_chinese_text_belongs_to_an_english_one() -> None:
    idle = [
        f"{path.name}{place} x-{word}"
        for path in (*FRAGMENTS, SHARED)
        for place, node in nodes(json.loads(path.read_text(encoding="utf-8")))
        for word in TRANSLATED
        if isinstance(node.get(f"x-{word}"), Mapping) and "zh" in node[f"x-{word}"] and word not in node
    ]
    assert idle == []


def test_the_check_sees_what_is_missing_or_other() -> None:
    bare = {"properties": {"a": {"description": "Say `x`."}, "b": {"x-form": "a list"}}}
    other = {"properties": {"a": {"description": "Say `x`.", "x-description": {"zh": "写作 `y`。"}}}}
    same = {"items": {"description": "Text.", "x-description": {"zh": "Text."}}}
    assert [len(list(flaws(schema))) for schema in (bare, other, same)] == [2, 1, 1]
