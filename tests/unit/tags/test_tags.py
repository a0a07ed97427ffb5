"""The kinds `tags` and `traits`: what the schema allows is what the spec holds."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from opscli.config.schemas import assemble
from opscli.errors import ConfigInvalid
from opscli.tags.tags import Tag, TagSpec
from opscli.traits.model import TraitSpec

EVERYWHERE = {"kind", "version", "owner", "purpose", "runbook", "extends", "without"}


def test_schema_properties_are_the_fields_of_the_specs() -> None:
    schema = assemble("tags")
    assert set(schema["properties"]) - EVERYWHERE == {field.name for field in fields(TagSpec)} - {"document"}
    assert set(schema["properties"]["tags"]["items"]["properties"]) == {field.name for field in fields(Tag)} - {
        "position"
    }
    traits = {field.name for field in fields(TraitSpec)} - {"document", "problems"}
    assert set(assemble("traits")["properties"]) - EVERYWHERE == traits


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"tags": []}, "tags"),
        ({"tags": [{"name": "x"}]}, "when"),
        ({"tags": [{"name": "X y", "when": "true"}]}, "X y"),
        ({"tags": [{"name": "x", "when": "true", "wen": 1}]}, "wen"),
        ({"tags": [{"name": "x", "when": "true"}], "max_delta": 3}, "max_delta"),
    ],
)
def test_the_schema_refuses(shop: Any, body: dict[str, Any], words: str) -> None:
    shop.write("tags/t.yaml", {"kind": "tags", "version": 1, "dimension": "t", **body})
    with pytest.raises(ConfigInvalid) as caught:
        shop.project()
    assert words in "\n".join(caught.value.details)
    assert "configs/tags/t.yaml:" in caught.value.details[0]
