"""Conditions in blocks: `{all: […], any: […], none: […]}`, nested and mixed with texts, over the same tree.

`none: [a, b]` is `not (a or b)`; several keys of one block must all hold. Each text is read alone, so that its
parentheses and quotes end in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opscli.config.validate import did_you_mean
from opscli.phrases import say
from opscli.rules.scan import MAX_CHARACTERS, MAX_NESTING, too_deep
from opscli.rules.tree import Node, RuleInvalid

if TYPE_CHECKING:
    from opscli.config.document import Place

Written = str | Mapping[str, Any]
"""A condition as it stands in a file: a text, or a block."""

BLOCKS = {"all": "and", "any": "or", "none": "or"}
MAX_TEXTS = 200

Join = Callable[[str, tuple[Node, ...]], Node]
"""Makes `and`, `or`, `not` of nodes."""


def read(written: Written, leaf: Callable[[str], Node], join: Join) -> Node:
    """The tree of a condition; `leaf` reads a text. Raises RuleInvalid whose `path` leads to the text in question."""
    found = list(texts(written))
    if len(found) > MAX_TEXTS or sum(len(text) for _, text in found) > MAX_CHARACTERS:
        raise RuleInvalid(
            say("rules.too_many_texts", count=len(found)),
            why=say("rules.texts_bound", limit=MAX_TEXTS, characters=MAX_CHARACTERS),
            how=say("rules.split"),
        )
    return _fold(written, {path: _read_one(path, text, leaf) for path, text in found}, (), join)


def texts(written: object, path: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text of a condition with its path. Raises RuleInvalid for what is neither text nor block."""
    if isinstance(written, str):
        yield path, written
        return
    for key, items in _blocks(written, path):
        for index, item in enumerate(items):
            yield from texts(item, (*path, key, index))


def _blocks(written: object, path: Place) -> list[tuple[str, list[Any]]]:
    if len(path) > 2 * MAX_NESTING:
        raise _at(path, too_deep(0))
    if not isinstance(written, Mapping) or not written:
        raise _at(path, RuleInvalid(say("rules.no_condition"), how=say("rules.write_blocks")))
    for key, items in written.items():
        if key not in BLOCKS:
            how = did_you_mean(str(key), BLOCKS, otherwise=say("rules.write_blocks"))
            raise _at(path, RuleInvalid(say("rules.unknown_block", key=key), how=how))
        if not isinstance(items, (list, tuple)) or not items:
            raise _at((*path, key), RuleInvalid(say("rules.empty_block", key=key), how=say("rules.write_blocks")))
    return list(written.items())


def _read_one(path: Place, text: str, leaf: Callable[[str], Node]) -> Node:
    try:
        return leaf(text)
    except RuleInvalid as error:
        raise _at(path, error) from error.__cause__


def _fold(written: Written, leaves: Mapping[Place, Node], path: Place, join: Join) -> Node:
    if isinstance(written, str):
        return leaves[path]
    parts = []
    for key, items in written.items():
        nodes = tuple(_fold(item, leaves, (*path, key, index), join) for index, item in enumerate(items))
        joined = join(BLOCKS[key], nodes) if len(nodes) > 1 else nodes[0]
        parts.append(join("not", (joined,)) if key == "none" else joined)
    return join("and", tuple(parts)) if len(parts) > 1 else parts[0]


def _at(path: Place, error: RuleInvalid) -> RuleInvalid:
    error.path = path
    return error
