"""Every command shows examples, and what they say can be said."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from opscli.cli.choices import SHARED
from opscli.cli.group import load
from opscli.cli.table import COMMANDS


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below a word, and the word itself where it runs by itself."""
    below = getattr(command, "commands", {})
    for name, child in below.items():
        yield from _commands(child, (*words, name))
    if not below or command.invoke_without_command:
        yield words, command


ALL = {words: command for word in COMMANDS for words, command in _commands(load(word), (word,))}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_command_shows_examples_of_itself_that_can_be_said(words: tuple[str, ...]) -> None:
    kind, _, examples = (ALL[words].epilog or "").partition(":")
    assert kind in {"Example", "Examples"}
    said = [shlex.split(example.replace("…", "")) for example in examples.split("  |  ")]
    assert any(line[:1] == ["opscli"] for line in said)
    for line in said:
        if line[:1] == ["opscli"]:
            named = max((item for item in ALL if tuple(line[1 : 1 + len(item)]) == item), key=len, default=None)
            assert named is not None, line
            assert named == words, line
        known = {spelling for option in ALL[words].params for spelling in option.opts}
        known |= {name for shared in SHARED for name in shared.names}
        assert {word.partition("=")[0] for word in line if word.startswith("--")} <= known, line
