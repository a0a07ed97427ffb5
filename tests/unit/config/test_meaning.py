"""What a schema's node says, in the language that is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from opscli.config import meaning
from opscli.config.export import draft_07
from opscli.config.guide import guide
from opscli.config.reference import resolved
from opscli.config.schemas import assemble
from opscli.phrases import in_english, use

NODE = {"description": "The zone. As in ISO 8601.", "x-description": {"zh": "时区。写法同 ISO 8601。"}}


@pytest.fixture
def chinese() -> Iterator[None]:
    use("zh")
    yield
    use("en")


def test_english_without_a_choice() -> None:
    assert meaning.description(NODE) == "The zone. As in ISO 8601."
    assert meaning.clause(NODE) == "the zone. As in ISO 8601"
    assert meaning.clause({"description": "ISO code."}) == "ISO code"
    assert meaning.description({}) == meaning.clause({}) == meaning.about({}) == meaning.form({}) == ""


@pytest.mark.usefixtures("chinese")
def test_chinese_where_the_schema_has_it_and_english_in_logs() -> None:
    assert meaning.description(NODE) == "时区。写法同 ISO 8601。"
    assert meaning.clause(NODE) == "时区。写法同 ISO 8601"
    assert in_english(meaning.clause(NODE)) == "the zone. As in ISO 8601"
    assert meaning.description({"description": "A column of the user's."}) == "A column of the user's."


@pytest.mark.usefixtures("chinese")
def test_the_title_speaks_where_there_is_no_description() -> None:
    named = {"title": "Facts", "x-title": {"zh": "事实"}}
    assert meaning.about(named) == "事实"
    assert meaning.about({**named, **NODE}) == "时区。写法同 ISO 8601。"


@pytest.mark.usefixtures("chinese")
def test_a_form_is_stated_or_follows_from_what_the_key_is() -> None:
    assert meaning.form({"x-form": {"en": "a share", "zh": "比例"}}) == "比例"
    assert meaning.form({"x-form": "a share"}) == "a share"  # as frozen versions write it
    assert meaning.form({"x-secret": True}) == "密钥引用"


@pytest.mark.usefixtures("chinese")
def test_words_beside_a_reference_win_in_every_language() -> None:
    root = {"$defs": {"zone": {"type": "string", **NODE}}}
    assert meaning.description(resolved({"$ref": "#/$defs/zone"}, root)) == "时区。写法同 ISO 8601。"
    own = resolved({"$ref": "#/$defs/zone", "description": "Zone of the shop."}, root)
    assert meaning.description(own) == "Zone of the shop."
    assert own["type"] == "string"


@pytest.mark.usefixtures("chinese")
def test_an_exported_schema_speaks_one_language_and_loses_nothing_else() -> None:
    for kind in ("campaign", "entity", "test"):
        whole = assemble(kind)
        assert _compared(meaning.spoken(whole)) == _compared(whole)
    column = meaning.spoken(assemble("entity"))["$defs"]["column"]
    assert column["properties"]["description"]["description"] == "该列存放的内容。"
    assert "x-description" in column["properties"], "a key of that name stays"
    assert draft_07(meaning.spoken(assemble("campaign")))["definitions"]["conditions"]["x-form"] == "条件列表"


def test_an_english_export_has_the_texts_as_they_were_written() -> None:
    assert meaning.spoken(assemble("tags"))["properties"]["dimension"] == {
        key: value for key, value in assemble("tags")["properties"]["dimension"].items() if key != "x-description"
    }


@pytest.mark.usefixtures("chinese")
def test_a_guide_through_data_keeps_the_texts() -> None:
    node = guide("campaign").child("topic", {}).node
    assert meaning.description(node) == "征得授权时所针对的主题。"


def _compared(node: Any, *, names: bool = False) -> Any:
    """A schema without its texts and their translations."""
    if isinstance(node, list):
        return [_compared(item) for item in node]
    if not isinstance(node, dict):
        return node
    texts = ("x-form", *(word for name in meaning.TRANSLATED for word in (name, f"x-{name}")))
    return {
        key: _compared(value, names=key in meaning.BY_NAME and not names)
        for key, value in node.items()
        if names or key not in texts
    }
