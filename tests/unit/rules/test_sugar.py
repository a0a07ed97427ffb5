"""Conditions in blocks are the same tree as in one text, and their errors point into the block."""

from __future__ import annotations

from typing import Any

import pytest

from opscli.errors import ConfigInvalid
from opscli.rules.language import condition, mentions
from opscli.rules.sugar import MAX_TEXTS
from opscli.rules.text import source
from opscli.rules.tree import RuleInvalid
from tests.unit.conftest import Shop

NAMES = {"n": "integer", "m": "integer", "s": "text", "b": "boolean"}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"all": ["n > 1", "b"]}, "n > 1 and b"),
        ({"any": ["n > 1", "b"]}, "n > 1 or b"),
        ({"none": ["n > 1", "b"]}, "not (n > 1 or b)"),
        ({"none": ["n > 1"]}, "not n > 1"),
        ({"any": ["b"]}, "b"),
        ({"all": ["n > 1 or b", {"any": ["n = 1", {"none": ["b"]}]}]}, "(n > 1 or b) and (n = 1 or not b)"),
        ({"all": ["b", "n > 1"], "none": ["m = 2"]}, "b and n > 1 and not m = 2"),
        ({"all": ["b and n > 1", {"all": ["m = 2"]}]}, "b and n > 1 and m = 2"),
    ],
)
def test_blocks_are_the_tree_of_a_text(written: Any, text: str) -> None:
    found = condition(written, NAMES)
    assert (found.text, source(found)) == (text, text)
    assert source(condition(text, NAMES)) == text


@pytest.mark.parametrize(
    ("written", "path", "offset", "what"),
    [
        ({"all": ["b", "n > 1 and x = 2"]}, ("all", 1), 10, 'unknown name "x"'),
        ({"any": [{"none": ["b", "n >"]}]}, ("any", 0, "none", 1), 2, "cannot be read"),
        ({"all": ["b", "n + 1"]}, ("all", 1), 0, "this gives integer"),
        ({"all": ["b) or (b"]}, ("all", 0), 1, "closing parenthesis"),
        ({"all": ["s = 'a", "b'"]}, ("all", 0), 4, "closing quote"),
        ({"al": ["b"]}, (), 0, 'unknown block "al"'),
        ({"all": []}, ("all",), 0, "without a list"),
        ({"all": [3]}, ("all", 0), 0, "no condition"),
        ({}, (), 0, "no condition"),
        ({"all": ["b"] * (MAX_TEXTS + 1)}, (), 0, "201 texts"),
        ({"all": ["b and " * 130 + "b"] * 20}, (), 0, "20 texts"),
    ],
)
def test_an_error_leads_to_its_text(written: Any, path: tuple[str | int, ...], offset: int, what: str) -> None:
    with pytest.raises(RuleInvalid) as caught:
        condition(written, NAMES)
    assert (caught.value.path, caught.value.offset) == (path, offset)
    assert what in caught.value.what


def test_nesting_has_a_bound() -> None:
    written: Any = "b"
    for _ in range(2_000):
        written = {"all": [written]}
    with pytest.raises(RuleInvalid, match="nested too deeply"):
        condition(written, NAMES)


def test_blocks_say_what_they_mention() -> None:
    written = {"any": ["x > 1", {"none": ["has_tag('y')", "tag_since('z') is null and had_tag('not_now')"]}]}
    assert mentions(written) == (frozenset({"x"}), frozenset({"y", "z"}))
    assert mentions({"any": ["x > 'open"]}) == (frozenset(), frozenset())


def test_every_place_takes_blocks_and_points_at_the_line(shop: Shop) -> None:
    shop.write(
        "tags/value.yaml",
        "kind: tags\nversion: 1\ndimension: value\ntags:\n  - name: vip\n    when:\n      all:\n"
        "        - id is not null\n        - any:\n            - 'colour = 1'\n",
    )
    shop.write(
        "traits/t.yaml",
        "kind: traits\nversion: 1\ntraits:\n  big:\n    count: orders\n    where: {any: [amount > 5, {none: [x = 1]}]}\n",
    )
    shop.write(
        "sources/o.yaml",
        "kind: source\nversion: 1\npath: o.csv\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: v}\n"
        "where: {all: [status = 'paid', \"within(at, '3d')\"]}\n",
    )
    shop.write(
        "metrics/m.yaml",
        "kind: metric\nversion: 1\nname: m\ntype: count\nof: orders\nwhere: {none: [\"bucket('x', 2) = 1\"]}\n",
    )
    with pytest.raises(ConfigInvalid) as caught:
        shop.project()
    places = {(issue.file.rpartition("/")[2], issue.line, issue.column) for issue in caught.value.issues}  # type: ignore[attr-defined]
    assert places == {("value.yaml", 10, 16), ("t.yaml", 6, 39), ("o.yaml", 6, 33), ("m.yaml", 6, 17)}
