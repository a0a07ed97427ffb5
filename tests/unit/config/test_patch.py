from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opscli.config.patch import CannotPatchError, comments, patched
from opscli.config.reader import read_yaml
from tests.unit.config.written import written

WORDS = st.sampled_from(
    ("a", "b", "high_value", "say 'no'", 'a "b" # c', "新客户: 1", "0123", "true", "x = 1, y", "", "- z")
)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-9, 99), st.floats(0, 1).map(lambda x: round(x, 2)), WORDS)
NODES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqrstu"), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(("kind", "version", "name", "alert", "more")), NODES, min_size=1)


def data_of(text: str) -> Any:
    tree, problems = read_yaml(text, "x.yaml")
    assert (problems, tree is None) == ((), False), (text, problems)
    return tree.data  # type: ignore[union-attr]


def renamed(data: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    return {name if word == key else word: value for word, value in data.items()}


@settings(max_examples=60)
@given(st.data())
def test_names_and_words_change_and_nothing_else(choose: st.DataObject) -> None:
    before = choose.draw(DOCUMENTS)
    text = choose.draw(written(before))
    assert repr(data_of(text)) == repr(before)
    key = choose.draw(st.sampled_from(sorted(before)))
    after = renamed(before, key, "renamed")
    if not isinstance(before[key], dict | list):
        after["renamed"] = choose.draw(WORDS)
    changed = patched(text, before, after)
    assert repr(data_of(changed)) == repr(after)
    assert comments(changed) == comments(text)
    assert patched(changed, after, after) == changed
    assert patched(changed, after, renamed(after, "renamed", key)).count("\r") == text.count("\r")


@settings(max_examples=60)
@given(st.data())
def test_keys_come_and_go_and_every_comment_stays(choose: st.DataObject) -> None:
    before = choose.draw(DOCUMENTS)
    text = choose.draw(written(before))
    after = copy.deepcopy(before)
    inner = next((value for value in after.values() if isinstance(value, dict)), after)
    if inner and choose.draw(st.booleans()):
        del inner[choose.draw(st.sampled_from(sorted(inner)))]
    inner["added"] = choose.draw(NODES)
    try:
        changed = patched(text, before, after)
    except CannotPatchError:
        return
    assert repr(data_of(changed)) == repr(after)
    assert sorted(comments(changed)) == sorted(comments(text))


def test_a_key_is_added_and_removed_where_its_neighbours_are() -> None:
    text = "a: 1 # one\n# two\nb:\n  c: 2 # three\n  d: {e: 3, f: 4}\n"
    before = data_of(text)
    after = {"a": 1, "new": "0123", "b": {"d": {"f": 4, "g": [True, None]}}}
    expected = 'a: 1 # one\nnew: "0123"\n# two\nb:\n  # three\n  d: {f: 4, g: [true, null]}\n'
    assert patched(text, before, after) == expected


def test_an_anchor_stays_and_what_leant_on_it_keeps_its_value() -> None:
    text = "a: &x 30 # days\nb: *x\nc: *x\n"
    assert (
        patched(text, {"a": 30, "b": 30, "c": 30}, {"a": "30d", "b": 30, "c": "30d"})
        == "a: &x 30d # days\nb: 30\nc: *x\n"
    )


def test_what_would_lose_a_comment_is_refused() -> None:
    with pytest.raises(CannotPatchError):
        patched("a: [1, # why\n  2]\n", {"a": [1, 2]}, {"a": 3})
