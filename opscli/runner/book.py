"""The handbook of a project: who is responsible for what, triggered by what, as one Markdown document."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opscli.config.document import Document
from opscli.config.guide import guide
from opscli.config.handbook import Entry
from opscli.kinds import PACKAGE_FOLDER, config_kinds
from opscli.phrases import current, listed, say
from opscli.phrases.spacing import spaced
from opscli.rules.scope import of_customers
from opscli.runner.conditions import Conditions, asked_in, labels_of, named_items
from opscli.runner.job import JobSpec
from opscli.runner.kept import Checked
from opscli.runner.schedules import in_words
from opscli.runner.sentences import kind_word
from opscli.runner.stages import STAGES

_DUTIES = ("owner", "purpose", "runbook")
_MUST = ("owner", "purpose")
"""What everything should have; a runbook is asked for only where something goes wrong by itself."""


def handbook(checked: Checked) -> str:
    """The document, in the language that is spoken. The same configuration gives the same text."""
    return "\n".join(_Handbook(checked).lines()) + "\n"


@dataclass(frozen=True)
class _Handbook:
    """The book while it is written; what kinds ask of it is `config.handbook.Book`."""

    checked: Checked

    @cached_property
    def labels(self) -> Mapping[str, str]:
        return labels_of(self.checked.loaded.documents, current())

    @cached_property
    def _reading(self) -> Conditions:
        return Conditions(of_customers(self.checked.catalog).names, self.labels)

    def words(self, condition: Any) -> str:
        return self._reading.words(condition)

    def name(self, name: str) -> str:
        label = self.labels.get(name, "")
        return say("handbook.name", label=label, name=name) if label else name

    def text(self, label: Any) -> str:
        if isinstance(label, Mapping):
            return str(label.get(current()) or next(iter(label.values()), ""))
        return str(label or "")

    def schedule(self, cron: str, zone: str) -> str:
        return say("handbook.scheduled", when=in_words(cron), zone=zone or self.checked.settings.timezone, cron=cron)

    @cached_property
    def _documents(self) -> list[Document]:
        """Those of kinds with a chapter, chapter by chapter."""
        chapters = {kind: guide(kind).node.get("x-chapter") for kind in config_kinds()}
        found = [item for item in self.checked.loaded.documents if chapters.get(item.kind) is not None]
        return sorted(found, key=lambda item: (chapters[item.kind], item.kind, item.name))

    @cached_property
    def _entries(self) -> Mapping[tuple[str, str], Entry]:
        specs = self.checked.specs
        return {(item.kind, item.name): self._entry(item, specs[item.kind][item.name]) for item in self._documents}

    def _entry(self, document: Document, spec: object) -> Entry:
        package = ".".join(("opscli", *config_kinds()[document.kind].parent.relative_to(PACKAGE_FOLDER).parts))
        if importlib.util.find_spec(f"{package}.handbook") is None:
            return Entry()
        tell = getattr(importlib.import_module(f"{package}.handbook"), document.kind, None)
        entry: Entry = tell(spec, self) if tell is not None else Entry()
        return entry

    def lines(self) -> Iterator[str]:
        """The whole document."""
        settings, loaded = self.checked.settings, self.checked.loaded
        yield f"# {say('handbook.title', project=settings.name)}"
        yield ""
        yield say("handbook.head", version=loaded.version[:12], zone=settings.timezone, currency=settings.currency)
        chapter = ""
        for document in self._documents:
            if document.kind != chapter:
                chapter = document.kind
                yield from ("", f"## {say('handbook.chapter', what=_capital(kind_word(chapter)))}")
            yield from self._section(document)
        yield from self._gaps()

    def _section(self, document: Document) -> Iterator[str]:
        entry = self._entries[document.kind, document.name]
        title = entry.title if entry.title and entry.title != document.name else ""
        yield from ("", f"### {say('handbook.name', label=title, name=document.name) if title else document.name}", "")
        for duty in _DUTIES:
            if document.data.get(duty):
                yield _line(f"handbook.{duty}", str(document.data[duty]))
        told = {
            "triggered_by": (*entry.triggers, *self._runs(document)),
            "reads": entry.reads,
            "does": entry.does,
            "to": entry.to,
            "limits": entry.limits,
            "used_by": self._users(document),
        }
        for key, values in told.items():
            if values:
                yield _line(f"handbook.{key}", spaced(say("handbook.and_then").join(values)))
        if entry.rules:
            yield _line("handbook.rules", "").rstrip()
            yield from (f"  - {spaced(say('handbook.rule', what=what, rule=rule))}" for what, rule in entry.rules)
        place = say("handbook.shipped", file=document.file) if document.preset else f"`{document.file}`"
        yield _line("handbook.stands_in", place)

    def _runs(self, document: Document) -> tuple[str, ...]:
        """The steps of jobs that work on a document."""
        room = config_kinds()[document.kind].parent.relative_to(PACKAGE_FOLDER).as_posix()
        found = []
        jobs = [job for job in self.checked.specs.get("job", {}).values() if isinstance(job, JobSpec)]
        for job in jobs:
            for step in job.steps:
                only = step.options.get("only") or [step.options.get("report")]
                mine = document.name in only or only in ([], [None])
                if STAGES.get(step.uses) == room and document.kind in _worked_on(room) and mine:
                    found.append(say("handbook.in_job", job=job.name, step=step.id))
        return tuple(found)

    @cached_property
    def _asked(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """By document: the traits and tags that its conditions ask for."""
        return {(it.kind, it.name): frozenset(asked_in(guide(it.kind), it.data)) for it in self._documents}

    def _users(self, document: Document) -> tuple[str, ...]:
        """The documents that use this one, or ask for a trait or tag of it."""
        me = (document.kind, document.name)
        items = {name for name, _ in named_items([document])}
        users = [
            key
            for key, entry in self._entries.items()
            if key != me and (me in entry.uses or items & {name for _, name in entry.uses} or items & self._asked[key])
        ]
        return tuple(say("handbook.user", what=kind_word(kind), name=name) for kind, name in users)

    def _gaps(self) -> Iterator[str]:
        """What nobody has said: the list to work off."""
        yield from ("", f"## {say('handbook.gaps')}", "")
        gaps = []
        for document in self._documents:
            missing = [say(f"handbook.{duty}").lower() for duty in _MUST if not document.data.get(duty)]
            if missing and not document.preset:  # whoever takes a preset cannot give its parts an owner
                what = say("handbook.user", what=kind_word(document.kind), name=document.name)
                gaps.append(f"- {spaced(say('handbook.gap', what=what, missing=listed(missing)))} (`{document.file}`)")
        yield from gaps or [say("handbook.no_gaps")]


def _worked_on(room: str) -> tuple[str, ...]:
    """The kinds of a room that its stage works on: all, except where messages go out, which says it of campaigns."""
    return (
        () if room == "delivery" else tuple(kind for kind, path in config_kinds().items() if path.parent.name == room)
    )


def _line(key: str, text: str) -> str:
    return f"- **{say('handbook.label', name=say(key))}** {text}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
