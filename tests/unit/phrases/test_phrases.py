"""The catalogue: every text that code says exists in both languages, with the same values, and none lies idle."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import opscli
from opscli.phrases import LOCALES, catalogue, current, in_english, listed, named, rooms, say, use

PACKAGE = Path(opscli.__file__).parent
COMMAND = r"(opscli|chmod|pip|git) "
"""Texts that begin so are typed, not read: they are the same in every language."""
BY_CODE = ("names.", "segments.", "joints.", "rejects.")
"""Rooms whose keys come out of data: `named` and `listed` look them up."""
ENTRIES = {f"{room}.{name}": texts for room in rooms() for name, texts in catalogue(room).items()}


def _placeholders(text: str) -> set[str]:
    return {str(name).partition(".")[0].partition("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def _variants(texts: object) -> list[str]:
    return [str(item) for item in texts] if isinstance(texts, list) else [str(texts)]


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """(place, key or prefix*, call) of each `say` in the package.

    A computed key counts by its constant beginning; one that is handed on counts as every key that the file writes.
    """
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "phrases" or "from opscli.phrases import" not in text:
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
                for key in _keys(node.args[0]) or _written(tree):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", key, node


def _keys(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_keys(node.body), *_keys(node.orelse)]
    first = node.values[0] if isinstance(node, ast.JoinedStr) else None
    return [f"{first.value!s}*"] if isinstance(first, ast.Constant) else []


def _written(tree: ast.Module) -> list[str]:
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    keys = [text for text in sorted(texts) if re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", text)]
    return [f"{key}+" for key in keys if key.partition(".")[0] in rooms()]


@pytest.mark.parametrize("key", ENTRIES)
def test_both_languages_have_the_text_with_the_same_values(key: str) -> None:
    texts = ENTRIES[key]
    assert set(texts) == set(LOCALES), key
    sets = {locale: set().union(*map(_placeholders, _variants(texts[locale]))) for locale in LOCALES}
    assert sets["en"] - {"count"} == sets["zh"] - {"count"}, key
    assert all(variant.strip() for locale in LOCALES for variant in _variants(texts[locale])), key


def test_whatever_code_says_is_in_the_catalogue() -> None:
    missing = []
    for place, key, call in _calls():
        given = {word.arg for word in call.keywords} - {"locale"}
        if key.endswith("*"):
            missing += [] if any(name.startswith(key[:-1]) for name in ENTRIES) else [f"{place} says {key}"]
        elif key.rstrip("+") not in ENTRIES:
            missing.append(f"{place} says {key}")
        elif None not in given and not key.endswith("+"):
            needs = set().union(*map(_placeholders, _variants(ENTRIES[key]["en"])))
            missing += [] if needs <= given else [f"{place} gives {key} no {needs - given}"]
    assert missing == []


def test_no_text_lies_idle() -> None:
    said = {key.rstrip("+") for _, key, _ in _calls()}
    begun = (*(key[:-1] for key in said if key.endswith("*")), *BY_CODE)
    assert [name for name in ENTRIES if name not in said and not name.startswith(begun)] == []


def test_chinese_is_not_english_left_standing() -> None:
    bare = [name for name, texts in ENTRIES.items() if _variants(texts["zh"]) == _variants(texts["en"])]
    assert [name for name in bare if re.search(r"[a-z]", _without_values(name)) and not _is_command(name)] == []


def _without_values(name: str) -> str:
    text = "".join(_variants(ENTRIES[name]["en"]))
    return "".join(literal for literal, *_ in string.Formatter().parse(text))


def _is_command(name: str) -> bool:
    return all(re.match(COMMAND, text) for text in _variants(ENTRIES[name]["en"]))


def test_the_language_is_chosen_once_and_an_unknown_one_is_english() -> None:
    use("zh")
    chinese = say("config.unknown_version", version=9)
    use("fr")
    assert (chinese, say("config.unknown_version", version=9), current()) == ("未知的版本 9", "unknown version 9", "en")
    assert say("config.unknown_version", locale="zh", version=9) == chinese


def test_a_log_says_in_english_what_was_said_in_chinese_also_the_texts_within() -> None:
    use("zh")
    inner = say("cli.no_jobs_yet")
    outer = say("cli.jobs_are", known=inner)
    assert (in_english(outer), in_english("42")) == ("jobs are: none; write jobs/NAME.yaml", "42")
    assert outer != in_english(outer)


def test_codes_have_names_and_lists_have_the_joints_of_their_language() -> None:
    assert (named("yes"), named("at_risk_2"), listed(["a", "b"])) == ("yes", "at risk 2", "a, b")
    assert (named("yes", "zh"), listed(["a", "b"], "zh_CN")) == ("是", "a、b")


def test_threads_speak_the_language_of_the_process() -> None:
    use("zh")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(current).result() == "zh"


def test_a_key_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("config.no_such_text")
