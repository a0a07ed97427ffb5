from __future__ import annotations

import copy
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.config.reader import KEY, MAX_NODES, read_yaml, resolve


def read(text: str) -> object:
    tree, issues = read_yaml(text, "x.yaml")
    assert not issues
    assert tree is not None
    return tree.data


def problems(text: str) -> list[str]:
    return [f"{issue.line}:{issue.column} {issue.what}" for issue in read_yaml(text, "x.yaml")[1]]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("2026-05-04", "2026-05-04"),
        ("0123", "0123"),
        ("1_000", "1_000"),
        ("+44 20", "+44 20"),
        ("1e999", "1e999"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("5.0", 5.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("'5'", "5"),
        ("5%", "5%"),
    ],
)
def test_scalars_follow_yaml_1_2(written: str, value: object) -> None:
    found = read(f"key: {written}")
    assert found == {"key": value}
    assert isinstance(found, dict)
    assert isinstance(found["key"], type(value)), "true is no 1"


def test_a_number_prints_as_it_was_written() -> None:
    number = resolve("1.10")
    assert number == 1.1
    assert str(number) == "1.10"
    assert str(copy.deepcopy(number)) == "1.10"


@given(st.text(alphabet="0123456789.eE+-_x:~ntruealsoNO", max_size=12))
def test_every_scalar_is_its_own_text_or_a_value_that_json_knows(text: str) -> None:
    value = resolve(text)
    assert value is None or isinstance(value, str | int | float | bool)
    if isinstance(value, str):
        assert value == text


def test_positions_of_values_and_keys() -> None:
    tree, _ = read_yaml("kind: tags\ntags:\n  - name: vip\n    when: 'a > 1'\n", "x.yaml")
    assert tree is not None
    assert tree.marks[("tags", 0, "name")] == (3, 11)
    assert tree.marks[("tags", 0, "name", KEY)] == (3, 5)
    assert tree.marks[("tags", 0, "when")] == (4, 12), "the first character inside the quotes"


def test_an_alias_is_expanded_and_points_to_its_anchor() -> None:
    tree, issues = read_yaml("a: &x {b: 1}\nc: *x\n", "x.yaml")
    assert tree is not None
    assert not issues
    assert tree.data == {"a": {"b": 1}, "c": {"b": 1}}
    assert tree.marks[("c", "b")] == (1, 11)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", '2:1 duplicate key "a"'),
        ("a:\n\tb: 1\n", "2:1 a tab indents this line"),
        ("", "1:1 the file is empty"),
        ("# nothing\n", "1:1 the file is empty"),
        ("a: 1\n---\nb: 2\n", "2:1 a second document begins here"),
        ("a: !!python/object:os.system x", "1:4 unknown tag !!python/object:os.system"),
        ("a: &x [*x]", "1:8 unknown anchor *x"),
        ("? [a]\n: 1", "1:3 a key must be a word"),
        ("b: {<<: *x}", "1:5 merge keys (<<) are not read"),
    ],
)
def test_bad_yaml_is_one_problem_at_its_place(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read("\ufeffkind: tags") == {"kind": "tags"}


def bomb() -> str:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{chr(97 + n)}: &{chr(97 + n)} [{','.join(['*' + chr(96 + n)] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (bomb(), "expands to too many values"),
        ("[" * 100_000, "nested too deeply"),
        ("- " * 100_000, "nested too deeply"),
        ("a: " + "x" * 1_000_000, "too large"),
        ("- 1\n" * (MAX_NODES + 1), "expands to too many values"),
    ],
    ids=["billion laughs", "brackets", "dashes", "size", "nodes"],
)
def test_a_bomb_is_refused_within_a_second(text: str, expected: str) -> None:
    start = time.process_time()
    found = problems(text)
    assert expected in found[0]
    assert time.process_time() - start < 1


def test_many_anchors_cost_no_more_than_the_file_is_long() -> None:
    text = "\n".join(f"k{number}: &a{number} 1" for number in range(20_000))
    start = time.process_time()
    assert not problems(text)
    assert time.process_time() - start < 3
