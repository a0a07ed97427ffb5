"""What a schema's node says to people, in the language that is spoken.

`description` and `title` are English, because editors read them; their other languages stand beside them as
`"x-description": {"zh": "…"}` and `"x-title": {"zh": "…"}`, so that a kind brings all its texts along. `x-form` is a
word of ours and has every language in itself: {en, zh}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opscli.phrases import say, stated

TRANSLATED = ("description", "title")
"""Words of JSON Schema that are texts for people."""
_OTHERS = frozenset(f"x-{word}" for word in TRANSLATED)
BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose keys are names of the user's, not words of JSON Schema."""
DATA = ("const", "enum", "examples", "default")
"""Keywords whose values are data."""
Node = Mapping[str, Any]


def description(node: Node) -> str:
    """What the node means, a sentence or more; "" where the schema says nothing."""
    return _text(node, "description")


def title(node: Node) -> str:
    """The node's short name; "" where it has none."""
    return _text(node, "title")


def about(node: Node) -> str:
    """The description, or the title of a node that has only this."""
    return description(node) or title(node)


def clause(node: Node) -> str:
    """The description within a sentence: it begins small and ends without a stop."""
    texts = {language: _inner(text) for language, text in _texts(node, "description").items()}
    return stated(texts) if texts else ""


def form(node: Node) -> str:
    """What may stand there in a few words, where the schema says so itself; "" otherwise."""
    found = node.get("x-form", "")
    if isinstance(found, Mapping):
        return stated(found)
    return str(found) or (say("config.form_secret") if node.get("x-secret") else "")


def beside(target: Node, node: Node) -> dict[str, Any]:
    """The target of a reference under the words that stand beside the reference; those win in every language."""
    own = {key: value for key, value in node.items() if key not in ("$ref", "allOf")}
    hidden = _OTHERS & {f"x-{word}" for word in own}
    return {**{key: value for key, value in target.items() if key not in hidden}, **own}


def spoken(schema: Any) -> Any:
    """The schema with its texts in the language that is spoken, for readers that know one language only."""
    if isinstance(schema, list):
        return [spoken(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    told = {word: text for word in TRANSLATED if (text := _text(schema, word))}
    if "x-form" in schema:
        told["x-form"] = form(schema)
    return {
        key: told[key] if key in told else _spoken(key, value) for key, value in schema.items() if key not in _OTHERS
    }


def _spoken(keyword: str, value: Any) -> Any:
    if keyword in DATA:
        return value
    if keyword in BY_NAME and isinstance(value, Mapping):
        return {name: spoken(child) for name, child in value.items()}
    return spoken(value)


def _text(node: Node, word: str) -> str:
    texts = _texts(node, word)
    return stated(texts) if texts else ""


def _texts(node: Node, word: str) -> dict[str, str]:
    """By language; none where the node says nothing. A description that is no text is a key of that name."""
    english, others = node.get(word), node.get(f"x-{word}")
    if not isinstance(english, str) or not english:
        return {}
    return {"en": english, **(others if isinstance(others, Mapping) else {})}


def _inner(sentence: str) -> str:
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].lower()  # ISO stays ISO
    return first + sentence[1:].rstrip(".。")
