"""The form: ask for one record at the terminal, field by field; a wrong answer is told why and asked again."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.charts.width import pad, width
from opscli.cli.choices import CHOICES
from opscli.engine.drafts import Draft, Field, fields_of, hints, in_words, numbered, shown
from opscli.engine.entity import Entity
from opscli.errors import AnswerIsNo, UsageError
from opscli.phrases import say
from opscli.phrases.lines import wrapped

_WIDEST = 100


@dataclass(slots=True)
class Form:
    """The answers so far, as JSON values by column."""

    entity: Entity
    zone: str
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        return fields_of(self.entity)

    @property
    def draft(self) -> Draft:
        return Draft(self.entity, self.zone)

    def take(self, stated: Iterable[str]) -> None:
        """Answers of the command line, `field=value`. Raises UsageError naming every one that does not fit."""
        named = {item.name: item for item in self.fields}
        problems = []
        for text in stated:
            name, equals, answer = text.partition("=")
            if not equals or name not in named:
                problems.append(say("entity.set_unknown", text=text, names=", ".join(named)))
                continue
            try:
                if answer.strip():
                    self.record[name] = self.draft.read(named[name], answer)
            except ValueError as error:
                problems.append(f"{name}: {error}")
        if problems:
            raise UsageError(say("entity.set_wrong"), remedy=say("entity.set_how"), details=problems)

    def complete(self) -> None:
        """Without asking: defaults for what is missing. Raises UsageError naming every rule that is broken."""
        for item in self.fields:
            if item.default is not None:
                self.record.setdefault(item.name, self.draft.read(item, shown(item.default)))
        missing = [item.name for item in self.fields if item.required and item.name not in self.record]
        if missing:
            example = " ".join(f"--set {name}=…" for name in missing)
            raise UsageError(
                say("entity.form_missing", names=", ".join(missing)), remedy=say("entity.form_missing_how", set=example)
            )
        if problems := self._problems():
            raise UsageError(say("entity.set_wrong"), remedy=say("entity.set_how"), details=list(problems.values()))

    def ask(self, *, saving: str) -> None:
        """Ask for what is not answered yet, show the record, and ask to save it; `saving` says where.

        Raises AnswerIsNo (1) when the answer is no or the input ends; nothing is kept then.
        """
        required = sum(item.required for item in self.fields)
        _tell(say("entity.form_head", entity=self.entity.name, count=len(self.fields), required=required))
        _tell(say("entity.form_keys"))
        for item in self.fields:
            if item.name not in self.record:
                self._ask_for(item)
        while True:
            for name, reason in self._problems().items():
                _tell(f"\n! {reason}")
                self._ask_for(self._named(name))
            self._show()
            answer = "yes" if CHOICES.assume_yes else _line(say("entity.form_save", where=saving) + " ")
            if answer.casefold() in ("", *_words("entity.form_yes")):
                return
            if answer.casefold() in _words("entity.form_no"):
                raise AnswerIsNo(say("entity.form_left"))
            again = next((item for item in self.fields if item.name == answer), None)
            if again is None:
                _tell("! " + say("entity.form_answers"))
            else:
                self._ask_for(again)

    def _named(self, name: str) -> Field:
        return next((item for item in self.fields if item.name == name), self.fields[0])

    def _problems(self) -> dict[str, str]:
        """Column → the first rule that the record breaks there."""
        found: dict[str, str] = {}
        for flaw in self.draft.problems(self.record):
            reason = in_words(flaw, self._named(flaw.column))
            found.setdefault(flaw.column, reason if flaw.reason == "missing" else f"{flaw.column}: {reason}")
        return found

    def _ask_for(self, item: Field) -> None:
        """One field, until the answer fits; Enter takes the default, or leaves an optional field empty."""
        mark = " *" if item.required else ""
        _tell(f"\n{item.name}{mark}  {item.title}".rstrip())
        for line in (" · ".join(hints(item, self.zone)), "  ".join(_choices(item))):
            if line:
                _tell(f"  {line}")
        while True:
            answer = _line("> ").strip()
            if not answer and item.default is None:
                if not item.required:
                    self.record.pop(item.name, None)
                    return
                _tell("! " + say("entity.flaw_missing", name=item.name))
                continue
            try:
                self.record[item.name] = self.draft.read(item, answer or shown(item.default))
            except ValueError as error:
                _tell(f"! {error}")
            else:
                return

    def _show(self) -> None:
        _tell("")
        longest = max((width(name) for name in self.record), default=0)
        for item in self.fields:
            if item.name in self.record:
                _tell(f"  {pad(item.name, longest)}  {shown(self.record[item.name])}")

    def in_order(self) -> Mapping[str, Any]:
        """The record with its columns as the schema has them."""
        return {item.name: self.record[item.name] for item in self.fields if item.name in self.record}


def _choices(item: Field) -> list[str]:
    if not numbered(item):
        return [shown(value) for value in item.allowed]
    return [f"{place}) {shown(value)}" for place, value in enumerate(item.allowed, start=1)]


def _words(key: str) -> tuple[str, ...]:
    return tuple(word for locale in ("en", "zh") for word in say(key, locale=locale).split())


def _line(prompt: str) -> str:
    """One answer. The prompt goes to the terminal even when stdout is a file. Raises AnswerIsNo at the end of input."""
    try:
        if sys.stdout.isatty():
            import readline  # noqa: F401  arrow keys and editing, where Python has it

            return input(prompt)
    except ImportError:
        return input(prompt)
    except EOFError:
        sys.stderr.write("\n")
        raise AnswerIsNo(say("entity.form_left")) from None
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise AnswerIsNo(say("entity.form_left"))
    return line.rstrip("\n")


def _tell(text: str) -> None:
    """A line on stderr, wrapped at the terminal's width with the indent kept; a Chinese character is two columns."""
    room = min(shutil.get_terminal_size().columns, _WIDEST) - 1
    lead, _, body = text.rpartition("\n")
    indent = " " * (len(body) - len(body.lstrip()))
    lines = [*([lead] if "\n" in text else []), *wrapped(body, room, indent + "  ")]
    sys.stderr.write("\n".join(lines) + "\n")
