"""Options that every command has, declared once. `main` adds them to each command when it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FORMATS = ("table", "json", "jsonl", "csv", "markdown")


@dataclass(slots=True, kw_only=True)
class Choices:
    """What the shared options said in this call."""

    project: str | None = None
    environment: str | None = None
    format: str | None = None
    quiet: bool = False
    verbose: bool = False
    header: bool = True
    show_pii: bool = False
    assume_yes: bool = False
    ask: bool = True


CHOICES = Choices()
"""The choices of the running call; one process is one call."""


def reset(**known: Any) -> None:
    """Forget an earlier call: tests run several in one process. `known` is what the words say before they are read."""
    for name, value in vars_of(Choices(**known)).items():
        setattr(CHOICES, name, value)


def vars_of(choices: Choices) -> dict[str, Any]:
    """Field → value."""
    return {name: getattr(choices, name) for name in Choices.__slots__}


@dataclass(frozen=True, slots=True)
class Shared:
    """One shared option: its spellings, the field it sets, the value of a flag (None = takes a value)."""

    names: tuple[str, ...]
    field: str
    help: str
    flag: Any = None
    envvar: str | None = None


SHARED = (
    Shared(
        ("--project",),
        "project",
        "Folder of the project (default: the nearest with configs/project.yaml).",
        None,
        "OPSCLI_PROJECT",
    ),
    Shared(("--env",), "environment", "Environment of project.yaml, such as prod.", None, "OPSCLI_ENV"),
    Shared(("--format",), "format", "table, json, jsonl, csv or markdown."),
    Shared(("--json",), "format", "Short for --format json.", "json"),
    Shared(("--quiet", "-q"), "quiet", "Only errors and results.", flag=True),
    Shared(("--verbose", "-v"), "verbose", "More about what happens, on stderr.", flag=True),
    Shared(("--no-header",), "header", "Tables and CSV without their header line.", flag=False),
    Shared(("--show-pii",), "show_pii", "Show personal data unmasked.", flag=True),
    Shared(("--yes", "-y"), "assume_yes", "Answer every question with yes.", flag=True),
    Shared(("--no-input",), "ask", "Never ask; fail where an answer is needed.", flag=False),
)


def moved_behind(argv: Sequence[str]) -> list[str]:
    """The words with shared options that stand before the command (`opscli --env prod status`) behind it."""
    takes = {name: item.flag is None for item in SHARED for name in item.names}
    words, before = list(argv), []
    while words and words[0].partition("=")[0] in takes:
        word = words.pop(0)
        before.append(word)
        if takes[word.partition("=")[0]] and "=" not in word and words:
            before.append(words.pop(0))
    if not words or words[0].startswith("-"):
        return list(argv)
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], *before, *words[end:]]
