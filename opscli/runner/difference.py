"""Two configurations, and what differs between them in words: first what decides who is written to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from opscli.config.change import Change
from opscli.config.compare import compare
from opscli.config.document import Document
from opscli.config.guide import guide
from opscli.phrases import current, listed, say
from opscli.runner.conditions import Conditions, labels_of, named_items, words_in
from opscli.runner.configurations import Configuration
from opscli.runner.lines import Line, changed_lines, file_of, first_line
from opscli.runner.sentences import Sentences, kind_word, subject_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A difference in words, and as data; `used_by` are the campaigns through which it decides who is written to."""

    change: Change
    sentence: str
    place: str
    canonical: tuple[str, str] | None
    used_by: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def section(self) -> str:
        """What it stands below: who is written to, else the kind of thing."""
        if self.change.reach:
            return say("diff.who_is_written_to")
        return say("diff.several", what=subject_word(self.change))

    def as_data(self) -> dict[str, Any]:
        """For JSON; values are redacted."""
        change = self.change
        before, after = Sentences.plain(change)
        return {
            "operation": change.operation,
            "kind": change.kind,
            "document": change.document,
            "path": [crumb.name or crumb.key for crumb in change.trail],
            "sentence": self.sentence,
            "place": self.place,
            "before": before,
            "after": after,
            "rule_before": self.canonical[0] if self.canonical else None,
            "rule_after": self.canonical[1] if self.canonical else None,
            "lines": [line.as_data() for line in self.lines],
            "who_is_written_to": change.reach,
            "used_by": list(self.used_by),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs in meaning, in the order in which it is told."""

    before: Configuration
    after: Configuration
    told: tuple[Told, ...]

    @property
    def summary(self) -> str:
        """`2 tags, 1 campaign`, or that nothing changed."""
        return summary_of([item.change for item in self.told])

    @property
    def nothing(self) -> str:
        """Why nothing is told: the same version, or other texts that mean the same."""
        same = self.before.version == self.after.version
        return say("diff.same_version") if same else say("diff.no_change_in_meaning")

    def sections(self) -> dict[str, list[Told]]:
        """Heading → what stands below it."""
        found: dict[str, list[Told]] = {}
        for item in self.told:
            found.setdefault(item.section, []).append(item)
        return found


def difference(before: Configuration, after: Configuration, types: Mapping[str, str] | None = None) -> Difference:
    """What changed from one to the other. `types` are those of names in conditions, where they are known."""
    olds, news = _chosen(before, after), _chosen(after, before)
    reading = Conditions(types or {})
    found = compare(olds, news, reading.canonical)
    decide = deciding(after.documents), deciding(before.documents)
    speak = Sentences(
        before=replace(reading, labels=labels_of(before.documents, current())),
        after=replace(reading, labels=labels_of(after.documents, current())),
        lines=partial(_place, {item.file: item for item in olds}, {item.file: item for item in news}),
    )
    items = _items_of((*olds, *news))
    told = [_told(change, speak, _users(change, items, *decide)) for change in found]
    told.sort(key=lambda item: (not item.change.reach, item.change.kind if not item.change.reach else ""))
    return Difference(before=before, after=after, told=tuple(told))


def summary_of(changes: Iterable[Change]) -> str:
    """How many things of which kind changed: `2 tags, 1 campaign`."""
    subjects = {(subject_word(change), _subject(change)) for change in changes}
    counts = Counter(word for word, _ in subjects)
    shown = [say("diff.counted", count=count, what=word) for word, count in sorted(counts.items())]
    return listed(shown)


def deciding(documents: Iterable[Document]) -> dict[str, tuple[str, ...]]:
    """Name → the documents through which it decides who is written to: they name it, or something that leans on it."""
    documents = tuple(documents)
    items = dict(named_items(documents))
    guides = {name: guide_of for document in documents for name, guide_of in _item_guides(document)}
    users: dict[str, set[str]] = {}
    for document in documents:
        start = guide(document.kind)
        waiting = set(words_in(start, document.data, reach_only=True))
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            users.setdefault(name, set()).add(f"{kind_word(document.kind)} {document.name}")
            if name in items:
                waiting |= set(words_in(guides[name], items[name])) - seen
    return {name: tuple(sorted(found)) for name, found in users.items()}


def _item_guides(document: Document) -> Iterable[tuple[str, Any]]:
    start = guide(document.kind)
    for key, value in document.data.items():
        child = start.child(key, document.data)
        if isinstance(value, Mapping):
            yield from ((name, child.child(name, value)) for name in value)
        elif isinstance(value, list | tuple):
            yield from ((str(item["name"]), child.item(value)) for item in value if "name" in _mapping(item))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items_of(documents: Iterable[Document]) -> dict[tuple[str, str], set[str]]:
    """(kind, document) → the names of its items, of both sides."""
    found: dict[tuple[str, str], set[str]] = {}
    for document in documents:
        found.setdefault((document.kind, document.name), set()).update(name for name, _ in named_items([document]))
    return found


def _users(
    change: Change, items: Mapping[tuple[str, str], set[str]], *decide: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Through which documents a change of something else decides who is written to.

    What changes a container as a whole, such as the order of exclusive tags, may change each of its items.
    """
    names = {_subject(change)}
    if change.container and not any(crumb.name for crumb in change.trail):
        names |= items.get((change.kind, change.document), set())
    own = f"{kind_word(change.kind)} {change.document}"
    users = (user for known in decide for name in sorted(names) for user in known.get(name, ()))
    return tuple(dict.fromkeys(user for user in users if user != own))


def _subject(change: Change) -> str:
    """The name of what changed: the item where its file is only a container, else the document."""
    if not change.container:
        return change.document
    return next((crumb.name for crumb in change.trail if crumb.name), change.document)


def _told(change: Change, speak: Sentences, users: tuple[str, ...]) -> Told:
    change = replace(change, reach=change.reach or (bool(users) and _matters(change)))
    return Told(
        change=change,
        sentence=speak.sentence(change) + (speak.used_by(users) if users and change.reach else ""),
        place=speak.place(change),
        canonical=speak.rules(change),
        used_by=users,
        lines=changed_lines(change),
    )


def _matters(change: Change) -> bool:
    """Whether a change of something that decides can decide otherwise: not its label, not why it is there."""
    words = {"label", "purpose", "owner", "runbook"}
    return change.form != "label" and not (change.trail and change.trail[-1].key in words and not change.trail[-1].name)


def _chosen(side: Configuration, other: Configuration) -> tuple[Document, ...]:
    """The documents that are compared: those in the file or folder that was named, and what they are on the other side.

    A document that is gone from there is compared too, else nobody would see that it was removed.
    """
    places = [only for only in (side.only, other.only) if only]
    named = {(item.kind, item.name) for item in (*side.documents, *other.documents) if _lies_in(item.file, places)}
    return tuple(item for item in side.documents if not places or (item.kind, item.name) in named)


def _lies_in(file: str, places: Iterable[str]) -> bool:
    return any(f"{file}/".startswith(f"{place}/") for place in places)


def _place(olds: Mapping[str, Document], news: Mapping[str, Document], change: Change) -> str:
    """`file:line` of a change: in the newer configuration, of what is gone in the older one."""
    file, place = change.new or change.old or ("", ())
    document = (news if change.new else olds).get(file)
    line = document.mark(place)[0] if document is not None and document.marks else 0
    line = line or first_line(change, changed_lines(change))
    return f"{file_of(change, file)}:{line}" if line else file_of(change, file)
